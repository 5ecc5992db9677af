package page

import (
	"math"
	"testing"
)

func TestPatchScoresBecomeBytesOfOneRange(t *testing.T) {
	all := [][]float64{{0.2, 0.3, 0.7}, {0.45, 0.2, 0.2}}
	data := &Data{Photos: make([]Photo, 2)}
	data.SetScores(all)
	if data.Low != 0.2 || data.High != 0.7 {
		t.Fatalf("from %v to %v", data.Low, data.High)
	}
	for at, scores := range all {
		for k, score := range scores {
			shown := data.Low + float64(data.Photos[at].Scores[k])/255*(data.High-data.Low)
			if math.Abs(shown-score) > 0.5/2/255+1e-12 {
				t.Errorf("patch %d of photo %d: %v is shown as %v", k, at, score, shown)
			}
		}
	}
	data.SetScores([][]float64{{0.4}, {0.4}})
	if b := data.Photos[1].Scores; data.Low != 0.4 || len(b) != 1 || b[0] != 0 {
		t.Errorf("equal scores: from %v, %v", data.Low, b)
	}
}

package tasks

import (
	"math"
	"testing"

	"musc/engine/report/page"
)

func TestPatchScoresBecomeBytesOfOneRange(t *testing.T) {
	p := &paging{data: &page.Data{Photos: make([]page.Photo, 2)},
		scores: [][]float64{{0.2, 0.3, 0.7}, {0.45, 0.2, 0.2}}}
	p.quantise()
	if p.data.Low != 0.2 || p.data.High != 0.7 {
		t.Fatalf("from %v to %v", p.data.Low, p.data.High)
	}
	for at, scores := range p.scores {
		for k, score := range scores {
			shown := p.data.Low + float64(p.data.Photos[at].Scores[k])/255*(p.data.High-p.data.Low)
			if math.Abs(shown-score) > 0.5/2/255+1e-12 {
				t.Errorf("patch %d of photo %d: %v is shown as %v", k, at, score, shown)
			}
		}
	}
	p.scores = [][]float64{{0.4}, {0.4}}
	p.quantise()
	if b := p.data.Photos[1].Scores; p.data.Low != 0.4 || len(b) != 1 || b[0] != 0 {
		t.Errorf("equal scores: from %v, %v", p.data.Low, b)
	}
}

func TestTheNearestPhotoIsOfTheLessAnomalousHalf(t *testing.T) {
	class := [][]float32{{1, 0}, {0, 1}, {1, 0.1}, {-1, 0}, {0, 0}}
	p := &paging{data: &page.Data{Photos: make([]page.Photo, len(class))}, class: class}
	for at := range p.data.Photos {
		p.data.Photos[at].Nearest = -1
	}
	p.nearest() // candidates are 4, 3, 2
	for at, want := range []int{2, 2, 4, 4, 3} {
		if got := p.data.Photos[at].Nearest; got != want {
			t.Errorf("photo %d: %d, want %d", at, got, want)
		}
	}
	alone := &paging{data: &page.Data{Photos: []page.Photo{{Nearest: -1}}}, class: class[:1]}
	if alone.nearest(); alone.data.Photos[0].Nearest != -1 {
		t.Error("one photo is its own nearest")
	}
}

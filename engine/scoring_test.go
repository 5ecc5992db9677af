package engine

import (
	"slices"
	"testing"

	"musc/engine/backbone"
	"musc/engine/rscin"
)

// Image 2 is like image 1, its class token is ten times as long: raw, it is everybody's neighbour.
func TestClassTokensAreNormalisedIfThatIsAsked(t *testing.T) {
	tokens := [][]float32{{3, 4}, {0, 1}, {0, 10}, {4, 3}}
	job := Config{Scoring: Defaults()}
	job.Scoring.Windows = []int{2}
	for _, normalise := range []bool{false, true} {
		job.Scoring.NormaliseClass = normalise
		result := &Result{Height: 1, Width: 1, Model: backbone.Info{ClassDim: 2, ImageSize: 1}}
		var before []float64
		var flat []float32
		for i, token := range tokens {
			score := float64(i * i)
			before, flat = append(before, score), append(flat, token...)
			result.Images = append(result.Images, Image{PatchScores: []float64{score},
				ClassToken: slices.Clone(token)})
		}
		if normalise {
			flat = []float32{.6, .8, 0, 1, 0, 1, .8, .6}
		}
		want, err := rscin.Rescore(before, flat, len(before), 2, job.Scoring.Windows)
		if err != nil {
			t.Fatal(err)
		}
		if err := scoreImages(&job, &clock{observer: Silent{}}, result); err != nil {
			t.Fatal(err)
		}
		for i, image := range result.Images {
			if image.Score != want[i] || !slices.Equal(image.ClassToken, tokens[i]) {
				t.Errorf("normalised %v: image %d has the score %v, want %v; its class token is %v",
					normalise, i, image.Score, want[i], image.ClassToken)
			}
		}
	}
}

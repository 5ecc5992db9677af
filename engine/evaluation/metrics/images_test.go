package metrics

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"musc/engine/fault"
	"musc/engine/npy/npytest"
)

// Besides the images, the pixels of the same fixtures: 13,824 values, in one of them with ties.
func TestAUROCAgreesWithOracle(t *testing.T) {
	for _, name := range []string{"metrics", "metrics_ties"} {
		var want struct {
			Images float64 `json:"image_auroc"`
			Pixels float64 `json:"pixel_auroc"`
		}
		text, err := os.ReadFile(filepath.Join(fixtures, name, "case.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			labels, scores string
			want           float64
		}{{"labels.npy", "scores.npy", want.Images}, {"masks.npy", "maps.npy", want.Pixels}} {
			t.Run(name+"/"+c.scores, func(t *testing.T) {
				scores := npytest.Values(t, filepath.Join(fixtures, name, c.scores))
				labels := loadBools(t, filepath.Join(fixtures, name, c.labels))
				got, err := AUROC(labels, scores)
				if err != nil || !(math.Abs(got-c.want) <= 1e-9) {
					t.Fatalf("got %v, %v, want %v", got, err, c.want)
				}
			})
		}
	}
}

// The definition: the share of pairs of a defective and a good image that are in order.
func TestAUROCCountsPairs(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for n := 2; n < 60; n++ {
		labels, scores := make([]bool, n), make([]float64, n)
		for i := range n {
			labels[i] = i == 0 || i > 1 && random.IntN(3) == 0
			scores[i] = float64(random.IntN(8))
		}
		var inOrder, pairs float64
		for i := range n {
			for j := range n {
				if !labels[i] || labels[j] {
					continue
				}
				pairs++
				if scores[i] > scores[j] {
					inOrder++
				} else if scores[i] == scores[j] {
					inOrder += 0.5
				}
			}
		}
		got, err := AUROC(labels, scores)
		if err != nil || !(math.Abs(got-inOrder/pairs) <= 1e-12) {
			t.Fatalf("%d images: got %v, %v, want %v", n, got, err, inOrder/pairs)
		}
	}
}

func TestAUROCRejectsWhatHasNoAnswer(t *testing.T) {
	cases := map[string]struct {
		labels []bool
		scores []float64
	}{
		"only defective": {[]bool{true, true}, []float64{1, 2}},
		"only good":      {[]bool{false, false}, []float64{1, 2}},
		"no images":      {nil, nil},
		"missing label":  {[]bool{true}, []float64{1, 2}},
		"NaN score":      {[]bool{true, false}, []float64{1, math.NaN()}},
	}
	for name, c := range cases {
		if _, err := AUROC(c.labels, c.scores); err == nil || fault.KindOf(err) != fault.Input {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Calling what reaches the threshold defective gives F1-max: 2 TP / (2 TP + FP + FN).
func TestThresholdGivesF1Max(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		n := 2 + random.IntN(30)
		labels, scores := make([]bool, n), make([]float64, n)
		for i := range scores {
			labels[i], scores[i] = i == 0 || i > 1 && random.IntN(2) == 0, float64(random.IntN(9))
		}
		result, err := Images(labels, scores)
		if err != nil {
			t.Fatal(err)
		}
		threshold, _ := result.F1Threshold.Get()
		found, wrong := 0.0, 0.0
		for i, score := range scores {
			switch called := score >= threshold; {
			case called && labels[i]:
				found++
			case called != labels[i]:
				wrong++
			}
		}
		if f1, _ := result.F1Max.Get(); math.Abs(f1-2*found/(2*found+wrong)) > 1e-12 {
			t.Fatalf("labels %v, scores %v: threshold %v gives %v, not %v", labels, scores, threshold,
				2*found/(2*found+wrong), f1)
		}
	}
}

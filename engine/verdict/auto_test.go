package verdict

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// The golden thresholds were computed apart from this program, with five digits.
func TestAutoGolden(t *testing.T) {
	scores := []float64{.30, .31, .29, .32, .305, .295, .315, .30, .325, .31, .298, .302}
	for name, c := range map[string]struct {
		last              []float64
		review, threshold float64
	}{
		"all good":         {[]float64{.31, .298, .302}, .31648, .32183},
		"a quarter is not": {[]float64{.45, .50, .42}, .33551, .34669},
	} {
		copy(scores[9:], c.last)
		got := estimate(t, "auto", nil, scores)
		if math.Abs(got.Review-c.review) > 5e-6 || math.Abs(got.Threshold-c.threshold) > 5e-6 {
			t.Errorf("%s: %v, %v, want %v, %v", name, got.Review, got.Threshold, c.review, c.threshold)
		}
		if !hasNote(&got, "most photos are good") || !hasNote(&got, "one good photo in twenty") {
			t.Errorf("%s: notes %q", name, got.Notes)
		}
	}
}

func TestPercentileInterpolates(t *testing.T) {
	for q, want := range map[float64]float64{0: 1, .1: 1.4, .25: 2, .4: 2.6, .5: 3, 1: 9} {
		if got := percentile([]float64{1, 2, 3, 4, 9}, q); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v: %v, want %v", q, got, want)
		}
	}
}

func TestTooFewPhotos(t *testing.T) {
	for n, want := range map[int]string{0: "0 photos are too few", 1: "1 photo is too few",
		8: "8 photos are too few to tell a threshold from their scores: 10 are needed; give --threshold " +
			"NUMBER or labels:FILE", 9: "9 photos are too few"} {
		got := estimate(t, "auto", nil, make([]float64, n))
		if got.Known() || !strings.HasPrefix(got.Why, want) || got.Of(1) != None {
			t.Errorf("%d photos: %+v", n, got)
		}
	}
	if got := estimate(t, "auto", nil, make([]float64, 10)); !got.Known() {
		t.Errorf("10 photos: %+v", got)
	}
}

// Rounding alone makes nothing defective, and what differs from many equal photos is.
func TestEqualScores(t *testing.T) {
	noise := make([]float64, 12) // as of equal photos: 0 and a few 1e-4
	for i := range noise {
		noise[i] = float64(i%4) * 1e-4
	}
	for name, c := range map[string]struct {
		scores            []float64
		good, defective   int
		sameScore, unsafe bool
	}{
		"all zero":           {make([]float64, 12), 12, 0, true, false},
		"all equal":          {slices.Repeat([]float64{.3}, 12), 12, 0, true, false},
		"all equal, large":   {slices.Repeat([]float64{3e7}, 12), 12, 0, true, false},
		"all equal, below 0": {slices.Repeat([]float64{-.3}, 12), 12, 0, true, false},
		"rounding":           {noise, 12, 0, true, false},
		"a hair apart":       {append(slices.Repeat([]float64{.3}, 11), above(.3)), 12, 0, true, false},
		"one differs":        {append(slices.Repeat([]float64{.3}, 11), .5), 11, 1, true, false},
		"half differ":        {append(slices.Repeat([]float64{.1}, 6), .3, .31, .32, .33, .34, .35), 6, 6, true, true},
	} {
		got := estimate(t, "auto", nil, c.scores)
		counts := count(&got, c.scores)
		if counts[Good] != c.good || counts[Defective] != c.defective {
			t.Errorf("%s: %v at %v and %v", name, counts, got.Review, got.Threshold)
		}
		if hasNote(&got, "the same score") != c.sameScore || hasNote(&got, "would be defective") != c.unsafe ||
			hasNote(&got, "differ a lot") {
			t.Errorf("%s: notes %q", name, got.Notes)
		}
	}
}

// However large the largest scores are, they hide nothing.
func TestUpperTailHasNoInfluence(t *testing.T) {
	scores := []float64{.30, .31, .29, .32, .305, .295, .315, .30, .325, .45, .50, .42}
	before := estimate(t, "auto", nil, scores)
	scores[9], scores[10] = 45, 5e100
	after := estimate(t, "auto", nil, scores)
	if before.Threshold != after.Threshold || before.Review != after.Review {
		t.Errorf("%v, then %v", before, after)
	}
}

// Half of the photos are defective: the lower tail holds some of them.
func TestWideLowerTailIsWarnedOf(t *testing.T) {
	for name, c := range map[string]struct {
		sigma float64 // of the good ones, whose mean is .3
		want  bool
	}{"as good ones are": {.03, false}, "as with defective ones": {.09, true}} {
		var scores []float64
		for i := range 41 {
			scores = append(scores, .3+c.sigma*float64(i-20)/10)
		}
		got := estimate(t, "auto", nil, scores)
		if hasNote(&got, "differ a lot") != c.want {
			t.Errorf("%s: %v, notes %q", name, got.Threshold, got.Notes)
		}
	}
}

package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"musc/engine/bank"
	"musc/engine/fault"
	"musc/engine/verdict"
)

func photosNamed(names ...string) (photos []bank.Photo) {
	for _, name := range names {
		photos = append(photos, bank.Photo{Name: name})
	}
	return photos
}

func TestFindPhotos(t *testing.T) {
	photos := photosNamed("a/1.png", "a/2.png", "b/1.png", "[x].png", "x.png", "ü.png")
	for pattern, want := range map[string]string{ // places, or what the error says
		"a/1.png": "[0]", "a/*": "[0 1]", "**/1.png": "[0 2]", "*": "[3 4 5]", "**": "[0 1 2 3 4 5]",
		"[x].png": "[3]", "?.png": "[4 5]", "ü.png": "[5]", "{a,b}/1.png": "[0 2]",
		"1.png": `near are "a/1.png", "b/1.png"`, "a/3.png": `near are "a/1.png", "a/2.png"`,
		"nothing like these": "musc bank info --json lists", "[": "has no photo", "": "has no photo",
	} {
		got, err := findPhotos(photos, []string{pattern})
		switch {
		case err == nil && fmt.Sprint(got) != want:
			t.Errorf("%q: %v, want %s", pattern, got, want)
		case err != nil && (fault.KindOf(err) != fault.Usage || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v, want %s", pattern, err, want)
		}
	}
	if got, err := findPhotos(photos, []string{"x.png", "a/*", "a/1.png"}); err != nil ||
		!slices.Equal(got, []int{0, 1, 4}) {
		t.Errorf("several: %v, %v", got, err)
	}
	if _, err := findPhotos(photos, nil); fault.KindOf(err) != fault.Usage {
		t.Errorf("no name: %v", err)
	}
}

func TestEdits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"ü", "u", 1}, {"ab", "ba", 2}} {
		if got := edits(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// Each photo that is kept is the farthest from those before, by definition.
func TestRepresentatives(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, count := range []int{1, 2, 3, 7, 20} {
		distances := make([][]float64, count)
		for j := range distances {
			distances[j] = make([]float64, count)
			for i := range distances[j] {
				if i != j {
					distances[j][i] = float64(random.IntN(9)) // with ties
				}
			}
		}
		for keep := 1; keep <= count; keep++ {
			kept := representatives(distances, keep)
			if len(kept) != keep || !slices.IsSorted(kept) || len(slices.Compact(slices.Clone(kept))) != keep {
				t.Fatalf("%d of %d: %v", keep, count, kept)
			}
			if keep < count {
				more := representatives(distances, keep+1)
				next := slices.DeleteFunc(more, func(k int) bool { return slices.Contains(kept, k) })
				if len(next) != 1 {
					t.Fatalf("%d of %d: one more changes %v", keep, count, kept)
				}
				nearest := func(i int) float64 {
					least := distances[kept[0]][i]
					for _, j := range kept {
						least = min(least, distances[j][i])
					}
					return least
				}
				for i := range count {
					if !slices.Contains(kept, i) && nearest(i) > nearest(next[0]) {
						t.Errorf("%d is farther than %d", i, next[0])
					}
				}
			}
		}
	}
	if got := representatives(nil, 3); got != nil {
		t.Errorf("of none: %v", got)
	}
}

// Twelve scores of which one is far out: against the others it is defective, whatever it does to the
// threshold of all.
func TestFalseAlarmsLeaveOneOut(t *testing.T) {
	scores := []float64{.30, .31, .29, .32, .305, .295, .315, .30, .325, .31, .298, .90}
	names := make([]string, len(scores))
	estimator, err := bankEstimator("auto")
	if err != nil {
		t.Fatal(err)
	}
	want := bank.FalseAlarms{Photos: 12}
	for i, score := range scores {
		t, _ := estimator.Estimate(without(scores, i), without(names, i))
		switch {
		case score >= t.Threshold:
			want.Defective++
		case score >= t.Review:
			want.Review++
		}
	}
	got, err := falseAlarms(estimator, scores, names)
	if err != nil || *got != want || got.Defective < 1 {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	if got, err := falseAlarms(estimator, scores[:10], names[:10]); got != nil || err != nil {
		t.Errorf("nine are too few: %+v, %v", got, err)
	}
	number, _ := bankEstimator("0.5")
	if got, _ := falseAlarms(number, scores[9:], names[9:]); *got != (bank.FalseAlarms{Photos: 3, Defective: 1}) {
		t.Errorf("a number: %+v", got)
	}
	if got, _ := falseAlarms(number, nil, nil); got != nil {
		t.Errorf("no photo: %+v", got)
	}
}

func TestThresholdsOf(t *testing.T) {
	photos := photosNamed("a", "b", "c")
	three := []float64{.3, .4, .5}
	left := []float64{.3, .31, .32, .33, .34, .35, .36}
	for name, c := range map[string]struct {
		scores, left []float64
		method       string
		known        bool
		why          string
	}{
		"too few":           {three, nil, "auto", false, "too few"},
		"with those out":    {three, left, "auto", true, ""},
		"one alone":         {nil, nil, "auto", false, "one photo alone"},
		"one alone, number": {nil, nil, "0.4", true, ""},
		"none":              {three, left, "none", false, ""},
		"one alone, none":   {nil, nil, "none", false, ""},
	} {
		got, err := thresholdsOf(photos, c.scores, c.left, c.method)
		if err != nil || got.Thresholds.Known() != c.known ||
			!strings.Contains(got.Thresholds.Why, c.why) || got.Method != c.method {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := thresholdsOf(photos, three, nil, "labels:x.csv"); err == nil {
		t.Error("labels are taken")
	}
}

func TestDoubts(t *testing.T) {
	header := &bank.Header{Photos: photosNamed("a", "b", "c", "d", "e")}
	for _, c := range []struct {
		scores []float64
		want   string
	}{
		{nil, "[]"},
		{[]float64{.3, .3, .9}, "[]"},
		{[]float64{.30, .31, .32, .33, .35}, "[]"},
		{[]float64{.30, .31, .32, .33, .37}, "[e: is it good? it scores 0.37, the others at most 0.33]"},
		{[]float64{.9, .31, .32, .33, .3}, "[a: is it good? it scores 0.9, the others at most 0.33]"},
	} {
		header.Calibration = bank.Calibration{Scores: c.scores, Thresholds: verdict.Thresholds{}}
		if got := fmt.Sprint(doubtsAbout(header, upTo(len(c.scores)))); got != c.want {
			t.Errorf("%v: %s, want %s", c.scores, got, c.want)
		}
	}
}

package verdict

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

// namesOf are 0.png, 1.png and so on.
func namesOf(count int) (names []string) {
	for i := range count {
		names = append(names, fmt.Sprintf("%d.png", i))
	}
	return names
}

func estimate(t *testing.T, method string, labels []Label, scores []float64) Thresholds {
	t.Helper()
	estimator, err := New(method, labels)
	if err != nil {
		t.Fatal(err)
	}
	got, err := estimator.Estimate(scores, namesOf(len(scores)))
	if err != nil {
		t.Fatal(err)
	}
	if got.Method != method {
		t.Errorf("method %q, want %q", got.Method, method)
	}
	return got
}

// count is how many scores have each verdict.
func count(t *Thresholds, scores []float64) map[Verdict]int {
	counts := map[Verdict]int{}
	for _, score := range scores {
		counts[t.Of(score)]++
	}
	return counts
}

func hasNote(t *Thresholds, text string) bool {
	return slices.ContainsFunc(t.Notes, func(note string) bool { return strings.Contains(note, text) })
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{ // the method, or what the error says
		"auto": "auto", " auto ": "auto", "none": "none", "0.35": "0.35", "-1": "-1", "0.35,0.32": "0.35,0.32",
		"0.3, 0.3": "0.3, 0.3", "rate:5%": "rate:5%", "rate:0.05": "rate:0.05", "rate:0": "rate:0",
		"rate:100%": "rate:100%", "rate: 5 %": "",
		"": `"" is not understood; give auto`, "automatic": "is not understood", "NaN": "is not understood",
		"inf": "is not understood", "1e999": "is not understood", "0.3x": "is not understood",
		"0,35": "is no threshold and review level", "0.3,0.4": "the second at most the first",
		"0.3,": "give two numbers", "0.3,0.2,0.1": "give two numbers", "0.3,NaN": "give two numbers",
		"rate:5": "from rate:0 to rate:1", "rate:101%": "no share", "rate:-1%": "no share",
		"rate:": "no share", "rate:%": "no share", "rate:NaN": "no share", "labels:": "names no file",
		"labels":                   "names no file",
		"labels:/no such/file.csv": "cannot read the list /no such/file.csv",
	} {
		method, _, err := Parse(text)
		switch {
		case err == nil && method != want && want != "":
			t.Errorf("%q: method %q, want %q", text, method, want)
		case err != nil && (want == "" || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, _, err := Parse("automatic"); fault.KindOf(err) != fault.Usage {
		t.Errorf("kind of %v", err)
	}
}

func TestScoresThatAreNoneAreNamed(t *testing.T) {
	for _, method := range []string{"auto", "none", "0.3", "rate:5%", "labels"} {
		estimator, err := New(method, []Label{{Name: "0.png"}, {Name: "1.png", Defective: true}})
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			scores := slices.Repeat([]float64{.3}, 12)
			scores[7] = bad
			if _, err := estimator.Estimate(scores, namesOf(12)); err == nil ||
				fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "the score of 7.png is") {
				t.Errorf("%s, %v: %v", method, bad, err)
			}
		}
		if _, err := estimator.Estimate(nil, namesOf(1)); fault.KindOf(err) != fault.Internal {
			t.Errorf("%s: %v", method, err)
		}
	}
}

func TestScoresTooFarApart(t *testing.T) {
	estimator, err := New("auto", nil)
	if err != nil {
		t.Fatal(err)
	}
	scores := append(slices.Repeat([]float64{math.MaxFloat64}, 10), -math.MaxFloat64, -math.MaxFloat64)
	if _, err := estimator.Estimate(scores, namesOf(12)); fault.KindOf(err) != fault.Input {
		t.Error(err)
	}
}

// With no photos at all every method gives an answer without a panic.
func TestEmptyBatch(t *testing.T) {
	labels := []Label{{Name: "a"}, {Name: "b", Defective: true}}
	for method, known := range map[string]bool{"auto": false, "none": false, "0.3": true, "rate:5%": false,
		"labels": false} {
		if got := estimate(t, method, labels, nil); got.Known() != known {
			t.Errorf("%s: %+v", method, got)
		}
	}
}

func TestNumber(t *testing.T) {
	for method, want := range map[string]map[Verdict]int{
		"0.35":      {Good: 2, Defective: 2},
		"0.35,0.32": {Good: 1, Review: 1, Defective: 2},
		"0.32, .32": {Good: 1, Defective: 3},
	} {
		scores := []float64{.3, .32, .35, .4}
		got := estimate(t, method, nil, scores)
		if counts := count(&got, scores); fmt.Sprint(counts) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", method, counts, want)
		}
	}
}

func TestRate(t *testing.T) {
	ten := []float64{.1, .2, .3, .4, .5, .6, .7, .8, .9, 1}
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(i)
	}
	for name, c := range map[string]struct {
		method    string
		scores    []float64
		threshold float64
		defective int
		note      string
	}{
		"the middle of two scores":  {"rate:20%", []float64{3, 1, 5, 2, 4}, 4.5, 1, ""},
		"as a fraction":             {"rate:0.2", []float64{3, 1, 5, 2, 4}, 4.5, 1, ""},
		"less than half is none":    {"rate:4%", ten, above(1), 0, ""},
		"half rounds up":            {"rate:5%", ten, .95, 1, ""},
		"as decimals say":           {"rate:0.145", hundred, 84.5, 15, ""},
		"as a percentage, too":      {"rate:14.5%", hundred, 84.5, 15, ""},
		"none":                      {"rate:0%", ten, above(1), 0, ""},
		"all":                       {"rate:100%", ten, .1, 10, ""},
		"one photo, half":           {"rate:50%", []float64{.3}, .3, 1, ""},
		"equal at the border":       {"rate:40%", []float64{5, 4, 4, 4, 1}, 4.5, 1, "1 photos instead of 2"},
		"equal inside":              {"rate:60%", []float64{5, 4, 4, 1, 0}, 2.5, 3, ""},
		"equal at the top":          {"rate:20%", []float64{4, 4, 4, 4, 1}, above(4), 0, "0 photos instead of 1"},
		"all equal":                 {"rate:20%", []float64{2, 2, 2, 2, 2}, above(2), 0, "0 photos instead of 1"},
		"all equal, all of them":    {"rate:100%", []float64{2, 2, 2}, 2, 3, ""},
		"a hair between the scores": {"rate:50%", []float64{1, above(1)}, above(1), 1, ""},
	} {
		got := estimate(t, c.method, nil, c.scores)
		if got.Review != got.Threshold || math.Abs(got.Threshold-c.threshold) > 1e-12 {
			t.Errorf("%s: %v, %v, want %v", name, got.Threshold, got.Review, c.threshold)
		}
		if defective := count(&got, c.scores)[Defective]; defective != c.defective {
			t.Errorf("%s: %d defective, want %d", name, defective, c.defective)
		}
		if c.note == "" && got.Notes != nil || !hasNote(&got, c.note) && c.note != "" {
			t.Errorf("%s: notes %q, want %q", name, got.Notes, c.note)
		}
	}
}

func TestThresholdsAsJSON(t *testing.T) {
	for want, thresholds := range map[string]Thresholds{
		`{"method":"0.5,0.4","threshold":0.5,"review":0.4}`:          {Method: "0.5,0.4", Threshold: 0.5, Review: 0.4},
		`{"method":"0","threshold":0,"review":0}`:                    {Method: "0"},
		`{"method":"auto","why":"too few","notes":["look at them"]}`: {Method: "auto", Why: "too few", Notes: []string{"look at them"}},
		`{"method":""}`: {},
	} {
		text, err := json.Marshal(thresholds)
		if err != nil || string(text) != want {
			t.Errorf("got %s, %v, want %s", text, err, want)
		}
		var read Thresholds
		if err := json.Unmarshal(text, &read); err != nil || read.Known() != thresholds.Known() ||
			read.Threshold != thresholds.Threshold {
			t.Errorf("%s is read as %+v, %v", text, read, err)
		}
	}
}

package main

import (
	stdbytes "bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"musc/engine/fault"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sample is a result with every group, such as a run with peers gives.
func sample() *Result {
	timings := func(scale float64) []float64 { return []float64{scale, 1.1 * scale, 0.9 * scale} }
	scoring := func(group, shape string, images, threads int) Row {
		return Row{Group: group, Shape: shape, Images: images, Threads: threads, Unit: seconds,
			Pulse: timings(0.002), Cases: []Case{
				{Name: caseMusc, Work: 1e9, Samples: timings(0.1)},
				{Name: casePublished, Work: 1e9, Samples: []float64{1.2, 1.21, 1.35}},
				{Name: caseMatmul, Work: 1e9, Samples: timings(0.25)},
			}}
	}
	disturbed := scoring(groupImages, vitSSmall.String(), 16, 2)
	disturbed.Others = 0.9
	return &Result{
		Schema:   schema,
		Machine:  Machine{"linux", "amd64", "Some Processor", 2, "avx512", ""},
		Versions: map[string]string{"go": "go1.26", "torch": "2.15"},
		Rows: []Row{
			{Group: groupKernels, Shape: vitL.String(), Level: "avx512", Threads: 1, Unit: seconds,
				Cases: []Case{
					{Name: caseCeiling, Work: 1e9, Samples: timings(0.01)},
					{Name: caseProduct, Work: 3e9, Samples: timings(0.033)},
					{Name: "prepare an image", Samples: timings(0.0004)},
					{Name: caseOpenBLAS, Work: 3e9, Samples: timings(0.06)},
				}},
			scoring(groupScorers, vitL.String(), 8, 2),
			scoring(groupImages, vitSSmall.String(), 8, 2), disturbed,
			scoring(groupThreads, vitL.String(), 4, 1), scoring(groupThreads, vitL.String(), 4, 2),
			{Group: groupMemory, Shape: vitSSmall.String(), Images: 8, Threads: 2, Unit: bytes,
				Cases: []Case{{Name: caseMusc, Samples: []float64{20e6}},
					{Name: caseMatmul, Samples: []float64{90e6}}}},
			{Group: groupWhole, Shape: wholeShape(), Images: 30, Threads: 2, Unit: seconds, Cases: []Case{
				{Name: caseMusc, Samples: timings(1.2)}, {Name: caseWhole, Samples: timings(6.6)},
				{Name: stepCase(caseMusc, wholeSteps[2]), Samples: timings(0.3)},
				{Name: stepCase(caseWhole, wholeSteps[2]), Samples: timings(4.5)}}},
			{Group: groupSteps, Shape: "some model", Images: 30, Threads: 2, Unit: seconds,
				Cases: []Case{{Name: "backbone", Samples: timings(2)},
					{Name: caseTotal, Samples: timings(4)}}},
		},
		Agreements: []Agreement{{vitL.String(), 8, casePublished, 2e-6, 0.23, nil},
			{vitL.String(), 8, caseMatmul, 0.02, 0.23, nil},
			{wholeShape(), 30, caseWhole, 3e-6, 0.3, new(int)}},
		Notes: []string{"faiss-cpu left out: not there"},
	}
}

func TestSavedResultIsReadBack(t *testing.T) {
	folder := t.TempDir()
	var text stdbytes.Buffer
	if err := save(sample(), folder, "x", &text); err != nil {
		t.Fatal(err)
	}
	back, err := load(filepath.Join(folder, "x.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, sample()) {
		t.Errorf("read back:\n%+v\nwant\n%+v", back, sample())
	}
	markdown, err := os.ReadFile(filepath.Join(folder, "x.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text.String(), string(markdown)) {
		t.Error("what is printed is not what is saved")
	}
	for _, name := range []string{"kernels", "speed", "images", "threads", "steps"} {
		picture, err := os.ReadFile(filepath.Join(folder, "x-"+name+".png"))
		if err != nil || !stdbytes.HasPrefix(picture, []byte("\x89PNG")) {
			t.Errorf("plot %s: %v", name, err)
		}
	}
}

func TestLoadRefusesWhatIsNoResult(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.json")
	for _, c := range []struct{ content, want string }{
		{"not JSON", "no result of bench"},
		{`{"schema": 99}`, "schema 99"},
	} {
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := load(path)
		if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.content, err, c.want)
		}
	}
	if _, err := load(path + ".missing"); fault.KindOf(err) != fault.Input {
		t.Errorf("a missing file: %v", err)
	}
}

func TestReportIsTheGoldenOne(t *testing.T) {
	const golden = "testdata/report.golden.md"
	var text stdbytes.Buffer
	writeReport(&text, sample())
	if *update {
		if err := os.WriteFile(golden, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if text.String() != string(want) {
		t.Errorf("the report changed; if that is meant: go test ./bench -update\n%s", text.String())
	}
}

func TestGoalsAreJudgedByTheMedianOfPairs(t *testing.T) {
	for _, c := range []struct {
		published []float64
		others    float64
		want      string
	}{
		{[]float64{0.95, 0.99, 5}, 0, "NOT MET"}, // pairs: 9.5, 9, 55.6
		{[]float64{1.5, 1.6, 0.1}, 0, "met"},
		{[]float64{2.1, 2.2, 2.3}, 0, "met, and the stretch"},
		{[]float64{2.1, 2.2, 2.3}, 0.5, "met, and the stretch, but disturbed"},
		{nil, 0, "not measured"},
	} {
		r := sample()
		r.Rows[1].find(casePublished).Samples = c.published
		r.Rows[1].Others = c.others
		if got := r.goals()[0].verdict(); got != c.want {
			t.Errorf("%v: %s, want %s", c.published, got, c.want)
		}
	}
	if got := sample().goals()[1].verdict(); got != "NOT MET, but the scores differ" {
		t.Errorf("against a program that computes something else: %s", got)
	}
	all := sample().goals()
	if got := all[len(all)-1]; got.verdict() != "met" || got.write(got.measured.middle) != "91 %" {
		t.Errorf("of the peak: %+v, %s", got, got.verdict())
	}
}

// A result of another level than the machine's best says so in its title and in its files' names.
func TestForcedLevelIsInTitleAndName(t *testing.T) {
	r := sample()
	if got := r.nameFor("latest"); got != "latest" {
		t.Errorf("named %s", got)
	}
	r.Machine.Best = "avx512vnni"
	if got := r.nameFor("latest"); got != "latest-avx512" {
		t.Errorf("named %s", got)
	}
	var text strings.Builder
	writeReport(&text, r)
	contains(t, text.String(), "# musc, measured at SIMD level avx512, where avx512vnni is the machine's best",
		"## Goals, at SIMD level avx512\n")
}

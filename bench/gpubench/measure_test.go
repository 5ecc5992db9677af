//go:build cuda && linux

package gpubench

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/cgo/cuda/fake"
	"musc/engine/dataset"
	"musc/engine/device"
	"musc/models"
	"musc/models/resolve"
)

func TestMain(m *testing.M) { fake.Main(m, "../../kernels/emulator/kernels.cpp") }

// python is a stand-in for an interpreter: it prints the answer, and exits with the status.
func python(t *testing.T, answer, status string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "python")
	script := "#!/bin/sh\ncat > /dev/null\necho '" + answer + "'\n" +
		"echo 'a line\nwhat went wrong' >&2\nexit " + status + "\n"
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// The whole measurement runs on two devices, at a size that the emulator manages, and every table
// and plot is written; its times mean nothing there.
func TestMeasure(t *testing.T) {
	fake.Only(t)
	t.Setenv("MUSC_FAKE_DEVICES", "2")
	small := Shape{"small", "no model", 0, 3, 3, 40, 2}
	p := Plan{Shapes: []Shape{small}, Images: 6, Slots: 3, Rounds: 1, Bounded: 2 << 20, Near: []int{1},
		Pythons: []string{"no-such-python", "/no/such/python", python(t, "", "3"),
			python(t, `{"version": "PyTorch 9",
			"peers": [{"shape": "small", "cublas_teraflops": 2, "published_milliseconds_an_image": 7,
			"best_milliseconds_an_image": 5}]}`, "0")}}
	p.Whole = func(_ context.Context, _ int, s Shape, subsets int) (Run, error) {
		return Run{s.Name, p.Images, subsets, 12.5, []StepTime{{"backbone", 10}}, 1 << 20}, nil
	}
	result, err := p.Measure(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Searches) != 1 || !(result.Searches[0].Teraflops > 0) ||
		len(result.Searches[0].Samples) != 10 {
		t.Errorf("searches %+v", result.Searches)
	}
	if len(result.Scorings) != 7 || len(result.Scaling) != 2 || len(result.Runs) != 3 ||
		len(result.Peers) != 1 || len(result.Notes) != 0 {
		t.Fatalf("result %+v", result)
	}
	for _, s := range result.Scorings {
		if !(s.Milliseconds > 0) || s.PeakBytes <= 0 || len(s.Steps) != 5 ||
			s.Kernel == "" && s.Difference != 0 || s.Difference > 1e-4 {
			t.Errorf("scoring %+v", s)
		}
		for _, step := range s.Steps {
			if !(step.Milliseconds > 0) {
				t.Errorf("step %+v", step)
			}
		}
	}
	folder := t.TempDir()
	markdown, err := result.Save(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# musc on Fake 0", "not measured", "PyTorch 9",
		"The paper's table", "several devices", "| 2.0 ", "| box ", "| 1    |"} {
		if !strings.Contains(markdown, want) {
			t.Errorf("no %q in\n%s", want, markdown)
		}
	}
	var back Result
	text, err := os.ReadFile(filepath.Join(folder, "fake-0.json"))
	if err != nil || json.Unmarshal(text, &back) != nil || back.Device != result.Device {
		t.Errorf("%v, device %q", err, back.Device)
	}
	for _, plot := range []string{"search", "scoring", "paper"} {
		if _, err := os.Stat(filepath.Join(folder, "fake-0-"+plot+".png")); err != nil {
			t.Error(err)
		}
	}
}

// What cannot be had here is noted, and the rest is measured.
func TestWhatIsMissingIsNoted(t *testing.T) {
	fake.Only(t)
	small := Shape{"small", "no model", 0, 2, 2, 8, 1}
	for _, test := range []struct {
		name, python string
		whole        error
		notes        []string
	}{
		{"no PyTorch, no backbone", "no-such-python", errors.New("no provider"),
			[]string{"photos to scores, small: no provider", "none with CUDA is installed"}},
		{"PyTorch fails", python(t, "", "1"), nil, []string{"exit status 1: what went wrong"}},
		{"PyTorch says nonsense", python(t, "Segmentation fault", "0"), nil, []string{"no JSON"}},
	} {
		p := Plan{Shapes: []Shape{small}, Images: 6, Slots: 2, Rounds: 1, Bounded: 2 << 20,
			Pythons: []string{test.python}}
		p.Whole = func(context.Context, int, Shape, int) (Run, error) { return Run{}, test.whole }
		result, err := p.Measure(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Scorings) != 5 || len(result.Scaling) != 0 || len(result.Notes) != len(test.notes) {
			t.Errorf("%s: %d scorings, notes %q", test.name, len(result.Scorings), result.Notes)
			continue
		}
		for k, want := range test.notes {
			if !strings.Contains(result.Notes[k], want) {
				t.Errorf("%s: note %q, want %q", test.name, result.Notes[k], want)
			}
		}
	}
}

// Photos to scores: a backbone, here on the CPU, and the scoring on the device, by step. Where the
// backbone cannot have the device, as here, that is an error and not a slow figure.
func TestWholeRun(t *testing.T) {
	fake.Only(t)
	photos, _, err := dataset.Collect([]string{"../../testdata/washer/images"}, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	library, err := resolve.Library("", device.CPU)
	if err != nil {
		t.Fatalf("%v (make setup)", err)
	}
	t.Setenv("MUSC_CACHE", t.TempDir()) // the graph is built there
	small := Shape{"small", models.DefaultName, 28, 2, 2, 384, 4}
	p := Plan{Images: len(photos[:4]) + 1, Photos: photos[:4], Scratch: t.TempDir(), Library: library,
		Optional: true}
	run, err := p.wholeRun(t.Context(), 0, small, 2)
	if err != nil {
		t.Fatal(err)
	}
	steps := map[string]float64{}
	total := 0.0
	for _, step := range run.Steps {
		steps[step.Step] = step.Milliseconds
		total += step.Milliseconds
	}
	if run.Images != 5 || run.Subsets != 2 || run.PeakBytes <= 0 || steps["backbone"] <= 0 ||
		steps["mutual scoring"] <= 0 || math.Abs(total-steps["load model"]-run.Milliseconds) > 1e-9 {
		t.Errorf("%+v", run)
	}
	p.Optional = false
	if _, err := p.wholeRun(t.Context(), 0, small, 2); err == nil {
		t.Error("a backbone on the CPU was measured")
	}
}

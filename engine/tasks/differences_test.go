package tasks

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/mutual"
)

func TestDifferencesAreSaidInOptions(t *testing.T) {
	base := request(t, 100, 2)
	base.References = photos(3)
	copied := filepath.Join(t.TempDir(), "tiny.onnx")
	model, err := os.ReadFile(base.Model)
	if err == nil { // one more producer_name
		err = os.WriteFile(copied, append(slices.Clone(model), "\x12\x01x"...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	old, _ := makePlan(t, base)
	for want, change := range map[string]func(*Request){
		"":                                         func(*Request) {},
		"--degrees was 1,3,5 and is 1":             func(r *Request) { r.Scoring.Degrees = []int{1} },
		"--windows was 2,3 and is 8,9":             func(r *Request) { r.Scoring.Windows = []int{8, 9} },
		"--interval was 0,0.3 and is 0,0.5":        func(r *Request) { r.Scoring.Interval.High = 0.5 },
		"--average was mean and is max":            func(r *Request) { r.Scoring.Average = mutual.Max },
		"--subsets was 2 and is 3":                 func(r *Request) { r.Scoring.Subsets = 3 },
		"--seed was 0 and is -1":                   func(r *Request) { r.Scoring.Seed = -1 },
		"--strict was not given and is given":      func(r *Request) { r.Strict = true },
		"--bits was not given and is 12":           func(r *Request) { r.Bits = 12 },
		"--batch was not given and is 3":           func(r *Request) { r.Batch = 3 },
		"--map-size was not given and is 64":       func(r *Request) { r.Scoring.MapSize = 64 },
		"--max-pixels was 100000000 and is 5":      func(r *Request) { r.MaxPixels = 5 },
		"--maps was tiff and is none":              func(r *Request) { r.Maps = "none" },
		"--no-overlays was not given and is given": func(r *Request) { r.Overlays = false },
		"--rotate was not given and is given":      func(r *Request) { r.Rotate = true },
		"12 photos more":                           func(r *Request) { r.Images = photos(112) },
		"1 photo fewer":                            func(r *Request) { r.Images = photos(99) },
		"1 reference image more":                   func(r *Request) { r.References = photos(4) },
		"the photos are others, lie elsewhere or have other labels": func(r *Request) {
			r.Images = slices.Clone(r.Images)
			r.Images[50].Label = "good"
		},
		"the model was " + old.Model.Path + " and is " + copied: func(r *Request) { r.Model = copied },
		"--stages was 1,2,3,4 and is 2; 1 photo fewer": func(r *Request) {
			r.Scoring.Stages, r.Images = []int{2}, photos(99)
		},
	} {
		r := base
		change(&r)
		plan, _ := makePlan(t, r)
		if got := strings.Join(Differences(old, plan), "; "); got != want {
			t.Errorf("%q, not %q", got, want)
		}
		if same := plan.ID == old.ID; same != (want == "") {
			t.Errorf("%q: the IDs are %s and %s", want, old.ID, plan.ID)
		}
	}
}

func TestWhatDecidesNothingLeavesTheID(t *testing.T) {
	base := request(t, 100, 2)
	old, _ := makePlan(t, base)
	absolute, err := filepath.Abs(base.Model)
	if err != nil {
		t.Fatal(err)
	}
	r := base
	r.Tasks, r.Version, r.Model, r.Preset = 1, "v2", absolute, "paper"
	r.Images = slices.Clone(r.Images)
	for i := range r.Images { // typed in another way
		if r.Images[i].Path, err = filepath.Abs(r.Images[i].Path); err != nil {
			t.Fatal(err)
		}
	}
	plan, _ := makePlan(t, r)
	if plan.ID != old.ID || len(plan.ID) != 16 {
		t.Errorf("the IDs are %s and %s", old.ID, plan.ID)
	}
}

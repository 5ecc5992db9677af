package tasks

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"musc/engine"
	"musc/engine/backbone"
	"musc/engine/fault"
	"musc/engine/report"
)

// grid and classDim are those of the parts of tests: P is 6.
var tinyModel = backbone.Info{Name: "tiny", GridHeight: 2, GridWidth: 3, ClassDim: 4, ImageSize: 28,
	Provider: "CPU"}

// partOf is the part of a subset with made-up numbers for its images.
func partOf(plan *Plan, subset int, images ...int) *Part {
	part := &Part{PartRecord: PartRecord{Plan: plan.ID, Subset: subset, Model: tinyModel, Height: 2, Width: 3,
		Provenance: engine.Provenance{Scorer: "cpu (avx2)", SIMD: "avx2", Processor: "amd64 avx2",
			Runtime: report.Runtime{Provider: "CPU", Version: "1.31.1"}},
		Host: "n1", Version: "v1",
		Started:  time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC),
		Timings:  []engine.Timing{{Step: engine.StepMutual, Seconds: 1.5}},
		Skipped:  []About{{Index: 1, Path: "b.png", Text: "it is empty"}},
		Warnings: []About{{Reference: true, Index: 0, Text: "rotated"}},
	}}
	for _, i := range images {
		score := float64((i*7919)%1009) / 1009
		part.Images = append(part.Images, PartImage{Index: i, Width: 100 + i, Height: 50, Before: score,
			Summary: report.Summary{Shoulder: score / 2, Peak: score},
			Digest:  sha256.Sum256(fmt.Append(nil, i))})
		for p := range tinyModel.Patches() {
			part.Scores = append(part.Scores, score/float64(p+1))
		}
		for d := range tinyModel.ClassDim {
			part.Class = append(part.Class, float32((i*31+d*17)%97)/97)
		}
	}
	return part
}

func TestPartIsReadAsItWasWritten(t *testing.T) {
	plan, _ := makePlan(t, request(t, 30, 2))
	f := Folder{Output: t.TempDir()}
	for name, images := range map[string][]int{"three images": {2, 5, 29}, "none": nil} {
		want := partOf(plan, 1, images...)
		if err := f.WritePart(want); err != nil {
			t.Fatal(err)
		}
		for content, strip := range map[Content]func(*Part){
			Whole:            func(*Part) {},
			Table:            func(p *Part) { p.Scores, p.Class = nil, nil },
			Class:            func(p *Part) { p.Scores = nil },
			Scores | Digests: func(p *Part) { p.Class = nil },
		} {
			got, err := plan.ReadPart(f, 1, content)
			if err != nil {
				t.Fatal(err)
			}
			stripped := *want
			stripped.Images = slices.Clone(want.Images)
			strip(&stripped)
			if content&Digests == 0 {
				for i := range stripped.Images {
					stripped.Images[i].Digest = [sha256.Size]byte{}
				}
			}
			if !slices.Equal(got.Images, stripped.Images) || !slices.Equal(got.Scores, stripped.Scores) ||
				!slices.Equal(got.Class, stripped.Class) ||
				!reflect.DeepEqual(got.PartRecord, stripped.PartRecord) {
				t.Errorf("%s, content %d: %+v, not %+v", name, content, got, stripped)
			}
		}
	}
}

// Whatever is wrong with a part, it is told with its name, and nothing is taken from it.
func TestPartsThatCannotBeUsedAreNamed(t *testing.T) {
	plan, _ := makePlan(t, request(t, 30, 2))
	f := Folder{Output: t.TempDir()}
	path := f.File(PhaseScore, 1)
	told := func(name, want string) {
		t.Helper()
		for _, content := range []Content{Table, Whole} {
			if _, err := plan.ReadPart(f, 1, content); fault.KindOf(err) != fault.Input ||
				!strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := plan.ReadPart(f, 1, Table); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	for name, c := range map[string]struct {
		change func(*Part)
		want   string
	}{
		"of another plan": {func(p *Part) { p.Plan = "0123456789abcdef" }, "plan 0123456789abcdef"},
		"beyond the list": {func(p *Part) { p.Images[2].Index = 30 }, "order"},
		"twice the same":  {func(p *Part) { p.Images[1].Index = 2 }, "order"},
		"without pixels":  {func(p *Part) { p.Images[1].Width = 0 }, "0 x 50"},
	} {
		part := partOf(plan, 1, 2, 5, 29)
		c.change(part)
		if err := f.WritePart(part); err != nil {
			t.Fatal(err)
		}
		told(name, c.want)
	}
	if err := f.WritePart(partOf(plan, 1, 2, 5, 29)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, length := range []int{0, 1, len(whole) / 2, len(whole) - 1} {
		if err := os.WriteFile(path, whole[:length], 0o600); err != nil {
			t.Fatal(err)
		}
		told(fmt.Sprintf("cut to %d bytes", length), "cut short or is damaged")
	}
	// Blocks that a power failure left empty, wherever: reading all of it finds them.
	const block = 64
	for at := 0; at+block <= len(whole); at += block {
		damaged := slices.Clone(whole)
		clear(damaged[at : at+block])
		if slices.Equal(damaged, whole) {
			continue
		}
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := plan.ReadPart(f, 1, Whole); err == nil &&
			!reflect.DeepEqual(got, partOf(plan, 1, 2, 5, 29)) {
			t.Errorf("bytes %d to %d empty: it was read as %+v", at, at+block, got)
		}
	}
	if err := os.Rename(path, f.File(PhaseScore, 0)); err != nil {
		t.Fatal(err)
	}
	if err := f.WritePart(partOf(plan, 1, 2, 5, 29)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, f.File(PhaseScore, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := plan.ReadPart(f, 0, Table); err == nil ||
		!strings.Contains(err.Error(), "of subset 1 of") {
		t.Errorf("under another number: %v", err)
	}
}

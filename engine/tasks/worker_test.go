package tasks

import (
	"os"
	"path/filepath"
	"testing"

	"musc/engine"
	"musc/engine/imageio"
)

// What is finished is said, and nothing where it would cost less than a few minutes to begin anew.
func TestProgressSaysWhatIsWorthKeeping(t *testing.T) {
	deep := imageio.Samples{Integers: imageio.Extremes{Photos: 7, High: 4095}}
	kept := func(name string) func(*testing.T, *Plan, Folder) {
		return func(t *testing.T, _ *Plan, f Folder) {
			if err := saveJSON(f.Path("tokens", "000001", name), 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	depths := func(found ...imageio.Samples) func(*testing.T, *Plan, Folder) {
		return func(t *testing.T, plan *Plan, f Folder) {
			for task, samples := range found {
				if err := saveJSON(f.File(PhaseDepth, task), depthPart{plan.ID, samples}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	parts := func(images ...int) func(*testing.T, *Plan, Folder) {
		return func(t *testing.T, plan *Plan, f Folder) {
			for subset, count := range images {
				if err := f.WritePart(partOf(plan, subset, upTo(count)...)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		subsets int
		leave   func(*testing.T, *Plan, Folder)
		want    string
	}{
		"nothing":              {2, depths(), ""},
		"a lock":               {2, kept("mutual.lock"), ""},
		"tokens":               {2, kept("x.tokens"), "part of what the backbone and mutual scoring give is kept"},
		"heads":                {2, depths(imageio.Samples{}, imageio.Samples{}), ""},
		"one block of samples": {2, depths(deep), ""},
		"samples":              {2, depths(imageio.Samples{}, deep), "the samples of 2 of 3 blocks of photos are read"},
		"a part":               {2, parts(3), "1 of 2 subsets are scored"},
		"all parts":            {2, parts(0, 2), "2 of 2 subsets are scored"},
		"the part":             {1, parts(3), "all images are scored"},
		"parts of no image":    {2, parts(0, 0), ""},
	} {
		plan, _ := makePlan(t, request(t, 5000, c.subsets))
		f := Folder{Output: t.TempDir()}
		c.leave(t, plan, f)
		if got, err := plan.Progress(f); got != c.want || err != nil {
			t.Errorf("%s: %q, not %q, %v", name, got, c.want, err)
		}
	}
}

// A run that was killed between a part and the removal of what was kept for it leaves nothing for good.
func TestWhatIsKeptOfDonePartsGoes(t *testing.T) {
	b := scored(t, request(t, 20, 2), nil)
	w := &Worker{Plan: b.Plan, Folder: b.folder, Observer: engine.Silent{}}
	kept := filepath.Join(w.subsetFolder(1), "x.tokens")
	if err := saveJSON(kept, 0); err != nil {
		t.Fatal(err)
	}
	if err := w.Run(t.Context(), PhaseScore, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(w.subsetFolder(1)); !os.IsNotExist(err) {
		t.Errorf("what was kept is still there: %v", err)
	}
}

//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/results"
	"musc/engine/tasks"
)

// A merge was killed while the results took their place, and the next one while it drew again: some
// pictures are where they were drawn, the others are gone.
func TestPicturesOfWhichSomeHaveLeftAreDrawnAgain(t *testing.T) {
	r := newPlanRun(t, fewWashers(t, 6), " --subsets 2")
	r.tasks(tasks.Phases...)
	drawn, err := filepath.Glob(r.path("results-*"))
	if err != nil || len(drawn) != 1 {
		t.Fatal(drawn, err)
	}
	for _, name := range []string{"maps/000.tiff", "maps/004.tiff", "overlays/002.png"} {
		if err := os.Remove(filepath.Join(drawn[0], name)); err != nil {
			t.Fatal(err)
		}
	}
	left := filepath.Join(drawn[0], results.MapsFolder, ".musc-tmp-123")
	if err := os.WriteFile(left, []byte("a killed process wrote it"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.must("merge OUT -q --wait 0s")
	r.same()
}

// What cannot be run is refused before anything is done, with an exit code that tells a scheduler
// whether another task or another try may go better.
func TestTasksThatCannotRun(t *testing.T) {
	out := planned(t, " --subsets 2")
	other := planned(t, " --image-size 224")
	plan, err := tasks.Read(t.Context(), tasks.Folder{Output: other})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args, variable string
		code           int
		want           string
	}{
		{"task", "", exitUsage, "musc task out score 17"},
		{"task OUT", "", exitUsage, "musc task out score 17"},
		{"task OUT score 0 1", "", exitUsage, "musc task out score 17"},
		{"task OUT paint 0", "", exitUsage, "depth score nearest merge draw"},
		{"task OUT score", "", exitUsage, "which task?"},
		{"task OUT score 2", "", exitUsage, "0 to 1, not 2"},
		{"task OUT score one", "", exitUsage, `"one" of the command line`},
		{"task OUT score", "one", exitUsage, `"one" of $SLURM_ARRAY_TASK_ID`},
		{"task OUT score", "5", exitUsage, "0 to 1, not 5"},
		{"task OUT score 0 --device gpu", "", exitUsage, "cuda:N"},
		{"task OUT merge", "5", exitInput, "cannot merge"}, // there is one, whatever the array
		{"task OUT score 0", "", exitInput, "musc task OUT depth 0"},
		{"task OUT draw 0", "", exitInput, "musc task OUT merge 0"},
		{"task OUT/none score 0", "", exitInput, "there is no plan"},
		{"merge OUT", "", exitInput, "2 of 2 tasks of the phase score are not done: 0,1"},
		{"merge", "", exitUsage, "musc merge out"},
		{"status OUT/none", "", exitInput, "there is no plan"},
		{"task OUT depth 0", "", exitOK, ""},
		{"task OUT score 0 --model " + plan.Model.Path, "", exitSetup, "has other bytes"},
		{"task OUT score 0 --model /none.onnx", "", exitSetup, "--model"},
		{"task OUT score 0 --library /none.so", "", exitSetup, "/none.so"},
		{"task OUT score", "0", exitOK, ""},
	} {
		t.Run(c.args+" "+c.variable, func(t *testing.T) {
			t.Setenv("SLURM_ARRAY_TASK_ID", c.variable)
			args := c.args
			if !strings.HasPrefix(args, "status") {
				args += " --wait 0s"
			}
			code, _, stderr := musc(t, line(args, "", out)...)
			want := strings.ReplaceAll(c.want, "OUT", out)
			if code != c.code || !strings.Contains(stderr, want) {
				t.Errorf("exit %d, want %d with %q: %s", code, c.code, want, stderr)
			}
		})
	}
	r := &planRun{t, "", out, ""}
	r.refused("merge OUT --wait 0s", exitInput, "1 of 2 tasks of the phase score are not done: 1;")
	r.refused("status OUT", exitOK, "score    2      1     0       1", "draw     2      0     1       0,1")
}

// A subset none of whose photos can be read has a part that says so.
func TestSubsetsThatCannotBeRead(t *testing.T) {
	names := []string{"a.png", "b.png", "c.png", "d.png", "e.png", "f.png"}
	photos := washerFolder(t, names...)
	probe := &planRun{t, photos, filepath.Join(t.TempDir(), "out"), ""}
	probe.must("plan PHOTOS -o OUT --subsets 2" + small)
	plan, err := tasks.Read(t.Context(), tasks.Folder{Output: probe.out})
	if err != nil {
		t.Fatal(err)
	}
	listing, err := plan.ReadListing(tasks.Folder{Output: probe.out})
	if err != nil {
		t.Fatal(err)
	}
	var broken string
	for i, item := range listing.Images {
		if listing.Subset[i] == 1 {
			if err := os.WriteFile(item.Path, []byte("no photo"), 0o644); err != nil {
				t.Fatal(err)
			}
			broken = item.Path
		}
	}
	r := newPlanRun(t, photos, " --subsets 2")
	r.must("task OUT depth 0")
	for range 2 { // the second time it is done already, and says the same
		r.refused("task OUT score 1 --wait 0s", exitSkipped, "left out: "+broken)
	}
	r.tasks(beforeMerging...)
	r.refused("merge OUT --wait 0s", exitSkipped, "left out: "+broken, "3 images scored, 3 left out")
	r.same()
	for i, item := range listing.Images {
		if listing.Subset[i] == 0 {
			if err := os.Remove(item.Path); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.out = filepath.Join(t.TempDir(), "out")
	r.refused("score PHOTOS -o OUT"+small, exitInput, "none of the 3 images can be read")
	if left, _ := os.ReadDir(r.out); len(left) > 0 {
		t.Errorf("nothing can be gone on with, and %v is left", left)
	}
}

// Photos that change or vanish once they are scored cost their overlays, and are named.
func TestPhotosThatChangeBeforeTheyAreDrawn(t *testing.T) {
	photos := washerFolder(t, "a.png", "b.png", "c.png", "d.png")
	r := newPlanRun(t, photos, " --subsets 2")
	r.tasks(append(beforeMerging, tasks.PhaseMerge)...)
	text, err := os.ReadFile(filepath.Join(photos, "a.png"))
	if err == nil {
		err = os.WriteFile(filepath.Join(photos, "b.png"), text, 0o644)
	}
	if err == nil {
		err = os.Remove(filepath.Join(photos, "c.png"))
	}
	if err != nil {
		t.Fatal(err)
	}
	r.tasks(tasks.PhaseDraw)
	changed := "no overlay, thumbnail, crops for " + photos + "/b.png: the photo has changed"
	vanished := "no overlay, thumbnail, crops for " + photos + "/c.png"
	r.refused("merge OUT --wait 0s", exitOK, changed, vanished)
	want, got := filesOf(t, r.whole), filesOf(t, r.out)
	for _, name := range []string{"overlays/b.png", "overlays/c.png"} {
		if _, there := got[name]; there {
			t.Errorf("%s was drawn", name)
		}
	}
	for _, name := range []string{"scores.csv", "maps/b.tiff", "maps/c.tiff", "overlays/a.png"} {
		if got[name] == "" || got[name] != want[name] {
			t.Errorf("%s is another one", name)
		}
	}
	for _, note := range []string{changed, vanished} {
		if !strings.Contains(got[results.RunFile], note) {
			t.Errorf("%s does not say %q", results.RunFile, note)
		}
	}
}

// Files that were changed or damaged are named, with the way out, which works.
func TestDamagedFilesOfAPlan(t *testing.T) {
	done := newPlanRun(t, fewWashers(t, 4), " --subsets 2")
	done.tasks(beforeMerging...)
	for name, c := range map[string]struct {
		file     string
		old, new string // "": the file is cut
		args     string
		code     int
		want     []string
		wayOut   string
	}{
		"plan": {"plan.json", `"maps": "tiff"`, `"maps": "npy"`, "merge OUT", exitInput,
			[]string{"plan.json was changed"}, "plan PHOTOS -o OUT --overwrite --subsets 2" + small},
		"photos": {"photos.csv", "000.png", "001.png", "task OUT draw 0", exitInput,
			[]string{"photos.csv is not the list"}, "plan PHOTOS -o OUT --overwrite --subsets 2" + small},
		"part": {"score/000001.npz", "", "", "merge OUT", exitInput,
			[]string{"1 of 2 tasks of the phase score are not done: 1 (", "score/000001.npz",
				"musc task OUT score 1"},
			"task OUT score 1 -q"},
		"nearest": {"nearest/000000.npz", "", "", "merge OUT", exitInput,
			[]string{"nearest/000000.npz", "musc task OUT nearest 0"}, "task OUT nearest 0 -q"},
		"depth": {"depth/000000.json", "", "", "merge OUT", exitInput, []string{"depth/000000.json"},
			"task OUT depth 0 -q"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &planRun{t, done.photos, filepath.Join(t.TempDir(), "out"), done.whole}
			if err := os.CopyFS(r.out, os.DirFS(done.out)); err != nil {
				t.Fatal(err)
			}
			if name == "photos" {
				r.tasks(tasks.PhaseMerge)
			}
			text, err := os.ReadFile(r.path(c.file))
			if err != nil {
				t.Fatal(err)
			}
			damaged := strings.Replace(string(text), c.old, c.new, 1)
			if c.old == "" {
				damaged = string(text[:len(text)/2])
			}
			if err := os.WriteFile(r.path(c.file), []byte(damaged), 0o644); err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				r.refused(c.args+" --wait 0s", c.code, strings.ReplaceAll(want, "OUT", r.out))
			}
			r.must(c.wayOut)
			r.tasks(beforeMerging...)
			r.must("merge OUT -q --wait 0s")
			r.same()
		})
	}
}

// Parts that other code computed have other last digits.
func TestPartsOfOtherProcessors(t *testing.T) {
	r := newPlanRun(t, fewWashers(t, 4), " --subsets 2")
	r.must("task OUT depth 0", "task OUT score 0 -q")
	other := exec.Command(os.Args[0], line("task OUT score 1 -q", "", r.out)...)
	other.Env = append(os.Environ(), asMusc+"=1", "MUSC_SIMD=portable")
	if said, err := other.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	r.tasks(tasks.PhaseNearest)
	if code, _ := r.run("merge OUT --wait 0s"); code == exitOK {
		t.Skip("this machine has no other code than the portable one")
	}
	r.refused("merge OUT --wait 0s", exitInput, "part 0: ", "part 1: ", "(portable)", "--allow-mixed")
	r.refused("merge OUT --wait 0s --allow-mixed", exitOK, "their last digits differ", "4 images scored")
	r.refused("merge OUT --wait 0s --overwrite", exitInput, "--allow-mixed")
	if err := os.Remove(r.path("score", "000001.npz")); err != nil { // as the message says
		t.Fatal(err)
	}
	r.tasks(tasks.PhaseScore, tasks.PhaseNearest)
	r.must("merge OUT -q --wait 0s")
	r.same()
}

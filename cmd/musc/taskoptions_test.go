//go:build unix

package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/tasks"
)

// washerFolder is a folder with copies of washers under the given names.
func washerFolder(t *testing.T, names ...string) string {
	t.Helper()
	folder := t.TempDir()
	for k, name := range names {
		text, err := os.ReadFile(fmt.Sprintf("../../testdata/washer/images/%03d.png", 2*k))
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// deepFolder is a folder of photos of 16 bits a sample, each of other values.
func deepFolder(t *testing.T, count int) string {
	t.Helper()
	folder := t.TempDir()
	for k := range count {
		photo := image.NewGray16(image.Rect(0, 0, 64, 64))
		for i := range 64 * 64 {
			value := (37*(i%64) + 11*(k+1)*(i/64)) % (200 + 400*k)
			photo.SetGray16(i%64, i/64, color.Gray16{Y: uint16(value)})
		}
		file, err := os.Create(filepath.Join(folder, string(rune('a'+k))+".png"))
		if err == nil {
			err = png.Encode(file, photo)
		}
		if err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
	return folder
}

// Whatever the photos and options, tasks and merging give the bytes of musc score.
func TestTasksGiveTheBytesOfScore(t *testing.T) {
	for name, c := range map[string]struct {
		photos  func(*testing.T) string
		options string
		without []tasks.Phase // that have no tasks
	}{
		"draw-top": {nil, " --subsets 3 --draw-top 2 --maps npy", nil},
		"scores only": {nil, " --subsets 2 --maps none --no-overlays --no-report --threshold none --windows 1",
			[]tasks.Phase{tasks.PhaseDraw, tasks.PhaseNearest}},
		"one set of references": {nil, " --reference PHOTOS --references-only", nil},
		"deep samples": {func(t *testing.T) string { return deepFolder(t, 6) },
			" --subsets 3", nil},
		"names": {func(t *testing.T) string {
			return washerFolder(t, "a,b.png", `q"uo'te.png`, "new\nline.png", "ünï 日本.png", "sub/ sp .png",
				"sub/-x.png", "bad\xff.png", "h.png")
		}, " --subsets 2", nil},
	} {
		t.Run(name, func(t *testing.T) {
			photos := fewWashers(t, 6)
			if c.photos != nil {
				photos = c.photos(t)
			}
			r := newPlanRun(t, photos, c.options)
			for _, phase := range c.without {
				r.refused("task OUT "+string(phase)+" 0", exitUsage, "no tasks of the phase "+string(phase))
			}
			r.tasks(tasks.Phases...)
			r.must("merge OUT -q --wait 0s")
			r.same()
		})
	}
}

// Paths are those of the folder in which the plan was made, wherever tasks run; pictures of an earlier
// run within the photos' folder are no photos.
func TestTasksFromElsewhere(t *testing.T) {
	photos := washerFolder(t, "a.png", "b.png", "c.png", "d.png")
	t.Chdir(filepath.Dir(photos))
	name := filepath.Base(photos)
	r := &planRun{t, name, name + "/out", filepath.Join(t.TempDir(), "whole")}
	r.must("score PHOTOS -q -o OUT"+small, "score PHOTOS -q -o "+r.whole+small+" --subsets 2")
	r.refused("plan PHOTOS -o OUT --subsets 2"+small, exitOutput, "--overwrite")
	r.must("plan PHOTOS -o OUT --overwrite --subsets 2" + small)
	t.Chdir(t.TempDir())
	r.out = filepath.Join(photos, "out")
	r.tasks(tasks.Phases...)
	if _, said := r.run("status OUT"); strings.Contains(said, "all is done") {
		t.Errorf("the results in place are an earlier run's: %s", said)
	}
	r.must("merge OUT -q --wait 0s --overwrite")
	if _, said := r.run("status OUT"); !strings.Contains(said, "all is done") {
		t.Errorf("merged: %s", said)
	}
	r.must("task OUT draw 0")
	if drawn, _ := filepath.Glob(r.path("results-*")); len(drawn) > 0 {
		t.Errorf("what is in place was drawn again: %v", drawn)
	}
	r.must("merge OUT -q --wait 0s", "merge OUT -q --remove-parts")
	r.same()
}

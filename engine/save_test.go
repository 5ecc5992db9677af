package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/report"
	"musc/engine/results"
)

// contents are the files under a folder, hidden ones included, by path.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && path == folder {
			return err
		}
		name, _ := filepath.Rel(folder, path)
		if entry.IsDir() {
			files[name+"/"] = ""
			return nil
		}
		data, err := os.ReadFile(path)
		files[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// taken is a folder that results may be saved to, overwriting others.
func taken(t *testing.T, path string) *results.Folder {
	t.Helper()
	folder, err := results.Prepare(path, results.Options{Overwrite: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	return folder
}

// savedJob scores three washers and saves them.
func savedJob(t *testing.T) (Config, *Result, *results.Folder, SaveOptions) {
	t.Helper()
	job, folder := newJob(t), taken(t, t.TempDir())
	job.Images = job.Images[:3]
	result, options := score(t, job), SaveOptions{Maps: "tiff", Overlays: true}
	if err := Save(t.Context(), result, job, folder, options); err != nil {
		t.Fatal(err)
	}
	return job, result, folder, options
}

func TestSaveThatFailsLeavesEarlierResults(t *testing.T) {
	job, result, folder, options := savedJob(t)
	before := contents(t, folder.Path)
	for _, name := range []string{results.ScoresFile, results.OverviewFile, results.MapsFolder,
		results.OverlaysFolder, results.RunFile} {
		if _, err := os.Lstat(filepath.Join(folder.Path, name)); err != nil {
			t.Fatal(err)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Save(cancelled, result, job, folder, options); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	bad := options
	bad.Maps = "no such format"
	if err := Save(t.Context(), result, job, folder, bad); err == nil {
		t.Error("maps of no format were written")
	}
	if after := contents(t, folder.Path); !maps.Equal(before, after) {
		t.Errorf("the folder changed: %d files, %d before", len(after), len(before))
	}
}

func TestSaveReplacesAllEarlierResults(t *testing.T) {
	job, result, folder, options := savedJob(t)
	kept := filepath.Join(folder.Path, "notes.txt")
	if err := os.WriteFile(kept, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	options.Maps = "none"
	if err := Save(t.Context(), result, job, folder, options); err != nil {
		t.Fatal(err)
	}
	after := contents(t, folder.Path)
	if _, there := after[results.MapsFolder+"/"]; there {
		t.Error("maps of the earlier run are still there")
	}
	if after["notes.txt"] != "mine" || after[results.ScoresFile] == "" {
		t.Error("the user's file or the scores are gone")
	}
}

func TestNamesThatCannotBeFiles(t *testing.T) {
	folder := taken(t, t.TempDir())
	deep := strings.Repeat("x/", 1950-len(folder.Path)/2) + strings.Repeat("y", 200) + ".png"
	if err := CheckNames(folder, []dataset.Item{{Path: "p/a.png", Name: "a.png"}}); err != nil {
		t.Error(err)
	}
	err := CheckNames(folder, []dataset.Item{{Path: "p/a.png", Name: "a.png"}, {Path: "p/deep.png", Name: deep}})
	if fault.KindOf(err) != fault.Output || !strings.Contains(err.Error(), "cannot write the map of p/deep.png") {
		t.Errorf("got %v", err)
	}
	err = CheckNames(folder, []dataset.Item{{Path: "p/a.png", Name: "../a.png"}})
	if fault.KindOf(err) != fault.Input {
		t.Errorf("got %v", err)
	}
}

// A name that the file system takes, but not with more at its end, has a shorter one for its map.
func TestLongestNameIsSaved(t *testing.T) {
	job, long := newJob(t), strings.Repeat("写", 83)+"xx.png"
	job.Images = slices.Clone(job.Images[:2])
	job.Images[1].Name = long
	folder := taken(t, t.TempDir())
	if err := Save(t.Context(), score(t, job), job, folder, SaveOptions{Maps: "tiff", Overlays: true}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder.Path, results.RunFile))
	var run report.Run
	if err == nil {
		err = json.Unmarshal(text, &run)
	}
	if err != nil || len(run.Shortened) != 1 || run.Shortened[0].Image != long {
		t.Fatalf("%v, %+v", err, run.Shortened)
	}
	for _, name := range []string{"maps/" + run.Shortened[0].File + ".tiff", "overlays/" + run.Shortened[0].File + ".png"} {
		if _, err := os.Stat(filepath.Join(folder.Path, name)); err != nil {
			t.Error(err)
		}
	}
}

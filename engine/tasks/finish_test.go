package tasks

import (
	"crypto/sha256"
	"encoding/csv"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"musc/engine"
	"musc/engine/evidence"
	"musc/engine/frame"
	"musc/engine/report/page"
	"musc/engine/results"
	"musc/engine/verdict"
)

// decided is a scored plan of photos that are files, with verdicts, a report and an export; the second
// image of each subset has evidence.
func decided(t *testing.T, change func(*Request)) (batch, *Worker) {
	t.Helper()
	folder := t.TempDir()
	r := request(t, 24, 2)
	r.Threshold, r.Masks, r.Report, r.Export = "0.8,0.6", true, true, "coco,yolo"
	r.Scoring.Windows = []int{1}
	for i := range r.Images {
		r.Images[i].Path = filepath.Join(folder, filepath.Base(r.Images[i].Name))
		picture := image.NewGray(image.Rect(0, 0, 100+i, 50))
		picture.Set(i, i, color.White)
		file, err := os.Create(r.Images[i].Path)
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(file, picture); err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
	if change != nil {
		change(&r)
	}
	b := scored(t, r, func(part *Part) {
		for k := range part.Images {
			content, err := os.ReadFile(r.Images[part.Images[k].Index].Path)
			if err != nil {
				t.Fatal(err)
			}
			part.Images[k].Digest = sha256.Sum256(content)
		}
		part.Evidence = []evidence.Evidence{{Image: 1, Patch: 0, Score: 0.5, Normal: 0.25, Typical: 2,
			Stages: []evidence.Stage{{Stage: 2, Score: 0.5, Normal: 0.25,
				Nearest: []evidence.Match{{Image: 3, Patch: 5, Distance: 0.4}}}}}}
	})
	w := &Worker{Plan: b.Plan, Folder: b.folder, Version: "v1", Observer: engine.Silent{}}
	if err := w.RunAll(t.Context(), PhaseDepth); err != nil {
		t.Fatal(err)
	}
	return b, w
}

// finish puts the results in place and returns them.
func finish(t *testing.T, b batch, w *Worker) *engine.Result {
	t.Helper()
	folder, err := results.Prepare(b.folder.Output, results.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	result, err := w.Finish(t.Context(), folder, engine.SaveOptions{Version: "v1",
		Started: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// column reads a column of a CSV file.
func column(t *testing.T, path, name string) (cells []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.Index(rows[0], name)
	for _, row := range rows[1:] {
		cells = append(cells, row[at])
	}
	return cells
}

// files are those below a folder, with slashes, sorted.
func files(t *testing.T, folder string) (names []string) {
	t.Helper()
	filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(folder, path)
			names = append(names, filepath.ToSlash(name))
		}
		return nil
	})
	return names
}

// An image is defective exactly if it has a row in defects.csv, a mask and pixels in the exports.
func TestVerdictsDefectsAndMasksAgree(t *testing.T) {
	b, w := decided(t, func(r *Request) { r.DrawTop = 2 })
	result := finish(t, b, w)
	output := b.folder.Output
	var want, masks []string
	counts := map[string]int{}
	for _, image := range result.Images {
		word := "good"
		if image.ScoreBefore >= 0.8 {
			word = "defective"
			want = append(want, image.Name)
			masks = append(masks, strings.TrimSuffix(image.Name, ".png")+".png")
		} else if image.ScoreBefore >= 0.6 {
			word = "review"
		}
		counts[word]++
	}
	if len(counts) != 3 {
		t.Fatalf("the test needs all verdicts: %v", counts)
	}
	for word, count := range counts {
		got := 0
		for _, cell := range column(t, filepath.Join(output, results.ScoresFile), "verdict") {
			if cell == word {
				got++
			}
		}
		if got != count {
			t.Errorf("%d are %s in scores.csv, want %d", got, word, count)
		}
	}
	defective := slices.Compact(column(t, filepath.Join(output, results.DefectsFile), "image"))
	if !slices.Equal(defective, want) {
		t.Errorf("defects.csv has %v, want %v", defective, want)
	}
	if got := files(t, filepath.Join(output, results.MasksFolder)); !slices.Equal(got, masks) {
		t.Errorf("masks %v, want %v", got, masks)
	}
	if got := files(t, filepath.Join(output, results.OverlaysFolder)); len(got) != 2 {
		t.Errorf("overlays of all but the two most anomalous: %v", got)
	}
	exported := files(t, filepath.Join(output, results.ExportFolder))
	if !slices.Contains(exported, "coco.json") {
		t.Errorf("exported are %v", exported)
	}
}

// What was asked for and is not there is told: without verdicts there are no defects to export.
func TestAnExportWithoutVerdictsIsToldToBeMissing(t *testing.T) {
	b, w := decided(t, func(r *Request) {
		r.Threshold = "labels"
		r.Labels = []verdict.Label{{Name: "of another batch"}, {Name: "too", Defective: true}}
	})
	result := finish(t, b, w)
	if got := files(t, filepath.Join(b.folder.Output, results.ExportFolder)); len(got) != 0 {
		t.Errorf("exported are %v", got)
	}
	if !slices.ContainsFunc(result.Warnings, func(text string) bool {
		return strings.Contains(text, "nothing is exported")
	}) {
		t.Errorf("the warnings are %q", result.Warnings)
	}
}

// heard is an observer that keeps what it is told.
type heard struct {
	engine.Silent
	notes []string
}

func (h *heard) Note(text string) { h.notes = append(h.notes, text) }

// Photos may be gone when all else is drawn: results are whole but for the overview, and that is told.
func TestAnOverviewWithoutPhotosIsToldToBeMissing(t *testing.T) {
	b, w := decided(t, func(r *Request) { r.Overlays = true })
	for _, image := range b.listing.Images {
		if err := os.Remove(image.Path); err != nil {
			t.Fatal(err)
		}
	}
	told := &heard{}
	w.Observer = told
	finish(t, b, w)
	if !slices.ContainsFunc(told.notes, func(text string) bool {
		return strings.HasPrefix(text, "no "+results.OverviewFile)
	}) {
		t.Errorf("the notes are %q", told.notes)
	}
}

func TestThePageHoldsTheBatch(t *testing.T) {
	b, w := decided(t, nil)
	gone := b.listing.Images[20]
	if err := os.Remove(gone.Path); err != nil {
		t.Fatal(err)
	}
	result := finish(t, b, w)
	data, err := page.Read(filepath.Join(b.folder.Output, results.ReportFile))
	if err != nil {
		t.Fatal(err)
	}
	if len(data.Photos) != 24 || data.Images != 24 || data.Befores != nil {
		t.Fatalf("%d photos of %d", len(data.Photos), data.Images)
	}
	explained := 0
	for k, photo := range data.Photos {
		if photo.Rank != k+1 {
			t.Errorf("photo %d has rank %d", k, photo.Rank)
		}
		if (photo.Picture == "") != (photo.Name == gone.Name) ||
			photo.Picture != "" && !strings.HasPrefix(photo.Picture, "data:image/jpeg;base64,") {
			t.Errorf("%s: the picture is %.30q", photo.Name, photo.Picture)
		}
		for _, e := range photo.Evidence {
			explained++
			of := data.Photos[e.Nearest[0].Photo]
			if e.Crop == "" || e.Typical.Picture == "" || e.Nearest[0].Name != of.Name ||
				e.Nearest[0].Picture == "" || e.Stages[0].Stage != 2 {
				t.Errorf("%s: the evidence is %+v", photo.Name, e)
			}
		}
	}
	if explained != 2 {
		t.Errorf("%d patches are explained, want one a subset", explained)
	}
	if !slices.ContainsFunc(result.Warnings, func(s string) bool { return strings.Contains(s, gone.Path) }) {
		t.Errorf("nobody is told of the photo that is gone: %q", result.Warnings)
	}
	if _, err := os.Stat(filepath.Join(b.folder.Output, results.ReportFolder)); !os.IsNotExist(err) {
		t.Errorf("pictures lie beside a page that holds them: %v", err)
	}
}

// The canvas has 2 x 3 patches: of a square crop the left two columns are the content.
func TestResultsOfAPartOfThePhotos(t *testing.T) {
	crop := frame.Rect{X: 20, Y: 5, Width: 40, Height: 40}
	b, w := decided(t, func(r *Request) { r.Frame = frame.Options{Crop: crop, KeepAspect: true} })
	finish(t, b, w)
	output := b.folder.Output
	for _, box := range []struct {
		corner, extent string
		from, to       int
	}{{"x", "width", 20, 60}, {"y", "height", 5, 45}} {
		corners := column(t, filepath.Join(output, results.DefectsFile), box.corner)
		extents := column(t, filepath.Join(output, results.DefectsFile), box.extent)
		if len(corners) == 0 {
			t.Fatal("the test needs defects")
		}
		for k := range corners {
			corner, _ := strconv.Atoi(corners[k])
			extent, _ := strconv.Atoi(extents[k])
			if corner < box.from || extent < 1 || corner+extent > box.to {
				t.Errorf("a defect has %s %d and %s %d", box.corner, corner, box.extent, extent)
			}
		}
	}
	data, err := page.Read(filepath.Join(output, results.ReportFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, photo := range data.Photos {
		if photo.Area == nil || *photo.Area != page.Area(crop) || photo.Rows != 2 || photo.Columns != 2 ||
			len(photo.Scores) != 4 || photo.Width < 100 {
			t.Fatalf("%+v", photo)
		}
		for _, e := range photo.Evidence {
			if e.Patch != 0 {
				t.Errorf("the evidence is about patch %d", e.Patch)
			}
		}
	}
	if len(files(t, filepath.Join(output, results.OverlaysFolder))) != 24 {
		t.Error("there are not all overlays")
	}
}

// Results do not depend on how the pictures were dealt, nor on who drew them.
func TestResultsAreTheSameHoweverTheyAreDrawn(t *testing.T) {
	read := func(output string) map[string]string {
		content := map[string]string{}
		for _, name := range files(t, output) {
			if strings.HasPrefix(name, RunFolder) || name == results.RunFile || name == results.ReportFile {
				continue // they hold times
			}
			text, err := os.ReadFile(filepath.Join(output, name))
			if err != nil {
				t.Fatal(err)
			}
			content[name] = string(text)
		}
		return content
	}
	var paths []string
	one, w := decided(t, func(r *Request) {
		for _, image := range r.Images {
			paths = append(paths, image.Path)
		}
	})
	finish(t, one, w)
	other, w := decided(t, func(r *Request) {
		for i := range r.Images {
			r.Images[i].Path = paths[i]
		}
	})
	other.Plan.Cuts.Draw.Each = 2
	if _, err := w.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Run(t.Context(), PhaseDraw, 0); err != nil {
		t.Fatal(err)
	}
	finish(t, other, w)
	want, got := read(one.folder.Output), read(other.folder.Output)
	if len(want) < 60 || len(want) != len(got) {
		t.Fatalf("%d files and %d", len(want), len(got))
	}
	for name, content := range want {
		if got[name] != content {
			t.Errorf("%s differs", name)
		}
	}
}

package tasks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"musc/engine"
	"musc/engine/dataset"
	"musc/engine/report"
	"musc/engine/results"
)

// list writes a file that a plan reads besides photos.
func list(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRunRecordsWhatItRead: the photos that were scored, references once, and lists, with their bytes'
// checksums; what could not be read is not there.
func TestRunRecordsWhatItRead(t *testing.T) {
	of := func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }
	labels := list(t, "image,label\n")
	var images []dataset.Item
	b, w := decided(t, func(r *Request) {
		r.Arguments, r.Inputs = []string{"score", "--", "photos"}, []string{labels, labels}
		r.References = []dataset.Item{{Path: "good/a.png", Name: "a.png"}, {Path: "good/torn.png", Name: "torn.png"},
			{Path: r.Images[23].Path, Name: "own.png"}}
		images = r.Images
	})
	part, err := b.ReadPart(b.folder, 0, Whole)
	if err != nil {
		t.Fatal(err)
	}
	own, err := engine.Digest(images[23].Path)
	if err != nil {
		t.Fatal(err)
	}
	part.References = []string{of("a"), "", own}
	left := part.Images[0].Index // which is no reference
	without(part, left)
	part.Evidence = nil
	if err := b.folder.WritePart(part); err != nil {
		t.Fatal(err)
	}
	if err := b.nearest(0); err != nil {
		t.Fatal(err)
	}
	finish(t, b, w)
	run, err := report.ReadRun(filepath.Join(b.folder.Output, results.RunFile))
	if err != nil || run.Repeat == nil {
		t.Fatalf("%+v, %v", run, err)
	}
	sums, read, err := results.ReadSums(filepath.Join(b.folder.Output, results.InputsFile))
	if err != nil || read != run.Repeat.Inputs {
		t.Errorf("the list is %v, in the record %v: %v", read, run.Repeat.Inputs, err)
	}
	var want []results.Sum
	add := func(path, digest string) {
		sum := results.Sum{Path: path}
		hex.Decode(sum.SHA256[:], []byte(digest))
		want = append(want, sum)
	}
	for k, image := range images {
		if k != left {
			digest, err := engine.Digest(image.Path)
			if err != nil {
				t.Fatal(err)
			}
			add(image.Path, digest)
		}
	}
	add("good/a.png", of("a"))
	add(labels, of("image,label\n"))
	if !slices.Equal(sums, want) {
		t.Errorf("got %v, want %v", sums, want)
	}
	if run.Repeat.Folder != b.Folder || !slices.Equal(run.Repeat.Arguments, b.Arguments) {
		t.Errorf("%+v", run.Repeat)
	}
	for _, name := range []string{results.ScoresFile, results.DefectsFile} {
		digest, err := engine.Digest(filepath.Join(b.folder.Output, name))
		if err != nil || run.Repeat.Results[name] != digest {
			t.Errorf("%s: %s in the record, %s: %v", name, run.Repeat.Results[name], digest, err)
		}
	}
}

// TestPlanOfNoKnownCommand: what nobody can repeat does not say that somebody can.
func TestPlanOfNoKnownCommand(t *testing.T) {
	b, w := decided(t, nil)
	finish(t, b, w)
	run, err := report.ReadRun(filepath.Join(b.folder.Output, results.RunFile))
	if err != nil || run.Repeat != nil {
		t.Errorf("%+v, %v", run.Repeat, err)
	}
	if _, err := os.Stat(filepath.Join(b.folder.Output, results.InputsFile)); err == nil {
		t.Error("there is a list of inputs")
	}
}

package engine

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/dataset"
	"musc/engine/fault"
)

// copied is an item that is a copy of another, under a path of its own.
func copied(t *testing.T, item dataset.Item) dataset.Item {
	t.Helper()
	text, err := os.ReadFile(item.Path)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "copy.png")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return dataset.Item{Path: path, Name: "copy.png"}
}

func linked(t *testing.T, item dataset.Item) dataset.Item {
	t.Helper()
	whole, err := filepath.Abs(item.Path)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "link.png")
	if err := os.Symlink(whole, path); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	return dataset.Item{Path: path, Name: "link.png"}
}

func before(result *Result) (scores []float64) {
	for _, image := range result.Images {
		scores = append(scores, image.ScoreBefore)
	}
	return scores
}

// By references only, each image is scored by the references other than itself: as if it were scored
// alone with the others as its references.
func TestNoImageIsItsOwnReference(t *testing.T) {
	job := newJob(t)
	job.Scoring.ReferencesOnly, job.Scoring.Windows = true, []int{1}
	photos := job.Images[:5]
	job.Images = photos
	job.References = []dataset.Item{photos[2], copied(t, photos[0]), linked(t, photos[3])}
	got := score(t, job)
	for i, others := range [][]dataset.Item{{photos[2], photos[3]}, {photos[0], photos[2], photos[3]},
		{photos[0], photos[3]}, {photos[0], photos[2]}, {photos[0], photos[2], photos[3]}} {
		job.Images, job.References = photos[i:i+1], others
		if want := score(t, job).Images[0].ScoreBefore; got.Images[i].ScoreBefore != want || !(want > 0) {
			t.Errorf("image %d: %v, want %v", i, got.Images[i].ScoreBefore, want)
		}
	}
	if !slices.ContainsFunc(got.Warnings, func(line string) bool {
		return strings.HasPrefix(line, "3 of 3 reference images are among the images to score")
	}) {
		t.Errorf("warnings %q", got.Warnings)
	}
}

// Where all images score, a reference that is among them counts once, as one of them.
func TestScoredReferencesCountOnce(t *testing.T) {
	job := newJob(t)
	job.Images = job.Images[:6]
	want := before(score(t, job))
	job.References = []dataset.Item{job.Images[4], copied(t, job.Images[1])}
	if got := before(score(t, job)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	all := newJob(t).Images
	job.References = []dataset.Item{all[8]}
	want = before(score(t, job))
	job.References = []dataset.Item{job.Images[4], all[8], copied(t, job.Images[1])}
	if got := before(score(t, job)); !slices.Equal(got, want) {
		t.Errorf("with another reference: got %v, want %v", got, want)
	}
}

// In subsets, a reference counts for the images that it is not scored with.
func TestScoredReferencesOfOtherSubsets(t *testing.T) {
	job := newJob(t)
	job.Images, job.Scoring.Windows = job.Images[:6], []int{1}
	job.Scoring.Subsets = 2
	reference := job.Images[0]
	job.References = []dataset.Item{reference}
	got := score(t, job)
	for subset := range 2 {
		part := job
		part.Images, part.References, part.Scoring.Subsets = nil, job.References, 1
		var want []float64
		with := false
		for i, image := range got.Images {
			if image.Subset == subset {
				part.Images, want = append(part.Images, job.Images[i]), append(want, image.ScoreBefore)
				with = with || i == 0
			}
		}
		if with {
			part.References = nil
		}
		for k, score := range before(score(t, part)) {
			if math.Abs(score-want[k]) > 0 {
				t.Errorf("subset %d, image %d: %v, want %v", subset, k, want[k], score)
			}
		}
	}
}

func TestOnlyReferenceIsTheImageItself(t *testing.T) {
	job := newJob(t)
	job.Scoring.ReferencesOnly = true
	job.Images, job.References = job.Images[:3], job.Images[1:2]
	_, err := Score(t.Context(), job, Silent{})
	if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), job.References[0].Path+
		" cannot be scored by references only") {
		t.Errorf("got %v", err)
	}
}

// Files of one length that begin and end alike may differ between.
func TestPhotosAreKnownByTheirBytes(t *testing.T) {
	folder := t.TempDir()
	item := func(name string, change int) dataset.Item {
		content := make([]byte, 3*glanceBytes)
		if change >= 0 {
			content[change] = 1
		}
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return dataset.Item{Path: path}
	}
	images := []dataset.Item{item("a", -1), item("b", glanceBytes+5), item("same as a", -1),
		{Path: filepath.Join(folder, "absent")}}
	references := []dataset.Item{item("c", glanceBytes+6), item("d", glanceBytes+5), item("e", -1),
		item("f", 0), {Path: filepath.Join(folder, "absent too")}}
	own := ownReferences(images, references, photosOf(images, references))
	want := [][]int{{2}, {1}, {2}, nil}
	if !slices.EqualFunc(own, want, slices.Equal) {
		t.Errorf("got %v, want %v", own, want)
	}
	if numbers := photosOf(images, nil); len(numbers) != 0 {
		t.Errorf("without references: %v", numbers)
	}
}

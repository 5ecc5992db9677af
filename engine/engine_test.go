package engine

import (
	"context"
	"encoding/csv"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"musc/engine/dataset"
	"musc/engine/evaluation/metrics"
	"musc/engine/fault"
	"musc/engine/memory"
	"musc/models/build"
	"musc/models/resolve"
)

const washers = "../testdata/washer"

// newJob is the default job on the rendered washers at 224 pixels, with the default weights. What
// it needs is what `make setup` fetches: without it the tests fail and say so.
func newJob(t *testing.T) Config {
	t.Helper()
	model, library, err := resolve.Request{Options: build.Options{ImageSize: 224}}.
		Backbone(t.Context(), "")
	if err != nil {
		t.Fatalf("%v (make setup)", err)
	}
	items, skipped, err := dataset.Collect([]string{filepath.Join(washers, "labels.csv")},
		dataset.Options{})
	if err != nil || len(skipped) > 0 {
		t.Fatalf("skipped %v, error %v", skipped, err)
	}
	return Config{Images: items, Library: library, Model: model,
		Scoring: Defaults(), SpillInto: t.TempDir()}
}

func score(t *testing.T, job Config) *Result {
	t.Helper()
	result, err := Score(t.Context(), job, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// goldenScores are what a float64 NumPy version of the backbone and of the method gives, on
// pixels that Pillow resized: testdata/README.md.
func goldenScores(t *testing.T) (after, before map[string]float64) {
	t.Helper()
	file, err := os.Open(filepath.Join(washers, "scores_224.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	after, before = make(map[string]float64), make(map[string]float64)
	for _, record := range records[1:] {
		for column, scores := range map[int]map[string]float64{1: after, 2: before} {
			if scores[record[0]], err = strconv.ParseFloat(record[column], 64); err != nil {
				t.Fatal(err)
			}
		}
	}
	return after, before
}

func TestWholeJobAgainstGoldenScores(t *testing.T) {
	job := newJob(t)
	result := score(t, job)
	after, before := goldenScores(t)
	if len(result.Images) != len(after) {
		t.Fatalf("%d images scored, want %d", len(result.Images), len(after))
	}
	labels, scores := make([]bool, len(after)), make([]float64, len(after))
	worst := 0.0
	for i, image := range result.Images {
		worst = max(worst, math.Abs(image.Score-after[image.Name]),
			math.Abs(image.ScoreBefore-before[image.Name]))
		labels[i], scores[i] = image.Label == "1", image.Score
	}
	if !(worst < 1e-3) {
		t.Errorf("scores differ by up to %g", worst)
	}
	auroc, err := metrics.AUROC(labels, scores)
	if err != nil || math.Abs(auroc-0.928229665) > 0.005 {
		t.Errorf("AUROC %v, error %v", auroc, err)
	}
	t.Logf("largest difference %.2g, AUROC %.4f", worst, auroc)
}

func patchScores(result *Result) (all []float64) {
	for _, image := range result.Images {
		all = append(all, image.PatchScores...)
		all = append(all, image.Score, image.ScoreBefore, float64(image.Rank), float64(image.Subset))
	}
	return all
}

func TestMemoryBoundAndThreadsChangeNoByte(t *testing.T) {
	job := newJob(t)
	job.Images = job.Images[:9]
	want := patchScores(score(t, job))
	for name, change := range map[string]func(*Config){
		"again":                   func(*Config) {},
		"least memory":            func(job *Config) { job.Memory = 1 },
		"one byte more than half": func(job *Config) { job.Memory = memory.Resident() + 30<<20 },
	} {
		other := job
		change(&other)
		result := score(t, other)
		if !slices.Equal(patchScores(result), want) {
			t.Errorf("%s: other scores (%s)", name, result.Plan)
		}
		if name == "least memory" && !strings.Contains(result.Plan, "disk") {
			t.Errorf("%s: nothing was spilled: %s", name, result.Plan)
		}
	}
}

func TestSubsetsCoverEveryImageOnce(t *testing.T) {
	job := newJob(t)
	job.Images, job.Scoring.Subsets, job.Scoring.Seed = job.Images[:11], 3, 5
	counts := make(map[int]int)
	for _, image := range score(t, job).Images {
		counts[image.Subset]++
		if len(image.PatchScores) != 256 || !(image.ScoreBefore > 0) {
			t.Errorf("%s: %d patch scores, score %v", image.Name, len(image.PatchScores), image.ScoreBefore)
		}
	}
	if len(counts) != 3 || counts[0]+counts[1]+counts[2] != 11 || counts[0] < 3 {
		t.Errorf("images a subset: %v", counts)
	}
}

func TestReferencesScoreOneImage(t *testing.T) {
	job := newJob(t)
	var good []dataset.Item
	for _, item := range job.Images {
		if item.Label == "0" {
			good = append(good, item)
		}
	}
	job.Images, job.References = good[:1], good[1:4]
	few := score(t, job).Images[0].ScoreBefore
	job.Scoring.ReferencesOnly = true
	only := score(t, job).Images[0].ScoreBefore
	// With one image the interval holds the nearest of 3 references: what MuSc+ takes as well.
	if few != only || !(few > 0) {
		t.Errorf("few-shot %v, references only %v", few, only)
	}
	// All distances count here: an unreadable reference must not count as one more.
	job.Scoring.ReferencesOnly, job.Scoring.Interval.High = false, 1
	want := score(t, job).Images[0].ScoreBefore
	job.References = append([]dataset.Item{{Path: brokenFile(t), Name: "broken"}}, job.References...)
	if again := score(t, job); again.Images[0].ScoreBefore != want || len(again.Skipped) != 1 {
		t.Errorf("an unreadable reference changes %v to %v", want, again.Images[0].ScoreBefore)
	}
}

func brokenFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "broken.png")
	if err := os.WriteFile(path, []byte("\x89PNG\r\n\x1a\nno more"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUnreadableImagesAreListedAndTheRestIsScored(t *testing.T) {
	job := newJob(t)
	job.Images = job.Images[:5]
	want := patchScores(score(t, job))
	broken := brokenFile(t)
	job.Images = slices.Insert(slices.Clone(job.Images), 2, dataset.Item{Path: broken, Name: "broken"})
	result := score(t, job)
	if len(result.Skipped) != 1 || result.Skipped[0].Path != broken {
		t.Errorf("skipped: %v", result.Skipped)
	}
	if !slices.Equal(patchScores(result), want) {
		t.Error("the other images have other scores")
	}
	job.Strict = true
	_, err := Score(t.Context(), job, Silent{})
	if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), broken) {
		t.Errorf("strict: %v", err)
	}
}

func TestTooFewImages(t *testing.T) {
	job := newJob(t)
	broken := dataset.Item{Path: brokenFile(t), Name: "broken"}
	for name, images := range map[string][]dataset.Item{
		"none": nil, "one": job.Images[:1], "one is readable": {job.Images[0], broken},
		"none is readable": {broken, broken},
	} {
		other := job
		other.Images = images
		if _, err := Score(t.Context(), other, Silent{}); fault.KindOf(err) != fault.Input {
			t.Errorf("%s: %v", name, err)
		}
	}
	job.Images = job.Images[:2]
	if result := score(t, job); len(result.Images) != 2 {
		t.Errorf("two images: %d scored", len(result.Images))
	}
}

func TestCancelEndsTheJob(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Score(ctx, newJob(t), Silent{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

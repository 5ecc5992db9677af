package engine

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"musc/engine/fault"
)

// One extraction scored under several settings gives what a job for each of them gives.
func TestBatchIsScoredAsOftenAsAsked(t *testing.T) {
	job := newJob(t)
	job.Images, job.References = job.Images[:8], job.Images[8:11]
	batch, err := Extract(t.Context(), job, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Close()
	if batch.References() != 3 {
		t.Fatalf("%d references", batch.References())
	}
	settings := map[string]struct {
		scoring    func(*Scoring)
		references int
	}{
		"all references": {func(*Scoring) {}, 3},
		"two references": {func(*Scoring) {}, 2},
		"no references":  {func(s *Scoring) { s.Degrees, s.Windows = []int{7}, []int{1} }, 0},
		"subsets":        {func(s *Scoring) { s.Subsets, s.DealByLabel = 2, true }, 0},
	}
	for name, setting := range settings {
		alone := job
		setting.scoring(&alone.Scoring)
		alone.References = job.References[:setting.references]
		want := score(t, alone)
		got, err := batch.Score(t.Context(), alone.Scoring, setting.references)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(got.Images, want.Images) {
			t.Errorf("%s: the batch gives other scores than a job of its own", name)
		}
	}
	other := job.Scoring
	other.Stages = []int{1}
	if _, err := batch.Score(t.Context(), other, 0); fault.KindOf(err) != fault.Usage {
		t.Errorf("other stages: %v", err)
	}
}

func TestAverageOverDegrees(t *testing.T) {
	job := newJob(t)
	job.Images = job.Images[:6]
	batch, err := Extract(t.Context(), job, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Close()
	var parts []*Result
	for _, degree := range job.Scoring.Degrees {
		scoring := job.Scoring
		scoring.Degrees = []int{degree}
		part, err := batch.Score(t.Context(), scoring, 0)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, part)
	}
	got, err := batch.Average(job.Scoring, parts...)
	if err != nil {
		t.Fatal(err)
	}
	want, err := batch.Score(t.Context(), job.Scoring, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, image := range got.Images {
		if math.Abs(image.Score-want.Images[i].Score) > 1e-5 || image.Rank != want.Images[i].Rank {
			t.Errorf("%s: score %v, rank %d; want %v, %d", image.Name, image.Score, image.Rank,
				want.Images[i].Score, want.Images[i].Rank)
		}
	}
}

// Labels decide the dealing only where that is asked for.
func TestSubsetsDealtByLabel(t *testing.T) {
	job := newJob(t)
	job.Images = slices.Clone(job.Images[:10])
	for i := range job.Images {
		job.Images[i].Label = []string{"good", "bad"}[i/8]
	}
	job.Scoring.Subsets, job.Scoring.DealByLabel = 2, true
	var bad []int
	for _, image := range score(t, job).Images {
		if image.Item.Label == "bad" {
			bad = append(bad, image.Subset)
		}
	}
	if !slices.Equal(bad, []int{0, 1}) && !slices.Equal(bad, []int{1, 0}) {
		t.Errorf("the two defective images are in the subsets %v", bad)
	}
}

// A photo that cannot be read leaves a gap in its subset, and every other image where it was. Who is
// left alone in a subset has nothing to be compared with.
func TestAnUnreadableImageMovesNoOther(t *testing.T) {
	job := newJob(t)
	job.Images, job.Scoring.Subsets, job.Scoring.Windows = slices.Clone(job.Images[:9]), 3, []int{1}
	want := score(t, job)
	broken := want.Images[4].Subset
	job.Images[4].Path = brokenFile(t)
	got := score(t, job)
	for i, image := range slices.Delete(slices.Clone(want.Images), 4, 5) {
		other := got.Images[i]
		if other.Name != image.Name || other.Subset != image.Subset {
			t.Errorf("%s of subset %d is %s of %d", image.Name, image.Subset, other.Name, other.Subset)
		}
		if same := other.ScoreBefore == image.ScoreBefore; same != (image.Subset != broken) {
			t.Errorf("%s of subset %d, one of %d was broken: %v and %v", image.Name, image.Subset, broken,
				image.ScoreBefore, other.ScoreBefore)
		}
	}
	for i, image := range want.Images { // now the subset has one readable image left, of three
		if image.Subset == broken && i != 4 {
			job.Images[i].Path = job.Images[4].Path
			break
		}
	}
	got = score(t, job)
	if len(got.Images) != 6 || len(got.Skipped) != 3 || got.Skipped[2].Reason != AloneReason {
		t.Errorf("%d images, left out %v", len(got.Images), got.Skipped)
	}
	job.Strict = true
	if _, err := Score(t.Context(), job, Silent{}); fault.KindOf(err) != fault.Input {
		t.Errorf("strict: %v", err)
	}
}

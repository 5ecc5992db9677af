package tasks

import (
	"context"
	"runtime"
	"slices"
	"testing"
	"time"

	"musc/engine/memory"
)

// bookkeeping plans a job of so many generated photos, writes the parts of its subsets, and asks for
// the status and merges; each step hears how long it took. No photo is there, and RsCIN is off.
func bookkeeping(t testing.TB, count, subsets int, took func(step string, since time.Time)) {
	r := request(t, count, subsets)
	r.Scoring.Windows = []int{1}
	f := Folder{Output: t.TempDir()}

	begun := time.Now()
	plan, listing := makePlan(t, r)
	if err := plan.Write(f, listing); err != nil {
		t.Fatal(err)
	}
	took("plan", begun)

	begun = time.Now()
	for subset, members := range listing.Members(0, subsets) {
		if err := f.WritePart(partOf(plan, subset, members...)); err != nil {
			t.Fatal(err)
		}
	}
	took("generate", begun)

	begun = time.Now()
	plan, err := Read(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	for phase, state := range states(t, plan, f) {
		if phase == PhaseScore && len(state.Missing) > 0 || phase == PhaseDraw && len(state.Done) > 0 {
			t.Fatalf("%+v", state)
		}
	}
	took("status", begun)

	r, listing = Request{}, nil
	runtime.GC()
	begun = time.Now()
	if listing, err = plan.ReadListing(f); err != nil {
		t.Fatal(err)
	}
	merged, err := batch{plan, listing, f}.merge(false)
	if err != nil {
		t.Fatal(err)
	}
	took("merge", begun)
	check(t, merged, count)

	begun = time.Now()
	if merged, err = plan.ReadMerged(context.Background(), f, "draw"); err != nil {
		t.Fatal(err)
	}
	took("read-merged", begun)
	check(t, merged, count)
}

// check tells whether every image is there once, and the ranks follow the scores.
func check(t testing.TB, merged *Merged, count int) {
	if len(merged.Images) != count {
		t.Fatalf("%d of %d images", len(merged.Images), count)
	}
	byRank := make([]float64, count)
	for i, image := range merged.Images {
		if image.Index != i || image.Rank < 1 || image.Rank > count {
			t.Fatalf("image %d is %+v", i, image)
		}
		byRank[count-image.Rank] = image.Score
	}
	if !slices.IsSorted(byRank) {
		t.Error("the ranks do not follow the scores")
	}
}

func TestBookkeepingOfManyPhotos(t *testing.T) {
	bookkeeping(t, 5000, 25, func(string, time.Time) {})
}

// BenchmarkMillion measures the bookkeeping of 1,000,000 photos in 5,000 subsets:
//
//	go test ./engine/tasks -run '^$' -bench Million -benchtime 1x
func BenchmarkMillion(b *testing.B) {
	for b.Loop() {
		bookkeeping(b, 1_000_000, 5000, func(step string, since time.Time) {
			b.ReportMetric(time.Since(since).Seconds(), step+"-s")
		})
	}
	b.ReportMetric(float64(memory.PeakResident())/1e6, "peak-MB")
}

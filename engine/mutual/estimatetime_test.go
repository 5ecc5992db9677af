package mutual

import (
	"context"
	"errors"
	"testing"
	"time"

	"musc/engine/fault"
	"musc/engine/features"
)

// The time that is expected is within a factor of three of what it takes. Others may use the
// processors meanwhile: the closest of some tries counts.
func TestEstimateIsAboutTheTime(t *testing.T) {
	for name, c := range map[string]struct {
		shape features.Shape
		plan  Plan
	}{
		"one tile": {features.Shape{Stages: 2, Images: 24, Height: 16, Width: 16, Channels: 384},
			Plan{}},
		"tiles of two": {features.Shape{Stages: 1, Images: 24, Height: 16, Width: 16,
			Channels: 384}, Plan{TileImages: 2, StripImages: 2}},
		"three views": {features.Shape{Stages: 1, Images: 14, Height: 16, Width: 16, Channels: 384},
			Plan{}},
		"one patch": {features.Shape{Stages: 1, Images: 3000, Height: 1, Width: 1, Channels: 256},
			Plan{}},
	} {
		problem := &Problem{Images: look(t, c.shape, 1), Degrees: paper, Interval: Interval{0, 0.3},
			Plan: c.plan}
		if name == "three views" {
			problem.Views = []*features.Store{look(t, c.shape, 2), look(t, c.shape, 3)}
			problem.Near = 3
		}
		if raceEnabled && c.shape.Images > 100 {
			continue
		}
		ratio := 0.0
		for try := 0; try < 5 && !(1./3 < ratio && ratio < 3); try++ {
			expected, err := Estimate(context.Background(), CPU{}, problem)
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if _, err := (CPU{}).PatchScores(context.Background(), problem); err != nil {
				t.Fatal(err)
			}
			ratio = expected.Seconds() / time.Since(start).Seconds()
			t.Logf("%s: expected %.2f of what it took", name, ratio)
		}
		if !(1./3 < ratio && ratio < 3) {
			t.Errorf("%s: expected %.2f of what it took", name, ratio)
		}
	}
}

// Steps that a Checkpoint holds are not expected to take time.
func TestEstimateOfWhatIsLeft(t *testing.T) {
	problem := *breaks(t)["references"]
	problem.Checkpoint = &Checkpoint{Folder: t.TempDir(), Every: always}
	expected, err := CPU{}.Estimate(context.Background(), &problem)
	if err != nil || expected <= 0 {
		t.Errorf("at first: %v, %v", expected, err)
	}
	if _, err := (CPU{}).PatchScores(context.Background(), &problem); err != nil {
		t.Fatal(err)
	}
	expected, err = CPU{}.Estimate(context.Background(), &problem)
	if err != nil || expected != 0 {
		t.Errorf("in the end: %v, %v", expected, err)
	}
}

func TestErrorsOfEstimates(t *testing.T) {
	problem := *breaks(t)["images"]
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, scorer := range []Scorer{CPU{}, CUDA{}} {
		if _, err := Estimate(ctx, scorer, &problem); !errors.Is(err, context.Canceled) {
			t.Errorf("%T, cancelled: %v", scorer, err)
		}
	}
	expected, err := Estimate(context.Background(), CUDA{}, &problem)
	if expected != 0 || err != nil {
		t.Errorf("unknown on a GPU: %v, %v", expected, err)
	}
	problem.Members = []int{1}
	if _, err := Estimate(context.Background(), CPU{}, &problem); fault.KindOf(err) != fault.Input {
		t.Errorf("one image: %v", err)
	}
}

// Subsets by what they compare, counted one after the other.
func TestPairsOfSubsets(t *testing.T) {
	for n := 1; n <= 20; n++ {
		for subsets := range n + 2 {
			for references := range 3 {
				sizes := make([]int, max(1, min(subsets, n)))
				for image := range n {
					sizes[image%len(sizes)]++
				}
				pairs := 0
				for _, size := range sizes {
					for i := range size {
						pairs += i + references
					}
				}
				if got := (Counts{Images: n, References: references}).pairsOfSubsets(subsets); got != pairs {
					t.Errorf("%d images, %d references, %d subsets: %d pairs, want %d", n,
						references, subsets, got, pairs)
				}
				if got := (Counts{Images: n, References: references,
					ReferencesOnly: true}).pairsOfSubsets(subsets); got != n*references {
					t.Errorf("by %d references only: %d pairs, want %d", references, got,
						n*references)
				}
			}
		}
	}
	for _, c := range []struct {
		n, references, subsets int
		only                   bool
		want                   time.Duration
	}{
		{100, 0, 1, false, 4950}, {100, 0, 10, false, 450}, {101, 0, 10, false, 4950 * 460 / 5050},
		{100, 5, 10, false, 4950 * 950 / 5450}, {100, 5, 10, true, 4950}, {1, 0, 3, false, 4950},
	} {
		got := EstimateSubsets(4950*time.Second, Counts{Images: c.n, References: c.references,
			ReferencesOnly: c.only}, c.subsets)
		if got.Truncate(time.Second) != c.want*time.Second {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// What is prepared under a Plan, counted by preparing it.
func TestImagesThatArePrepared(t *testing.T) {
	for name, base := range breaks(t) {
		for tile := 1; tile <= 4; tile++ {
			problem := *base
			problem.Plan = Plan{TileImages: tile, StripImages: 1}
			b, err := problem.check()
			if err != nil {
				t.Fatal(err)
			}
			n, want := len(b.members), 0
			for i := range n {
				want++
				for other := range n + b.references {
					// A tile's first image stands for the tile.
					later := other/tile > i/tile && !b.ReferencesOnly || other >= n
					if i%tile == 0 && later {
						want++
					}
				}
			}
			if got := b.loads(tile); got != want {
				t.Errorf("%s, tiles of %d: %d, want %d", name, tile, got, want)
			}
		}
	}
}

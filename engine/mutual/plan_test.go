package mutual

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"musc/cgo/cpu"
	"musc/engine/features"
	"musc/engine/memory"
)

// paper is its degrees, vitL is 200 images of a ViT-L/14 at 518 pixels; vitS is 37 of a ViT-S/14 at
// 224.
var (
	paper = []int{1, 3, 5}
	vitL  = features.Shape{Stages: 4, Images: 200, Height: 37, Width: 37, Channels: 1024}
	vitS  = features.Shape{Stages: 4, Images: 37, Height: 16, Width: 16, Channels: 384}
)

func TestPlansForMemory(t *testing.T) {
	before := cpu.Level() // levels differ in the size of a packed image
	defer func() { _ = cpu.Use(before) }()
	if err := cpu.Use("portable"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		available int64
		sizes     Sizes
		want      Plan
	}{
		{"plenty", 64e9, Sizes{Degrees: paper, Shape: vitL, Threads: 8},
			Plan{TileImages: 200}},
		{"tokens on disk", 4e9, Sizes{Degrees: paper, Shape: vitL, Threads: 8},
			Plan{Spill: true, TileImages: 130, StripImages: 11}},
		{"small tiles before a spill", 6e9, Sizes{Degrees: paper, Shape: vitL, Threads: 8},
			Plan{TileImages: 22, StripImages: 11}},
		{"tile", 2e9, Sizes{Degrees: paper, Shape: vitL, Threads: 8},
			Plan{Spill: true, TileImages: 41, StripImages: 11}},
		{"distances on disk too", 4e8, Sizes{Degrees: paper, Shape: vitL, Threads: 2},
			Plan{Spill: true, SpillDistances: true, TileImages: 7, StripImages: 7}},
		{"small batch", 1e9, Sizes{Degrees: paper, Shape: vitS, Threads: 2},
			Plan{TileImages: 37}},
		{"subsets", 2e9, Sizes{Degrees: paper, Shape: vitL, Largest: 67, Threads: 8},
			Plan{Spill: true, TileImages: 67}},
		{"tokens in memory already", 1.2e8, Sizes{Degrees: paper, Shape: vitS,
			Stored: StoredInMemory, Threads: 2},
			Plan{TileImages: 37}},
		{"pairs", 1e9, Sizes{Degrees: paper, Shape: vitS, Threads: 2, Pairs: true},
			Plan{TileImages: 37}},
		{"pairs leave less", 6.1e9, Sizes{Degrees: paper, Shape: vitL, Threads: 8, Pairs: true},
			Plan{TileImages: 17, StripImages: 11}},
		{"tokens on disk already", 64e9, Sizes{Degrees: paper, Shape: vitL,
			Stored: StoredOnDisk, Threads: 2},
			Plan{Spill: true, TileImages: 200}},
		{"too little", 1e6, Sizes{Degrees: paper, Shape: vitS, References: 4, Threads: 2},
			Plan{Spill: true, SpillDistances: true, TileImages: 1, StripImages: 1}},
	} {
		got := NewPlan(c.available, c.sizes)
		t.Logf("%s: %v", c.name, got)
		if got.Spill != c.want.Spill || got.SpillDistances != c.want.SpillDistances ||
			got.TileImages != c.want.TileImages || got.StripImages != c.want.StripImages {
			t.Errorf("%s: got %+v", c.name, got)
		}
	}
}

func TestPlanKeepsToWhatItIsGiven(t *testing.T) {
	for _, sizes := range []Sizes{
		{Shape: vitL, Threads: 16}, {Shape: vitS, Threads: 2}, {Shape: vitS, References: 8, Threads: 3},
		{Shape: vitS, References: 8, ReferencesOnly: true, Threads: 3},
		{Shape: vitL, Largest: 2, Threads: 1},
		{Shape: vitL, Stored: StoredInMemory, Threads: 2},
		{Shape: vitL, Pairs: true, Threads: 2},
		{Shape: features.Shape{Stages: 1, Images: 1, Height: 9, Width: 9, Channels: 8}, References: 1},
		{Shape: features.Shape{Stages: 1, Images: 5000, Height: 1, Width: 1, Channels: 768}, Threads: 4},
	} {
		sizes.Degrees = paper
		least := NewPlan(0, sizes).LeastBytes
		previous := Plan{}
		for available := least / 2; available < 1e11; available += available/7 + 1 {
			plan := NewPlan(available, sizes)
			if plan.Fits() != (available >= least) {
				t.Fatalf("%+v in %d, least %d: %v", sizes, available, least, plan)
			}
			if plan.Fits() && previous.Fits() && plan.DiskBytes > previous.DiskBytes &&
				plan.TileImages <= previous.TileImages {
				t.Fatalf("%+v: more memory, more disk, no larger tile: %v after %v",
					sizes, plan, previous)
			}
			previous = plan
		}
		if previous.Spill || previous.SpillDistances || previous.DiskBytes != 0 {
			t.Errorf("%+v in plenty: %v", sizes, previous)
		}
	}
}

func TestPlansThatAreAsFastAsOthers(t *testing.T) {
	for _, c := range []struct {
		one, other Plan
		want       bool
	}{
		{Plan{TileImages: 37}, Plan{TileImages: 37}, true},
		{Plan{TileImages: wantedTile}, Plan{TileImages: 37}, true},
		{Plan{TileImages: wantedTile - 1}, Plan{TileImages: 37}, false},
		{Plan{TileImages: 5}, Plan{TileImages: 5, Spill: true}, true},
		{Plan{TileImages: 5, Spill: true}, Plan{TileImages: 5}, false},
		{Plan{TileImages: 37, SpillDistances: true}, Plan{TileImages: 5}, false},
		{Plan{TileImages: 5, Spill: true}, Plan{TileImages: 5, Spill: true}, true},
	} {
		if got := c.one.AsFastAs(c.other); got != c.want {
			t.Errorf("%v as fast as %v: %v", c.one, c.other, got)
		}
	}
}

func TestPlanInWords(t *testing.T) {
	for _, c := range []struct {
		available int64
		want      string
	}{
		{1e9, "patch tokens in memory, distances in memory, 37 of 37 images at a time, about "},
		{1e6, "; the memory bound is below the least possible, "},
		{6e7, " of disk"},
	} {
		got := NewPlan(c.available, Sizes{Degrees: paper, Shape: vitS, Threads: 2}).String()
		if !strings.Contains(got, c.want) {
			t.Errorf("%q does not say %q", got, c.want)
		}
		if strings.Contains(got, "\n") {
			t.Errorf("%q is more than a line", got)
		}
	}
}

// The estimate must hold for what the system counts as resident, at its peak: once where the tokens
// are most of it, once where the distances are; what is kept meanwhile for a later run is in it.
// Everything at once has to take more than the smaller bounds, or this would show nothing.
func TestResidentMemoryStaysWithinThePlan(t *testing.T) {
	if runtime.GOOS != "linux" || raceEnabled {
		t.Skip("needs /proc, and memory as it is without the race detector")
	}
	if testing.Short() {
		t.Skip("takes a minute; the estimates themselves are pinned by TestPlansInBytes")
	}
	distances := features.Shape{Stages: 1, Images: 160, Height: 20, Width: 20, Channels: 8}
	for _, sizes := range []Sizes{
		{Shape: features.Shape{Stages: 1, Images: 64, Height: 14, Width: 14, Channels: 512}},
		{Shape: distances},
		{Shape: distances, Pairs: true},
		{Shape: features.Shape{Stages: 1, Images: 96, Height: 14, Width: 14, Channels: 512},
			Largest: 32, Views: 2, ReferenceViews: 2, Near: 2},
	} {
		sizes.Degrees, sizes.References, sizes.Threads = []int{3}, 3, 2
		largest := int64(0)
		for _, available := range []int64{1e9, 8e7, 6e7, 4e7, 0} {
			plan := NewPlan(available, sizes)
			grown := growth(t, func() { scoreNoise(t, sizes, plan) })
			t.Logf("grew by %s: %v", features.FormatBytes(grown), plan)
			if grown > plan.EstimatedBytes {
				t.Errorf("grew by %s under plan %v", features.FormatBytes(grown), plan)
			}
			largest = max(largest, grown)
		}
		if largest < 5e7 {
			t.Errorf("everything in memory took %s", features.FormatBytes(largest))
		}
	}
}

func scoreNoise(t *testing.T, sizes Sizes, plan Plan) {
	plan.Folder = t.TempDir()
	shape := sizes.Shape
	noise := func(images int) *features.Store {
		shape.Images = images
		store := features.NewMemory(shape)
		if plan.Spill {
			var err error
			if store, err = features.NewSpilled(shape, plan.Folder); err != nil {
				t.Fatal(err)
			}
		}
		state := uint32(images)
		for stage := range shape.Stages {
			for image := range images {
				tokens := store.Tokens(stage, image)
				for k := range tokens {
					state = state*1664525 + 1013904223
					tokens[k] = float32(state >> 8)
				}
				store.Release(stage, image)
			}
		}
		return store
	}
	views := 1 + sizes.Views
	images, references := noise(shape.Images), noise(sizes.References*views)
	defer images.Close()
	defer references.Close()
	n, m := sizes.Shape.Images/views, sizes.References
	problem := &Problem{Images: images.Part(0, n), References: references.Part(0, m), Near: sizes.Near,
		Degrees: sizes.Degrees, Interval: Interval{0, 0.3}, Plan: plan,
		Checkpoint: &Checkpoint{Folder: plan.Folder, Every: 20 * time.Millisecond}}
	for view := 1; view < views; view++ {
		problem.Views = append(problem.Views, images.Part(view*n, n))
		problem.ReferenceViews = append(problem.ReferenceViews, references.Part(view*m, m))
	}
	if n := int64(sizes.Shape.Images); sizes.Pairs {
		pairs, err := features.NewArray(n*int64(sizes.Shape.Patches())*n, "")
		if err != nil {
			t.Fatal(err)
		}
		defer pairs.Close()
		problem.Pairs = pairs.Slice(0, pairs.Len())
	}
	if _, err := (CPU{Threads: 2}).PatchScores(context.Background(), problem); err != nil {
		t.Fatal(err)
	}
}

// growth is by how much body raises the peak of resident memory above what was there before.
func growth(t *testing.T, body func()) int64 {
	t.Helper()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Skip("the peak of resident memory cannot be reset here: ", err)
	}
	before := status(t, "VmRSS")
	body()
	return status(t, "VmHWM") - before
}

func status(t *testing.T, name string) int64 {
	t.Helper()
	bytes := memory.Status(name)
	if bytes == 0 {
		t.Skipf("the system does not tell %s", name)
	}
	return bytes
}

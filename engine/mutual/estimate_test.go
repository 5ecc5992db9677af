package mutual

import (
	"testing"

	"musc/engine/features"
)

// The estimate of a plan, term by term: patch tokens, distances, slots, what the threads hold,
// scores, and 24 MiB besides. 12 patches of 5 channels are 240 bytes an image and stage, degrees 1
// and 3 are two windows.
func TestPlansInBytes(t *testing.T) {
	shape := features.Shape{Stages: 2, Images: 7, Height: 3, Width: 4, Channels: 5}
	degrees := []int{1, 3}
	search := searchShape(shape, windowsOf(shape, degrees)[0], 0)
	slot, scratch := int64(4*alignFloats(search.ImageLen())), int64(4*search.ScratchLen())
	const (
		overhead = 24 << 20
		around   = 2 << 16 // of a spilled page
		stack    = 256 << 10
	)
	forty := shape
	forty.Images = 40
	threefold := shape
	threefold.Images = 21
	for name, c := range map[string]struct {
		sizes                 Sizes
		spill, spillDistances bool
		tile                  int
		memory, disk          int64
	}{
		"all in memory": {Sizes{Shape: shape, Largest: 7, References: 2, Threads: 3}, false, false, 4,
			2*9*240 + 4*7*8*2*12 + 7*slot + 3*(stack+scratch+64*8+8*2*12) + 8*12*14 + overhead, 0},
		"no references, one tile": {Sizes{Shape: shape, Largest: 7, Threads: 1}, false, false, 7,
			2*7*240 + 4*7*6*2*12 + 7*slot + (stack + scratch + 64*6 + 8*2*12) + 8*12*14 + overhead, 0},
		"a subset": {Sizes{Shape: shape, Largest: 5, Threads: 1}, false, false, 5,
			2*7*240 + 4*5*4*2*12 + 5*slot + (stack + scratch + 64*4 + 8*2*12) + 8*12*12 + overhead, 0},
		"tokens in memory already": {Sizes{Shape: shape, Largest: 7, Stored: StoredInMemory, Threads: 1},
			false, false, 7,
			4*7*6*2*12 + 7*slot + (stack + scratch + 64*6 + 8*2*12) + 8*12*14 + overhead, 0},
		"references only": {Sizes{Shape: shape, Largest: 7, References: 2, Threads: 3,
			ReferencesOnly: true}, false, false, 4,
			2*9*240 + 4*7*2*2*12 + 7*slot + 3*(stack+scratch+64*2+8*2*12) + 8*12*14 + overhead, 0},
		"two further views": {Sizes{Shape: threefold, Largest: 7, Views: 2, Threads: 1}, false, false, 7,
			2*21*240 + 4*7*6*2*12 + 14*slot + (stack + scratch + 64*6 + 8*2*12) + 8*12*28 + overhead, 0},
		"a reference of four views, two a problem": {Sizes{Shape: shape, Largest: 7, References: 1,
			ReferenceViews: 3, Views: 2, Threads: 3, ReferencesOnly: true}, false, false, 7,
			2*11*240 + 4*7*1*2*12 + 9*slot + 3*(stack+scratch+64*1+8*2*12) + 8*12*14 + overhead, 0},
		"on a GPU": {Sizes{Shape: shape, Largest: 7, References: 2, Threads: 3, OnGPU: true}, false, false,
			4, 2*9*240 + 3*(stack+scratch+8*2*12) + 8*12*14 + overhead, 0},
		"tokens spilled": {Sizes{Shape: shape, Largest: 7, References: 2, Threads: 3}, true, false, 4,
			3*(240+around) + 4*7*8*2*12 + 7*slot + 3*(stack+scratch+64*8+8*2*12) + 8*12*14 + overhead,
			2 * 9 * 240},
		"distances spilled, most by reading": {Sizes{Shape: shape, Largest: 7, References: 2, Threads: 3},
			false, true, 4, 2*9*240 + 3*(4*8*2*12+around) + 7*slot + 3*(stack+scratch+64*8+8*2*12) +
				8*12*14 + overhead, 4 * 7 * 8 * 2 * 12},
		"all spilled, most by writing": {Sizes{Shape: forty, Largest: 40, References: 2, Threads: 1},
			true, true, 20, (240 + around) + (2*4*20*20*2*12 + 2*4096*40) + 40*slot +
				(stack + scratch + 64*41 + 8*2*12) + 8*12*80 + overhead, 2*42*240 + 4*40*41*2*12},
	} {
		c.sizes.Degrees = degrees
		plan := c.sizes.plan(c.spill, c.spillDistances, c.tile)
		if plan.EstimatedBytes != c.memory || plan.DiskBytes != c.disk {
			t.Errorf("%s: %d in memory, %d on disk; want %d and %d", name, plan.EstimatedBytes,
				plan.DiskBytes, c.memory, c.disk)
		}
	}
}

func TestPlansInFullWords(t *testing.T) {
	for want, plan := range map[string]Plan{
		"patch tokens in memory, distances in memory, 5 of 7 images at a time, about 2.0 kB of 2.0 kB": {
			TileImages: 5, images: 7, EstimatedBytes: 2000, AvailableBytes: 2000, LeastBytes: 100},
		"patch tokens on disk, distances in memory, 5 of 7 images at a time, about 2.0 kB of 3.0 kB and" +
			" 1 B of disk": {TileImages: 5, images: 7, EstimatedBytes: 2000, AvailableBytes: 3000,
			Spill: true, DiskBytes: 1},
		"patch tokens in memory, distances on disk, 1 of 7 images at a time, about 2.0 kB of 1.0 kB and" +
			" 9 B of disk; the memory bound is below the least possible, 2.0 kB": {TileImages: 1, images: 7,
			EstimatedBytes: 2000, AvailableBytes: 1000, LeastBytes: 2000, SpillDistances: true, DiskBytes: 9},
	} {
		if got := plan.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

package mutual

import (
	"fmt"

	"musc/engine/features"
)

// Plan says what is kept in memory, what is spilled to a file, and how many images are compared at
// once. The scores are the same bytes under every plan. The zero Plan keeps everything in memory.
type Plan struct {
	Spill          bool   // raw patch tokens in a file; the caller makes the Store
	SpillDistances bool   // distances of one stage and degree in a file
	Folder         string // for the distances file; empty: os.TempDir()

	TileImages  int // aggregated images kept while all others pass by; 0: all
	StripImages int // images that pass by at once; 0: chosen

	EstimatedBytes int64 // resident memory beyond what the process had before
	AvailableBytes int64 // what the plan was made for
	LeastBytes     int64 // EstimatedBytes of the smallest plan
	DiskBytes      int64 // size of the spilled files
	images         int   // scored at once, for String
}

// Sizes is what a Plan is made for.
type Sizes struct {
	Shape          features.Shape // of all images
	References     int            // M
	ReferenceViews int            // further views of each of them; those of the images count in Shape
	Views          int            // further views by which each image and reference scores in one Problem
	Near           int            // Problem.Near
	Largest        int            // images of the largest subset; 0: all
	Stored         Stored         // where the raw patch tokens are already
	ReferencesOnly bool
	Degrees        []int // at least one
	Threads        int   // as for CPU
	OnGPU          bool  // distances and aggregated tokens are in a GPU's memory
	Pairs          bool  // Problem.Pairs is wanted, which stays in memory
}

// Stored says where the raw patch tokens are when a plan is made.
type Stored int

const (
	NotStored      Stored = iota // nowhere yet: the plan decides
	StoredInMemory               // in memory, and among what the process holds
	StoredOnDisk                 // spilled
)

// NewPlan chooses the fastest plan that fits available bytes: the memory bound less what the
// process holds already. Where none fits it is the smallest, and Fits is false.
//
// An image is aggregated again each time it passes by a tile, so time is lost by small tiles first.
// Spilling the raw tokens costs one read of them a tile, spilling the distances one write: both are
// little beside the products, and cheaper than a tile below wantedTile.
func NewPlan(available int64, sizes Sizes) Plan {
	if sizes.Largest < 1 || sizes.Largest > sizes.Shape.Images {
		sizes.Largest = sizes.Shape.Images
	}
	sizes.Threads = threadsOf(sizes.Threads)
	var smallest, best Plan
	for _, disk := range sizes.places() {
		for _, tile := range []int{1, sizes.Largest} { // a batch of two needs no strip as one tile
			plan := sizes.plan(disk.tokens, disk.distances, tile)
			if smallest.TileImages == 0 || plan.EstimatedBytes < smallest.EstimatedBytes {
				smallest = plan
			}
		}
		tile := sizes.largestTile(available, disk.tokens, disk.distances)
		if tile > best.TileImages && best.TileImages < min(wantedTile, sizes.Largest) {
			best = sizes.plan(disk.tokens, disk.distances, tile)
		}
	}
	if best.TileImages == 0 {
		best = smallest
	}
	best.AvailableBytes = available
	best.LeastBytes = smallest.EstimatedBytes
	return best
}

type places struct{ tokens, distances bool } // on disk?

// places lists what can be on disk, from the fastest to the smallest.
func (z Sizes) places() []places {
	switch z.Stored {
	case StoredInMemory:
		return []places{{false, false}, {false, true}}
	case StoredOnDisk:
		return []places{{true, false}, {true, true}}
	}
	return []places{{false, false}, {true, false}, {false, true}, {true, true}}
}

// wantedTile is where a larger tile stops to pay: aggregating an image takes about as long as
// comparing it with one other, and a tile of 16 shares it among 16.
const wantedTile = 16

// largestTile is the most images a tile can have within the available bytes, 0 if none.
func (z Sizes) largestTile(available int64, spill, spillDistances bool) int {
	if z.plan(spill, spillDistances, z.Largest).EstimatedBytes <= available {
		return z.Largest
	}
	fits, above := 0, z.Largest // a tile grows with its number of images below all of them
	for above-fits > 1 {
		tile := fits + (above-fits)/2
		if z.plan(spill, spillDistances, tile).EstimatedBytes <= available {
			fits = tile
		} else {
			above = tile
		}
	}
	return fits
}

const (
	bytesOfFloat = 4
	pageBytes    = 4096
	// aroundBytes is what a read of a spilled page may bring with it on either side.
	aroundBytes = 1 << 16
	// overheadBytes is for row buffers and garbage not yet collected, stackBytes for a thread.
	overheadBytes = 24 << 20
	stackBytes    = 256 << 10
)

// plan estimates a plan: what is resident at the moment of its largest need.
func (z Sizes) plan(spill, spillDistances bool, tile int) Plan {
	var (
		n        = int64(z.Largest)
		m        = int64(z.References)
		patches  = int64(z.Shape.Patches())
		channels = int64(z.Shape.Channels)
		threads  = int64(z.Threads)
		scorers  = n - 1 + m
		strip    = stripFor(tile, z.Largest, z.passing(tile), z.Threads, z.Shape.Patches())
		image    = bytesOfFloat * patches * channels
	)
	if z.ReferencesOnly {
		scorers = m
	}
	if z.OnGPU {
		tile, strip, scorers = 0, 0, 0
	}
	var windows, slot, search int64 // of the largest group
	for _, group := range windowsOf(z.Shape, z.Degrees) {
		shape := searchShape(z.Shape, group, z.Near)
		windows = max(windows, int64(len(group)))
		slot = max(slot, bytesOfFloat*int64(alignFloats(shape.ImageLen())))
		search = max(search, bytesOfFloat*int64(shape.ScratchLen()))
	}
	references := z.Shape
	references.Images = z.References * (1 + z.ReferenceViews)
	tokens := z.Shape.Bytes() + references.Bytes()
	distances := bytesOfFloat * n * scorers * windows * patches
	plan := Plan{Spill: spill, SpillDistances: spillDistances, TileImages: tile,
		StripImages: strip, images: z.Largest}

	if spill {
		plan.DiskBytes += tokens
		tokens = threads * (image + 2*aroundBytes)
	} else if z.Stored == StoredInMemory {
		tokens = 0
	}
	if spillDistances {
		plan.DiskBytes += distances
		t, s := int64(tile), int64(max(strip, 1))
		writing := 2*bytesOfFloat*t*s*windows*patches + 2*pageBytes*(t+s)
		reading := threads * (bytesOfFloat*scorers*windows*patches + 2*aroundBytes)
		distances = max(writing, reading)
	}
	slots := int64(tile+strip) * slot
	if patches == 1 {
		slots += bytesOfFloat * int64(packedPatches(tile, z.Shape.Channels))
		search += bytesOfFloat * highPatches * widePatches
	}
	scratch := threads * (stackBytes + search + bytesOfFloat*blockPatches*scorers +
		8*windows*patches)
	scores := 8 * patches * (n + int64(z.Shape.Images))
	plan.EstimatedBytes = tokens + distances + slots + scratch + scores + overheadBytes
	if z.Pairs {
		plan.EstimatedBytes += PairsBytes(z.Largest, z.Shape.Patches())
	}
	return plan
}

// passing is how many images, references or further views pass by a tile of so many images, at most.
func (z Sizes) passing(tile int) int {
	further := z.References
	if !z.ReferencesOnly {
		further += z.Largest
	}
	return max(z.Largest-tile, z.References, further*z.Views)
}

// stripFor is how many images pass by a tile of n images at once: enough for every thread to load one
// and for distances to be written in runs of 64 KB, but no more than the tile has; or than there are
// threads, if all images are in it, which may be a single one. It is 0 if none passes by.
func stripFor(tile, n, passing, threads, patches int) int {
	most := tile
	if tile == n {
		most = max(tile, threads)
	}
	return min(most, max(threads, 16384/patches), passing)
}

// alignFloats rounds up to a cache line.
func alignFloats(n int) int { return (n + 15) / 16 * 16 }

// Fits tells whether the plan is within the bytes it was made for.
func (p Plan) Fits() bool { return p.EstimatedBytes <= p.AvailableBytes }

// PairsBytes is about what Problem.Pairs takes for so many images, and looking for groups in it.
func PairsBytes(images, patches int) int64 {
	const ofGroups = 3 // values a pair
	return bytesOfFloat * int64(images) * int64(images) * int64(patches+ofGroups)
}

// AsFastAs tells whether the plan loses no time that matters against another one for the same images:
// it spills no more, and its tiles are as large or as large as pays.
func (p Plan) AsFastAs(other Plan) bool {
	return (!p.Spill || other.Spill) && (!p.SpillDistances || other.SpillDistances) &&
		p.TileImages >= min(wantedTile, other.TileImages)
}

// String is the plan in one line, for people.
func (p Plan) String() string {
	place := func(spilled bool) string {
		if spilled {
			return "on disk"
		}
		return "in memory"
	}
	text := fmt.Sprintf("patch tokens %s, distances %s, %d of %d images at a time, about %s of %s",
		place(p.Spill), place(p.SpillDistances), p.TileImages, p.images,
		features.FormatBytes(p.EstimatedBytes), features.FormatBytes(p.AvailableBytes))
	if p.DiskBytes > 0 {
		text += fmt.Sprintf(" and %s of disk", features.FormatBytes(p.DiskBytes))
	}
	if !p.Fits() {
		text += fmt.Sprintf("; the memory bound is below the least possible, %s",
			features.FormatBytes(p.LeastBytes))
	}
	return text
}

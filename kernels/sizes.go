//go:build cuda && linux

package kernels

// Sizes are those of a Scoring. Features of several degrees lie side by side: each degree has its
// own slots, and everything that is found for them.
type Sizes struct {
	Height, Width, Channels int  // of an image's patch tokens
	Degrees                 int  // that are scored together
	Slots                   int  // images whose features are on the device at once
	Rows                    int  // images that are scored at once
	Scorers                 int  // images that score them, themselves among these
	Images                  int  // images with scores
	Cache                   int  // of the device's second level, in bytes; see addBlock
	Packed                  int  // pairs at once whose keys go to another device; see Parcel
	Box                     bool // for kernel Box

	// Near is how many lines and columns a patch's nearest may be away on the grid, of up to NearGrid
	// lines and columns; 0: as many as there are.
	Near int
}

const (
	bytesOfHalf   = 2
	bytesOfFloat  = 4
	bytesOfDouble = 8
	bytesOfKey    = 8
	bytesOfEnds   = 16

	channelStep   = 32 // features have a multiple of so many channels, the rest are 0
	stagingImages = 4  // raw images on their way at once
	sumParts      = 32 // blocks that add up an image's tokens
)

// patches is P.
func (z Sizes) patches() int { return z.Height * z.Width }

// padded is the number of channels of the features.
func (z Sizes) padded() int { return (z.Channels + channelStep - 1) / channelStep * channelStep }

// tokenBytes is the size of one image's raw tokens.
func (z Sizes) tokenBytes() int64 {
	return bytesOfFloat * int64(z.patches()) * int64(z.Channels)
}

// featureBytes is the size of the features of all slots and one degree; the residuals have the
// same.
func (z Sizes) featureBytes() int64 {
	return bytesOfHalf * int64(z.Slots) * int64(z.patches()) * int64(z.padded())
}

// The sizes of what belongs to one degree.
func (z Sizes) normBytes() int64 { return bytesOfFloat * int64(z.Slots) * int64(z.patches()) }
func (z Sizes) keyBytes() int64 {
	return z.packedBytes(z.Rows*z.Scorers + packHalves*z.Packed)
}
func (z Sizes) endBytes() int64    { return bytesOfEnds * int64(z.Rows) * int64(z.patches()) }
func (z Sizes) totalBytes() int64  { return bytesOfDouble * int64(z.Rows) * int64(z.patches()) }
func (z Sizes) centreBytes() int64 { return bytesOfFloat * int64(z.Channels) }

// DeviceBytes is how much of the device's memory a Scoring takes.
func (z Sizes) DeviceBytes() int64 {
	total := int64(0)
	for _, bytes := range z.arrayBytes() {
		unit := int64(smallUnit)
		if bytes >= largeArray {
			unit = largeUnit
		}
		total += (bytes + unit - 1) / unit * unit
	}
	return total
}

// The driver rounds large allocations up to its pages; small ones share them.
const (
	smallUnit  = 512
	largeArray = 1 << 20
	largeUnit  = 2 << 20
)

// arrayBytes lists the sizes of a Scoring's arrays, in the order of Scoring.arrays.
func (z Sizes) arrayBytes() []int64 {
	degrees := int64(z.Degrees)
	sizes := []int64{
		degrees * z.featureBytes(),
		degrees * z.featureBytes(),
		degrees * z.normBytes(),
		degrees * z.keyBytes(),
		degrees * z.endBytes(),
		degrees * z.totalBytes(),
		bytesOfDouble * int64(z.Images) * int64(z.patches()),
		degrees * z.centreBytes(),
		z.centreBytes(),
		int64(z.SearchPairs()) * bytesOfPair,
		z.partialBytes(),
	}
	for range stagingImages {
		sizes = append(sizes, z.tokenBytes(), sumParts*bytesOfDouble)
	}
	if z.Box {
		sizes = append(sizes, z.boxBytes()...)
	}
	if z.Near > 0 {
		sizes = append(sizes, z.nearBytes())
	}
	return sizes
}

const (
	searchTiles = 1 << 18 // that one Search has at most
	searchPairs = 1 << 15 // as well
	bytesOfPair = 24
	bytesOfTile = 4

	packHalves  = 2       // one is searched for while the other is sent
	packedTiles = 1 << 13 // of the pairs of a parcel: many for each multiprocessor
	parcels     = 4       // on their way from one device at once

	searchBlocks = 2 // on a multiprocessor at once
)

// tiles is how many tiles of a pair of images kernel search takes.
func (z Sizes) tiles() int {
	if z.Near > 0 {
		return len(nearTiles(z.Height, z.Width, searchTile, z.Near))
	}
	return z.allTiles()
}

// allTiles is how many tiles a pair of images has.
func (z Sizes) allTiles() int {
	across := ceil(z.patches(), searchTile)
	return across * across
}

// nearBytes is enough for the lists of tiles that any kernel takes where patches must be near each
// other.
func (z Sizes) nearBytes() int64 {
	lists := z.allTiles()
	if z.Box {
		lists += z.allTiles() + z.boxTasks()
	}
	return bytesOfTile * int64(lists)
}

// SearchPairs is how many pairs Search takes at most.
func (z Sizes) SearchPairs() int { return min(max(1, searchTiles/z.tiles()), searchPairs) }

// searchRounds is how often each block of a Search should get a tile: at its end the blocks wait
// for each other, half a tile on average.
const searchRounds = 32

// enoughPairs is how many pairs a Search needs for that, on so many multiprocessors.
func (z Sizes) enoughPairs(multiprocessors int) int {
	return min(ceil(searchRounds*searchBlocks*multiprocessors, z.tiles()), z.SearchPairs())
}

// PackedPairs is how many pairs a parcel should have.
func (z Sizes) PackedPairs() int { return min(ceil(packedTiles, z.tiles()), z.SearchPairs()) }

// packedBytes is the size of the keys of one direction of so many pairs, of one degree.
func (z Sizes) packedBytes(pairs int) int64 {
	return bytesOfKey * int64(pairs) * int64(z.patches())
}

// parcelBytes is the pinned host memory of a parcel.
func (z Sizes) parcelBytes() int64 { return int64(z.Degrees) * z.packedBytes(z.Packed) }

const (
	addChannels = 256 // that add_distances has in registers at once
	addScorers  = 32  // that it has partial sums of
)

// addBlock is how many scorers, and how many of their channels, one call of add_distances takes, so
// that these stay in the cache. Each half of an H100's cache serves its own multiprocessors, with a
// copy of what belongs to the other half: three eighths are for the scorers. Where not even four
// fit, nothing is gained: all come at once.
func (z Sizes) addBlock() (scorers, channels int) {
	budget := z.Cache / 8 * 3
	of := func(channels int) int { return 2 * bytesOfHalf * z.patches() * channels }
	scorers = min(budget/of(min(addChannels, z.padded())), addScorers)
	if scorers < 4 {
		return max(1, z.Scorers), z.padded()
	}
	channels = max(1, budget/of(scorers*addChannels)) * addChannels
	return scorers, min(channels, z.padded())
}

// partialBytes is the size of the partial sums of a call of add_distances, of one degree.
func (z Sizes) partialBytes() int64 {
	scorers, channels := z.addBlock()
	if channels == z.padded() {
		return bytesOfFloat // none
	}
	return bytesOfFloat * int64(z.Rows) * int64(z.patches()) * int64(scorers)
}

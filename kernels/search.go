//go:build cuda && linux

package kernels

import (
	"unsafe"

	"gorgonia.org/cu"

	"musc/cgo/cuda"
)

const (
	searchStages = 3
	searchShared = searchStages * 2 * searchTile * channelStep * bytesOfHalf

	hopperChannels = 64 // of a buffer of search_hopper
	hopperStages   = 4
	hopperThreads  = 384
	hopperReaders  = 2 // warpgroups that multiply
	hopperWarps    = 4 // of each
	bytesOfBarrier = 8
)

// sharedBytes is what Shared of search_hopper.cu takes: buffers, the half norms of a tile's columns
// for each reader, what is nearest to them for each warp, and barriers.
func (t hopperTile) sharedBytes() int {
	return hopperStages*(searchTile+t.columns)*hopperChannels*bytesOfHalf +
		hopperReaders*(1+hopperWarps)*t.columns*bytesOfFloat + (2*hopperStages+1)*bytesOfBarrier
}

// sharedBytesNear is what its kernels take where patches must be near each other: the places of a
// tile's columns for each reader besides.
func (t hopperTile) sharedBytesNear() int {
	return t.sharedBytes() + hopperReaders*t.columns*bytesOfTile
}

// allowSharedMemory lets the device's kernels have as much as they take.
func (d *Device) allowSharedMemory() (err error) {
	allow := func(name string, bytes int) {
		if err == nil {
			err = cuda.AllowSharedMemory(d.functions[name], bytes)
		}
	}
	if d.kernel == SearchHopper {
		for _, tile := range hopperTiles {
			allow(tile.kernel, tile.sharedBytes())
			allow(tile.kernel+"_near", tile.sharedBytesNear())
		}
		return err
	}
	for _, bound := range []string{"", "_near"} {
		allow("search"+bound, searchShared)
		if d.kernel == Box {
			allow("box_product"+bound, searchShared)
			allow("box_search"+bound, boxShared)
		}
	}
	return err
}

// Pair is one pair of images to search: their slots, and which row's and scorer's keys take what
// is nearest to each patch of Rows among those of Columns, and the other way around; a row below 0
// says that this direction is not wanted.
type Pair struct {
	Rows, Columns                 int
	RowOfRows, ScorerOfRows       int
	RowOfColumns, ScorerOfColumns int
}

// devicePair is Pair of search.cu.
type devicePair struct {
	rows, columns       int32
	rowKeys, columnKeys int64
}

const _ = uint(bytesOfPair - unsafe.Sizeof(devicePair{}))

// EnoughPairs is how many pairs keep the device busy in one Search: less wait for each other.
func (s *Scoring) EnoughPairs() int { return s.enoughPairs(s.device.Multiprocessors) }

// Clear forgets what earlier searches found.
func (s *Scoring) Clear() error {
	return s.device.context.Do(func() error {
		err := cuda.Explain("clearing device memory", cu.MemsetD8Async(s.keys, 0,
			int64(s.Degrees)*s.keyBytes(), s.device.computing))
		if err != nil || s.Packed == 0 {
			return err
		}
		return s.follow(s.exchange.receiving, s.device.computing, s.exchange.cleared)
	})
}

// Search compares up to SearchPairs pairs of images, in all degrees (Eq. 1). It waits for the last
// search but one: the caller is never far ahead of the device.
func (s *Scoring) Search(pairs []Pair) error {
	list := &s.lists[s.nextList]
	s.nextList = (s.nextList + 1) % len(s.lists)
	return s.device.context.Do(func() error {
		if err := list.searched.Synchronize(); err != nil {
			return cuda.Explain("searching on the device", err)
		}
		s.writePairs(list.pinned, pairs)
		if err := cu.MemcpyHtoDAsync(s.pairs, unsafe.Pointer(&list.pinned[0]),
			int64(len(pairs))*bytesOfPair, s.device.computing); err != nil {
			return cuda.Explain("copying pairs to the device", err)
		}
		if err := s.during(Searching, s.device.computing, func() error {
			if s.Box {
				return s.searchBox(len(pairs))
			}
			for degree := range s.radii {
				if err := s.search(degree, len(pairs)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		return cuda.Explain("searching on the device", list.searched.Record(s.device.computing))
	})
}

// search launches the kernel that the device was opened with; Search, where that is Box.
func (s *Scoring) search(degree, pairs int) error {
	keys := at(s.keys, degree, s.keyBytes(), 0, 0)
	halfNorms := at(s.halfNorms, degree, s.normBytes(), 0, 0)
	if s.device.kernel != SearchHopper {
		blocks := min(pairs*s.tiles(), s.device.Multiprocessors*searchBlocks)
		name, arguments := s.bounded("search", s.near.searched, []any{keys,
			at(s.features, degree, s.featureBytes(), 0, 0), halfNorms, s.pairs, pairs, s.patches(),
			s.padded()}, s.Width, s.Near)
		return s.device.launch(name, grid{blocks, 1}, threads, searchShared, arguments...)
	}
	return s.searchHopper(keys, halfNorms, &s.maps[degree], int32(pairs))
}

// searchHopper launches search_hopper.cu.
func (s *Scoring) searchHopper(keys, halfNorms cu.DevicePtr, of *featureMaps, pairs int32) error {
	patches, channels := int32(s.patches()), int32(s.padded())
	width, radius, count := int32(s.Width), int32(s.Near), int32(s.near.searched.count)
	arguments := []cuda.Argument{cuda.Value(&keys), cuda.Value(&of.rows), cuda.Value(&of.columns),
		cuda.Value(&halfNorms), cuda.Value(&s.pairs), cuda.Value(&pairs), cuda.Value(&patches),
		cuda.Value(&channels)}
	name, tiles, shared := s.tile.kernel, s.tile.tiles(s.patches()), s.tile.sharedBytes()
	if s.Near > 0 {
		name, tiles, shared = name+"_near", s.near.searched.count, s.tile.sharedBytesNear()
		arguments = append(arguments, cuda.Value(&s.near.searched.at), cuda.Value(&count),
			cuda.Value(&width), cuda.Value(&radius))
	}
	blocks := min(int(pairs)*tiles, s.device.Multiprocessors)
	return cuda.Launch(s.device.functions[name], cuda.LaunchConfig{
		Grid:  [3]uint32{uint32(blocks), 1, 1},
		Block: [3]uint32{hopperThreads, 1, 1}, SharedMemory: shared, Stream: s.device.computing,
	}, arguments...)
}

// featureMaps describe one degree's features to the tensor memory accelerator, for the rows and for
// the columns of a tile.
type featureMaps struct{ rows, columns cuda.TensorMap }

// makeMaps describes the features of all degrees.
func (s *Scoring) makeMaps() error {
	if s.device.kernel != SearchHopper {
		return nil
	}
	s.maps = make([]featureMaps, s.Degrees)
	for degree := range s.maps {
		of := &s.maps[degree]
		for _, box := range []struct {
			of      *cuda.TensorMap
			patches int
		}{{&of.rows, searchTile}, {&of.columns, s.tile.columns}} {
			var err error
			*box.of, err = cuda.EncodeTensorMap(cuda.Array{
				Address: at(s.features, degree, s.featureBytes(), 0, 0), Type: cuda.Float16,
				Shape:   []uint64{uint64(s.padded()), uint64(s.Slots * s.patches())},
				Strides: []uint64{uint64(s.padded() * bytesOfHalf)},
				Box:     []uint32{hopperChannels, uint32(box.patches)}, Swizzle: cuda.Swizzle128,
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// writePairs writes pairs as the device has them.
func (s *Scoring) writePairs(pinned []byte, pairs []Pair) {
	list := unsafe.Slice((*devicePair)(unsafe.Pointer(&pinned[0])), len(pairs))
	keysAt := func(row, scorer int) int64 {
		if row < 0 {
			return -1
		}
		return (int64(row)*int64(s.Scorers) + int64(scorer)) * int64(s.patches())
	}
	for k, p := range pairs {
		list[k] = devicePair{int32(p.Rows), int32(p.Columns), keysAt(p.RowOfRows, p.ScorerOfRows),
			keysAt(p.RowOfColumns, p.ScorerOfColumns)}
	}
}

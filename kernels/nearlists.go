//go:build cuda && linux

package kernels

import (
	"fmt"
	"unsafe"

	"gorgonia.org/cu"

	"musc/cgo/cuda"
)

// near is what the kernels take where patches must be near each other; without a bound there are no
// lists.
type near struct {
	memory   cu.DevicePtr
	searched list // tiles of the search
	products list // tiles of box_product: those that box_search reads
	tasks    list // of box_search
}

// list is numbers of 32 bits on the device.
type list struct {
	at    cu.DevicePtr
	count int
}

// listNear chooses search_hopper's tile and brings the lists to the device.
func (s *Scoring) listNear() error {
	columns := searchTile
	s.tile = hopperTileFor(s.patches())
	if s.Near == 0 {
		return nil
	}
	if s.Near < 0 || max(s.Height, s.Width, s.Near) > NearGrid {
		return fmt.Errorf("patches within %d of each other are looked for on a grid of %d x %d: both"+
			" may be %d at most", s.Near, s.Height, s.Width, NearGrid)
	}
	if s.device.kernel == SearchHopper {
		s.tile = hopperTileNear(s.Height, s.Width, s.Near)
		columns = s.tile.columns
	}
	var numbers []uint32
	add := func(of *list, some []uint32) {
		*of = list{at(s.near.memory, 0, 0, len(numbers), bytesOfTile), len(some)}
		numbers = append(numbers, some...)
	}
	add(&s.near.searched, nearTiles(s.Height, s.Width, columns, s.Near))
	if s.Box {
		// The windows of two patches have patches that are farther apart than these, each by a radius.
		add(&s.near.products, nearTiles(s.Height, s.Width, searchTile, s.Near+2*boxReach))
		add(&s.near.tasks, s.nearBoxTasks())
	}
	if err := cu.MemcpyHtoDAsync(s.near.memory, unsafe.Pointer(&numbers[0]),
		bytesOfTile*int64(len(numbers)), s.device.computing); err != nil {
		return cuda.Explain("copying lists of tiles to the device", err)
	}
	return cuda.Explain("copying lists of tiles to the device", s.device.computing.Synchronize())
}

// bounded is the name and the arguments of the kernel that does the same within the bound, if there
// is one.
func (s *Scoring) bounded(name string, of list, arguments []any, more ...any) (string, []any) {
	if s.Near == 0 {
		return name, arguments
	}
	return name + "_near", append(append(arguments, of.at, of.count), more...)
}

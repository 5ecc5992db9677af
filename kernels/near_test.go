//go:build cuda && linux

package kernels

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"gorgonia.org/cu"

	"musc/cgo/cuda/fake"
)

// nearGrids are grids of one patch, of one line or column, with lines longer than a tile and with many
// of them in one, and the paper's.
var nearGrids = [][2]int{{1, 1}, {1, 700}, {700, 1}, {3, 129}, {5, 260}, {131, 5}, {19, 21}, {37, 37}}

// isNear says whether two patches of a grid of that width count for each other.
func isNear(p, q, width, reach int) bool {
	apart := func(a, b int) bool { return a-b > reach || b-a > reach }
	return !apart(p/width, q/width) && !apart(p%width, q%width)
}

// The tiles that are listed are just those with two patches that count for each other, in the order
// of all tiles.
func TestNearTiles(t *testing.T) {
	for _, grid := range nearGrids {
		height, width := grid[0], grid[1]
		patches := height * width
		for _, columns := range []int{searchTile, 232, 256} {
			for _, reach := range []int{1, 2, 3, 8, 40, 1000} {
				var want []uint32
				for row := 0; row < patches; row += searchTile {
					for column := 0; column < patches; column += columns {
						if anyCounts(row, min(row+searchTile, patches), column,
							min(column+columns, patches), width, reach) {
							want = append(want, uint32(row/searchTile)<<16|uint32(column/columns))
						}
					}
				}
				if got := nearTiles(height, width, columns, reach); !slices.Equal(got, want) {
					t.Errorf("%dx%d, %d columns, within %d: %d tiles, want %d", height, width, columns,
						reach, len(got), len(want))
				}
			}
		}
	}
}

func anyCounts(p, end, q, last, width, reach int) bool {
	for ; p < end; p++ {
		for other := q; other < last; other++ {
			if isNear(p, other, width, reach) {
				return true
			}
		}
	}
	return false
}

// The tasks of box_search that are listed are just those with columns of one image near the tile of the
// other.
func TestNearBoxTasks(t *testing.T) {
	for _, grid := range nearGrids {
		for _, reach := range []int{1, 2, 3, 8, 1000} {
			z := Sizes{Height: grid[0], Width: grid[1], Near: reach}
			across := ceil(z.Width, boxTile)
			var want []uint32
			for part := range z.boxTasks() {
				x := part / (across * ceil(z.Height, boxTile)) * boxAcross
				left := part % across * boxTile
				if anyCounts(x, min(x+boxAcross, z.Width), left, min(left+boxTile, z.Width), z.Width,
					reach) {
					want = append(want, uint32(part))
				}
			}
			if got := z.nearBoxTasks(); !slices.Equal(got, want) {
				t.Errorf("%dx%d within %d: %d tasks, want %d", z.Height, z.Width, reach, len(got),
					len(want))
			}
		}
	}
}

// Of Hopper's tiles that is taken with which the fewest products are.
func TestTheTileOfTheFewestNearProductsIsChosen(t *testing.T) {
	for _, grid := range nearGrids {
		for _, reach := range []int{1, 2, 4, 8} {
			taken := func(columns int) int {
				return columns * len(nearTiles(grid[0], grid[1], columns, reach))
			}
			chosen := hopperTileNear(grid[0], grid[1], reach)
			for _, tile := range hopperTiles {
				if taken(tile.columns) < taken(chosen.columns) {
					t.Errorf("%v within %d: %s takes fewer products than %s", grid, reach, tile.kernel,
						chosen.kernel)
				}
			}
		}
	}
}

// The tables of README.md and of the page about GPUs are what is counted.
func TestTablesOfNearTiles(t *testing.T) {
	readme, err1 := os.ReadFile("README.md")
	page, err2 := os.ReadFile("../docs/gpu-computed.md")
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	for _, near := range []int{2, 4, 8} {
		row := fmt.Sprintf("| %d |", near)
		short := row
		for _, kernel := range []Kernel{Search, SearchHopper, Box} {
			taken, all := NearTiles(kernel, 37, 37, near)
			skipped := 100 * (1 - float64(taken)/float64(all))
			row += fmt.Sprintf(" %d of %d, %.0f %% skipped |", taken, all, skipped)
			short += fmt.Sprintf(" %.0f %% |", skipped)
		}
		z := Sizes{Height: 37, Width: 37, Near: near}
		row += fmt.Sprintf(" %d of %d |", len(z.nearBoxTasks()), z.boxTasks())
		if !strings.Contains(string(readme), row) {
			t.Errorf("README.md has no row %s", row)
		}
		if !strings.Contains(string(page), short) {
			t.Errorf("docs/gpu-computed.md has no row %s", short)
		}
	}
}

// The device has the lists of the tiles that its kernels take, and no more than these are launched.
func TestListsOfNearTiles(t *testing.T) {
	fake.Only(t)
	for _, kernel := range []Kernel{Search, Box} {
		d := bare(t)
		d.kernel = kernel
		s, err := d.NewScoring(Sizes{Height: 19, Width: 21, Channels: 3, Degrees: 1, Slots: 1, Rows: 1,
			Scorers: 1, Images: 1, Near: 2})
		if err != nil {
			t.Fatal(err)
		}
		want := map[list][]uint32{s.near.searched: nearTiles(19, 21, searchTile, 2)}
		if kernel == Box {
			want[s.near.products] = nearTiles(19, 21, searchTile, 6)
			want[s.near.tasks] = s.nearBoxTasks()
		}
		if s.tiles() != len(want[s.near.searched]) || s.tiles() >= s.allTiles() {
			t.Errorf("%s: %d of %d tiles", kernel, s.tiles(), s.allTiles())
		}
		for of, tiles := range want {
			got := make([]uint32, of.count)
			if err := d.context.Do(func() error {
				return cu.MemcpyDtoH(unsafe.Pointer(&got[0]), of.at, bytesOfTile*int64(of.count))
			}); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tiles) {
				t.Errorf("%s: a list of %d tiles, want %d", kernel, len(got), len(tiles))
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := bare(t).NewScoring(Sizes{Height: 1, Width: NearGrid + 1, Channels: 1, Degrees: 1,
		Slots: 1, Rows: 1, Scorers: 1, Images: 1, Near: 1}); err == nil {
		t.Error("a grid that is too long is taken")
	}
}

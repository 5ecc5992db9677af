//go:build linux

package kernels

import (
	"testing"

	"musc/cgo/cuda/fake"
)

// boxCases are those of emulator/box.cpp: grids of one patch, of one row or column, smaller than a
// window, and around the tiles of 16 x 16 and of 8; blank patches, which have no direction; patches that
// must be near, of more than the five lines that a thread keeps.
var boxCases = []string{"1x1 32", "1x7 33", "3x3 64", "5x4 96", "2x2 5", "20x3 32", "3x21 32",
	"13x11 32", "5x4 32 blank", "9x6 40 blank", "1x1 5 near 1", "1x20 33 near 1", "33x6 32 near 1",
	"9x6 40 blank 2", "5x4 32 near 7"}

// The box filter finds what a plain definition finds, in any order of the threads, with the
// emulator's watch and the sanitizers.
func TestBoxKernels(t *testing.T) {
	fake.Only(t)
	watched, sanitized := buildBoth(t, "emulator/box.cpp")
	for _, name := range boxCases {
		for _, order := range []string{"forward", "reverse", "1"} {
			expect(t, watched, name, order, "")
			expect(t, sanitized, name, order, "")
		}
	}
	expect(t, sanitized, "17x19 40", "2", "") // two tiles each way
	expect(t, sanitized, "17x19 40 near 2", "2", "")
	expect(t, watched, "33x11 32 near 3", "2", "")
	expect(t, watched, "17x40 32 near 1", "2", "")
}

var boxPlants = []plant{
	{"no barrier between sums and search", "box_search.cu",
		"__syncthreads(); // the sums are there, and nobody reads those that come next", "",
		"13x11 32", "race: |nobody wrote"},
	{"no barrier between tasks", "box_search.cu",
		"__syncthreads(); // the next task may overwrite what is read", "", "13x11 32", "race: "},
	{"padding that is summed", "box_search.cu", "u >= 0 && u < of.width)", "u >= 0)", "5x4 96",
		"similarity|nobody wrote"},
	{"a row beyond the grid", "box_search.cu", "< (unsigned)column.rows ?",
		"<= (unsigned)column.rows ?",
		"5x4 96", "similarity|nobody wrote|out of bounds"},
	{"a window off by one", "box_search.cu", "sums[1] = values[2] + middle",
		"sums[1] = values[1] + middle", "5x4 96", "similarity"},
	{"the wrong row of the ring", "box_search.cu", "First = (Slot + 3)", "First = (Slot + 4)",
		"5x4 96", "similarity"},
	{"a column that is no patch", "box_search.cu", "v < of.height && u < of.width;", "true;",
		"13x11 32", "similarity|nearest|nobody wrote|out of bounds"},
	{"windows that reach too far for near patches", "box_search.cu",
		"int reach = of.radius + 2 * Reach", "int reach = of.radius + Reach",
		"33x6 32 near 1", "similarity"},
	{"products that nobody took", "box_search.cu",
		"int reach = of.radius + 2 * Reach", "int reach = of.width + of.height", "17x40 32 near 1",
		"nobody wrote"},
	{"no rows before the first", "box_search.cu", "if (of.from > 0) {", "if (false) {",
		"33x6 32 near 1", "similarity"},
	{"a first row that is not the ring's", "box_search.cu", "/ Window * Window", "", "33x6 32 near 1",
		"similarity"},
	{"columns however far apart", "box_search.cu", "place - first - k <= radius) bits",
		"true) bits", "1x20 33 near 1", "similarity|nearest"},
	{"a search of radius 0 however far", "box_product.cu", "tiles.drop(sums, row, column);", "",
		"13x11 32 near 1", "radius 0: "},
	{"a norm without the centre", "box_prepare.cu", "sum += count * (Scale * centre[c]);",
		"sum += 0 * count * centre[c];",
		"5x4 96", "similarity"},
	{"an offset of the wrong square", "box_prepare.cu", "of_centre / 2", "of_centre", "5x4 96",
		"similarity"},
	{"zeros that have a direction", "box_prepare.cu", "length > 0 && squares > 0", "squares > 0",
		"5x4 32 blank", "similarity"},
}

func TestPlantedFaultsInTheBoxFilterAreFound(t *testing.T) {
	fake.Only(t)
	// Without optimisation gcc tells the watch of half a structure that a function returns.
	findPlants(t, "-O1", "emulator/box.cpp", boxPlants)
}

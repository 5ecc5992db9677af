package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// masks of patches that take part, by name.
var masks = []struct {
	name   string
	active func(random *rand.Rand, shape Shape, p int) bool
}{
	{"all", func(*rand.Rand, Shape, int) bool { return true }},
	{"none", func(*rand.Rand, Shape, int) bool { return false }},
	{"one", func(_ *rand.Rand, shape Shape, p int) bool { return p == shape.Patches()*2/3 }},
	{"all but one", func(_ *rand.Rand, shape Shape, p int) bool { return p != shape.Patches()/2 }},
	{"random", func(random *rand.Rand, _ Shape, _ int) bool { return random.IntN(2) > 0 }},
	{"few", func(random *rand.Rand, _ Shape, _ int) bool { return random.IntN(8) == 0 }},
	{"rows", func(_ *rand.Rand, shape Shape, p int) bool { return p/shape.Width%3 == 1 }},
	{"top", func(_ *rand.Rand, shape Shape, p int) bool { return p/shape.Width < shape.Height/2 }},
	{"right", func(_ *rand.Rand, shape Shape, p int) bool { return p%shape.Width > shape.Width/2 }},
	{"disc", func(_ *rand.Rand, shape Shape, p int) bool {
		y, x := 2*(p/shape.Width)-shape.Height, 2*(p%shape.Width)-shape.Width
		return 3*(y*y+x*x) < shape.Height*shape.Height+shape.Width*shape.Width
	}},
}

// maskOf is the k-th mask [P].
func maskOf(random *rand.Rand, shape Shape, k int) []bool {
	mask := make([]bool, shape.Patches())
	for p := range mask {
		mask[p] = masks[k].active(random, shape, p)
	}
	return mask
}

// Every mask against every other, with and without a bound. Of a pair of shapes one has more
// patches than a panel holds, and rows that begin anywhere in a vector.
func TestActivePatchesWithinABoundAreTheDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 1))
	for _, shape := range []Shape{grid(5, 7, 33, 0, 1, 2), grid(8, 13, 40, 0, 2)} {
		for _, shape.Near = range []int{0, 1, 3} {
			a, b := lookAlikes(uint64(shape.Near), shape)
			for i := range masks {
				for j := range masks {
					name := fmt.Sprintf("%s, %s, near %d", masks[i].name, masks[j].name, shape.Near)
					checkActive(t, name, shape, a, b, maskOf(random, shape, i),
						maskOf(random, shape, j), tolerance, tolerance)
				}
			}
		}
	}
}

// Grids of one patch, of one row and of one column, and around vectors, tiles, panels and blocks,
// with windows and bounds up to beyond the grid.
func TestLimitedShapesAreTheDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 2))
	for _, size := range [][2]int{
		{1, 1}, {1, 2}, {2, 1}, {3, 3}, {1, 47}, {48, 1}, {49, 1}, {7, 7}, {2, 25}, {5, 19}, {16, 6},
		{12, 8}, {9, 16}, {3, 40}, {17, 17}, {21, 11},
	} {
		for k, radii := range [][]int{{0}, {0, 1, 2}, {1, 3}, {0, 40}} {
			for _, near := range []int{0, 1, 2, 3, 7, 60} {
				shape := grid(size[0], size[1], []int{5, 33, 64}[(near+k)%3], radii...)
				shape.Near = near
				a, b := lookAlikes(uint64(near), shape)
				check(t, fmt.Sprint("near ", near), shape, a, b, tolerance, tolerance)
				i, j := random.IntN(len(masks)), random.IntN(len(masks))
				name := fmt.Sprintf("%s, %s, near %d", masks[i].name, masks[j].name, near)
				checkActive(t, name, shape, a, b, maskOf(random, shape, i),
					maskOf(random, shape, j), tolerance, tolerance)
			}
		}
	}
}

// A token of length zero has no direction, and is compared only where it counts. Of each image a
// half is constant, the other half cancels out: the zeros are the first half.
func TestZeroTokensCountWhereTheyMay(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 3))
	for _, radii := range [][]int{{0}, {0, 1}} {
		shape := grid(6, 20, 40, radii...)
		a, b := make([]float32, 120*40), make([]float32, 120*40)
		for k := 60 * 40; k < len(a); k += 2 {
			a[k], b[k] = float32(random.IntN(9)), float32(random.IntN(9))
			a[k+1], b[k+1] = -a[k], -b[k]
		}
		for _, shape.Near = range []int{0, 1, 2, 5} {
			for k := range masks {
				checkActive(t, masks[k].name, shape, a, b, maskOf(random, shape, k),
					maskOf(random, shape, (k+3)%len(masks)), 1e-5, 1e-5)
			}
		}
	}
}

// A mask of all patches and a bound as large as the grid are none: the same bytes.
func TestNoLimitAtAllIsNone(t *testing.T) {
	for _, shape := range []Shape{grid(1, 1, 40, 0), grid(6, 9, 40, 0, 1), grid(9, 16, 64, 0, 1, 2)} {
		a, b := lookAlikes(3, shape)
		all := slices.Repeat([]bool{true}, shape.Patches())
		eachLevel(t, func() {
			want, wantColumns := compare(shape, a, b)
			bounded := shape
			bounded.Near = max(shape.Height, shape.Width)
			rows, columns := compareActive(bounded, a, b, all, nil)
			if !slices.Equal(rows, want) || !slices.Equal(columns, wantColumns) {
				t.Errorf("%v, %s: other distances than without a mask and bound", shape, Level())
			}
		})
	}
}

// What takes no part may hold anything, in either image, and is no patch's nearest.
func TestInactiveTokensAreNotRead(t *testing.T) {
	shape := grid(7, 9, 40, 0, 1)
	a, b := lookAlikes(3, shape)
	mask := maskOf(rand.New(rand.NewPCG(7, 4)), shape, 4)
	eachLevel(t, func() {
		centre, search := centreOf(shape, a, b), NewSearch(shape)
		zeros, rubbish := make([]float32, shape.ImageLen()), make([]float32, shape.ImageLen())
		search.Prepare(rubbish, poison(shape, a, mask), mask, centre)
		for k := range a {
			if !mask[k/shape.Channels] {
				a[k] = 0
			}
		}
		search.Prepare(zeros, a, mask, centre)
		for k := range zeros {
			if math.Float32bits(zeros[k]) != math.Float32bits(rubbish[k]) {
				t.Fatalf("%s: value %d: %g and %g", Level(), k, zeros[k], rubbish[k])
			}
		}
	})
}

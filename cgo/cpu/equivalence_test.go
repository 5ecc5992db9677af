package cpu

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// Sizes around the tiles of all levels (2, 6, 8 rows; 16, 48 columns), and primes.
var (
	patchSizes   = []int{1, 2, 3, 5, 7, 8, 11, 47, 48, 49, 97}
	channelSizes = []int{1, 2, 3, 16, 17, 33, 384}
)

// A product of two unit vectors in float32 is this close to the float64 one.
const nearTie = 1e-6

func TestMutualNearestIsTheDefinition(t *testing.T) {
	for _, channels := range channelSizes {
		for _, patchesA := range patchSizes {
			for _, patchesB := range patchSizes {
				compareWithDefinition(t, patchesA, patchesB, channels)
			}
		}
	}
	compareWithDefinition(t, 250, 49, 33)  // two row blocks of four panels, the second not full
	compareWithDefinition(t, 97, 49, 3000) // row blocks of one panel
}

// compareWithDefinition runs one shape at each level, and the definition once.
func compareWithDefinition(t *testing.T, patchesA, patchesB, channels int) {
	a := randomFeatures(uint64(patchesA), patchesA, channels)
	b := randomFeatures(uint64(1000+patchesB), patchesB, channels)
	wantRow, wantCol := make([]int32, patchesA), make([]int32, patchesB)
	products := defineMutualNearest(wantRow, wantCol, a, b, patchesA, patchesB, channels)
	product := func(p, q int32) float64 { return products[int(p)*patchesB+int(q)] }
	t.Run(fmt.Sprintf("%dx%dx%d", patchesA, patchesB, channels), func(t *testing.T) {
		eachLevel(t, func(t *testing.T) {
			row, col := nearest(a, b, channels)
			for p, q := range row {
				if lost := product(int32(p), wantRow[p]) - product(int32(p), q); lost > nearTie {
					t.Errorf("row %d: nearest %d, want %d (%g more)", p, q, wantRow[p], lost)
				}
			}
			for q, p := range col {
				if lost := product(wantCol[q], int32(q)) - product(p, int32(q)); lost > nearTie {
					t.Errorf("column %d: nearest %d, want %d (%g more)", q, p, wantCol[q], lost)
				}
			}
		})
	})
}

// Products that are small integers are exact: the indexes must agree, and there are many ties.
func TestTiesGoToTheLowestIndex(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, patches := range patchSizes {
			const channels = 3
			a, b := make([]float32, patches*channels), make([]float32, patches*channels)
			for i := range a {
				a[i], b[i] = float32(i*i%5)-2, float32(i*7%3)-1
			}
			wantRow, wantCol := make([]int32, patches), make([]int32, patches)
			defineMutualNearest(wantRow, wantCol, a, b, patches, patches, channels)
			row, col := nearest(a, b, channels)
			if !slices.Equal(row, wantRow) || !slices.Equal(col, wantCol) {
				t.Errorf("%d patches: %v %v, want %v %v", patches, row, col, wantRow, wantCol)
			}
		}
	})
}

func TestPaddingNeverWinsOverNegativeProducts(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, patches := range patchSizes {
			a, b := make([]float32, patches), make([]float32, patches)
			for p := range patches {
				a[p], b[p] = float32(patches-p), -float32(patches-p)
			}
			row, col := nearest(a, b, 1) // the greatest product is that with the last patch, -1
			for p := range patches {
				if last := int32(patches - 1); row[p] != last || col[p] != last {
					t.Fatalf("%d patches: %v %v, want %d everywhere", patches, row, col, last)
				}
			}
		}
	})
}

func TestNaNNeverWins(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	tests := []struct {
		name     string
		a, b     []float32 // one channel
		row, col []int32
	}{
		{"in a", []float32{nan, 1, 2}, []float32{1, -1}, []int32{0, 0, 0}, []int32{2, 1}},
		{"in b", []float32{1, -1}, []float32{nan, 3, -1}, []int32{1, 2}, []int32{0, 0, 1}},
		{"all NaN", []float32{nan, nan}, []float32{nan, nan}, []int32{0, 0}, []int32{0, 0}},
		{"minus infinity", []float32{1}, []float32{-inf, -inf}, []int32{0}, []int32{0, 0}},
		{"infinity wins", []float32{1, 2}, []float32{3, inf}, []int32{1, 1}, []int32{1, 0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			eachLevel(t, func(t *testing.T) {
				row, col := nearest(test.a, test.b, 1)
				if !slices.Equal(row, test.row) || !slices.Equal(col, test.col) {
					t.Errorf("got %v %v, want %v %v", row, col, test.row, test.col)
				}
			})
		})
	}
}

func TestDistancesAreTheDefinition(t *testing.T) {
	for _, channels := range append([]int{63, 64, 511, 512, 513, 1024, 4099}, channelSizes...) {
		const patches = 5
		a, b := randomFeatures(1, patches, channels), randomFeatures(2, 7, channels)
		for c := range channels { // patch 4 of a and patch 6 of b nearly coincide
			b[6*channels+c] = a[4*channels+c] * (1 + 1e-5)
		}
		copy(b[2*channels:3*channels], a[:channels])
		nearest := []int32{2, 0, 5, 5, 6} // the first at distance zero
		want := make([]float64, patches)
		defineDistances(want, a, b, nearest, channels)
		t.Run(fmt.Sprint(channels), func(t *testing.T) {
			eachLevel(t, func(t *testing.T) {
				got := make([]float32, patches)
				Distances(got, a, b, nearest, channels)
				for p := range got {
					if e := math.Abs(float64(got[p]) - want[p]); !(e <= 1e-6*want[p]) {
						t.Errorf("patch %d: distance %g, want %g", p, got[p], want[p])
					}
				}
			})
		})
	}
}

// Equal squares round the same way at every addition, which float32 alone would not survive.
func TestLongSumsKeepTheirDigits(t *testing.T) {
	const channels = 1 << 20
	a, b := make([]float32, channels), make([]float32, channels)
	for c := range a {
		a[c] = 1. / 3
	}
	want, got := make([]float64, 1), make([]float32, 1)
	defineDistances(want, a, b, []int32{0}, channels)
	eachLevel(t, func(t *testing.T) {
		Distances(got, a, b, []int32{0}, channels)
		if e := math.Abs(float64(got[0]) - want[0]); !(e <= 1e-6*want[0]) {
			t.Errorf("distance %g, want %g", got[0], want[0])
		}
	})
}

func TestPackedLayout(t *testing.T) {
	for _, patches := range patchSizes {
		const channels = 17
		features := randomFeatures(3, patches, channels)
		got := make([]float32, PackedLen(patches, channels))
		for i := range got {
			got[i] = 9 // what Pack finds there must not matter
		}
		Pack(got, features, patches, channels)
		for i, x := range got {
			p, c := i/(48*channels)*48+i%48, i/48%channels
			want := float32(0)
			if p < patches {
				want = features[p*channels+c]
			}
			if x != want {
				t.Fatalf("%d patches: element %d is %g, want %g", patches, i, x, want)
			}
		}
	}
}

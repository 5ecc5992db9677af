package cpu

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// roundingDecides returns features whose products with each other are all equal in the reals but
// not in float32: every patch holds the same values in another order, or the one value 1/3. The
// index that wins then tells the last bits of all products.
func roundingDecides(patches, channels int) (constant, shuffled []float32) {
	random := rand.New(rand.NewPCG(7, 7))
	values := randomFeatures(8, 1, channels)
	constant, shuffled = make([]float32, patches*channels), make([]float32, 0, patches*channels)
	for i := range constant {
		constant[i] = 1. / 3
	}
	for range patches {
		random.Shuffle(channels, func(i, j int) { values[i], values[j] = values[j], values[i] })
		shuffled = append(shuffled, values...)
	}
	return constant, shuffled
}

// Product (p,q) of (a,b) and product (q,p) of (b,a) are the same bits: the answers swap.
func TestExchangingTheImagesExchangesTheAnswers(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, patches := range []int{49, 97, 137} {
			a, b := roundingDecides(patches, 33)
			for _, image := range [][]float32{a, b} {
				row, col := nearest(image, b, 33)
				exchangedRow, exchangedCol := nearest(b, image, 33)
				if !slices.Equal(row, exchangedCol) || !slices.Equal(col, exchangedRow) {
					t.Errorf("%d patches: (a,b) and (b,a) disagree", patches)
				}
			}
		}
	})
}

// A patch's products do not depend on the tile it falls into. The constant image sees the shuffled
// one's products at all of its rows alike, in full tiles and narrow ones.
func TestProductsDoNotDependOnTheirPlace(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, patches := range []int{49, 65, 81, 97} {
			a, b := roundingDecides(patches, 33)
			row, _ := nearest(a, b, 33)
			for p, q := range row {
				if q != row[0] {
					t.Errorf("%d patches: row %d has its maximum at %d, not %d", patches, p, q, row[0])
				}
			}
			// The winner, moved through all places of b, meets the same products.
			winner := slices.Clone(b[int(row[0])*33 : int(row[0]+1)*33])
			for q := range int32(patches) {
				moved := slices.Clone(b)
				copy(moved[row[0]*33:], b[q*33:(q+1)*33])
				copy(moved[q*33:], winner)
				if got, _ := nearest(a, moved, 33); !sameProduct(a, moved, got[0], q, 33) {
					t.Errorf("%d patches: the winner moved to %d lost to %d", patches, q, got[0])
				}
			}
		}
	})
}

// sameProduct reports whether patches x and y of b tie in their products with a's first patch: the
// lower one wins where they are alone in an image of two, whichever comes first.
func sameProduct(a, b []float32, x, y int32, channels int) bool {
	if x == y {
		return true
	}
	patch := func(q int32) []float32 { return b[int(q)*channels : int(q+1)*channels] }
	xy, _ := nearest(a[:channels], slices.Concat(patch(x), patch(y)), channels)
	yx, _ := nearest(a[:channels], slices.Concat(patch(y), patch(x)), channels)
	return xy[0] == 0 && yx[0] == 0
}

func TestConcurrentCallsGiveTheSameBytes(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		const patches, channels = 97, 384
		a, b := randomFeatures(1, patches, channels), randomFeatures(2, patches, channels)
		wantRow, wantCol := nearest(a, b, channels)
		wantDistance := make([]float32, patches)
		Distances(wantDistance, a, b, wantRow, channels)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				row, col := nearest(a, b, channels)
				distance := make([]float32, patches)
				Distances(distance, a, b, row, channels)
				if !slices.Equal(row, wantRow) || !slices.Equal(col, wantCol) ||
					!slices.Equal(distance, wantDistance) {
					t.Error("another answer than before")
				}
			})
		}
		group.Wait()
	})
}

package cpu

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// The distance of a pair of patches is the same bits from either side, so exchanging the images
// exchanges the answers.
func TestExchangingTheImagesExchangesTheAnswers(t *testing.T) {
	shape := grid(11, 13, 96, 0, 1, 2)
	a, b := lookAlikes(2, shape)
	random := rand.New(rand.NewPCG(8, 1))
	disc, many := maskOf(random, shape, 9), maskOf(random, shape, 4)
	for _, mask := range [][2][]bool{{nil, nil}, {nil, many}, {disc, many}} {
		for _, shape.Near = range []int{0, 1, 4} {
			eachLevel(t, func() {
				rows, columns := compareActive(shape, a, b, mask[0], mask[1])
				exchangedRows, exchangedColumns := compareActive(shape, b, a, mask[1], mask[0])
				if !slices.Equal(rows, exchangedColumns) || !slices.Equal(columns, exchangedRows) {
					t.Errorf("%s, near %d: (a,b) and (b,a) disagree", Level(), shape.Near)
				}
			})
		}
	}
}

// A Search carries nothing from one pair to the next, and columns may be left out.
func TestASearchKeepsNothing(t *testing.T) {
	shape := grid(9, 9, 64, 0, 1)
	a, b := lookAlikes(4, shape)
	eachLevel(t, func() {
		want, wantColumns := compare(shape, a, b)
		search, images := NewSearch(shape), [2][]float32{}
		for k := range search.scratch {
			search.scratch[k] = 1e30
		}
		for k, tokens := range [][]float32{a, b} {
			images[k] = make([]float32, shape.ImageLen())
			for i := range images[k] {
				images[k][i] = -1e30
			}
			search.Prepare(images[k], tokens, nil, centreOf(shape, a, b))
		}
		rows, columns := make([]float32, len(want)), make([]float32, len(want))
		for range 2 {
			search.Distances(columns, rows, images[1], images[0])
			search.Distances(rows, nil, images[0], images[1])
			search.Distances(rows, columns, images[0], images[1])
			if !slices.Equal(rows, want) || !slices.Equal(columns, wantColumns) {
				t.Errorf("%s: another answer than a fresh Search", Level())
			}
		}
	})
}

func TestConcurrentSearchesGiveTheSameBytes(t *testing.T) {
	shape := grid(10, 10, 384, 0, 1, 2)
	a, b := lookAlikes(6, shape)
	eachLevel(t, func() {
		want, wantColumns := compare(shape, a, b)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				rows, columns := compare(shape, a, b)
				if !slices.Equal(rows, want) || !slices.Equal(columns, wantColumns) {
					t.Errorf("%s: another answer than before", Level())
				}
			})
		}
		group.Wait()
	})
}

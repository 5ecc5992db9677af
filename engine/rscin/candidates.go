package rscin

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"

	"musc/cgo/cpu"
)

// gemmBlock is how many products gonum's Gemm sums up before it adds them to an entry of W, and up
// to how many images it does not do so.
const gemmBlock = 64

// worker is what one thread needs to find candidates.
type worker struct {
	d, k               int
	run                int         // products that are summed up by themselves
	relative, absolute float64     // error of a float32 product against Gemm's, see margin
	products           []float32   // [stripeRows,columns]
	candidates         []int32     // columns
	least              []Neighbour // [k] what the candidates' similarities are at least
	row, column        []float64   // [D]
	exact              int64
}

func newWorker(n, d, k, columns int) *worker {
	w := &worker{d: d, k: k, run: gemmBlock, products: make([]float32, stripeRows*columns),
		candidates: make([]int32, columns), least: make([]Neighbour, 0, k),
		row: make([]float64, d), column: make([]float64, d)}
	if n <= gemmBlock {
		w.run = d
	}
	w.relative, w.absolute = cpu.InnerProductError(d)
	w.relative = 1.001 * (w.relative + float64(d)*0x1p-52)
	return w
}

// margin bounds how far a float32 product is from the similarity that Gemm computes, for tokens of
// these norms: the errors of both are relative to sum_c |a(c) b(c)| <= |a| |b|. A thousandth more
// makes up for the rounding of the norms and of all that is done with a margin. It is infinite
// where float32 may overflow.
func (w *worker) margin(a, b float64) float64 {
	if a*b > 0x1p126 {
		return math.Inf(1)
	}
	return w.relative*(a*b) + w.absolute
}

// update brings best, the largest entries of a row so far, with room for k, up to date with a block
// of columns. products [columns] are the row's in float32.
func (w *worker) update(best []Neighbour, row []float32, norm float64, products []float32,
	columns *block) {
	bar := math.Inf(-1) // what a similarity must reach to be among the k largest
	if len(best) == w.k {
		bar = best[w.k-1].Similarity
	}
	limit := roundDown(bar - w.margin(norm, columns.longest))
	candidates := w.candidates[:cpu.NotBelow(w.candidates, products, limit)]
	if len(candidates) == 0 {
		return
	}
	if len(candidates) > w.k {
		bar = max(bar, w.reached(candidates, norm, products, columns))
	}
	widened := false
	for _, j := range candidates {
		if float64(products[j])+w.margin(norm, columns.norms[j]) < bar {
			continue
		}
		if !widened {
			widen(w.row, row)
			widened = true
		}
		similarity := w.similarity(columns.tokens[int(j)*w.d:][:w.d])
		best = insert(best, Neighbour{int32(columns.first) + j, similarity})
		if len(best) == w.k {
			bar = max(bar, best[w.k-1].Similarity)
		}
	}
}

// reached is what k of the candidates reach for sure.
func (w *worker) reached(candidates []int32, norm float64, products []float32,
	columns *block) float64 {
	w.least = w.least[:0]
	for _, j := range candidates {
		least := math.Inf(-1)
		if margin := w.margin(norm, columns.norms[j]); !math.IsInf(margin, 1) {
			least = float64(products[j]) - margin
		}
		w.least = insert(w.least, Neighbour{j, least})
	}
	return w.least[w.k-1].Similarity
}

// similarity is the inner product of w.row and a column as Gemm computes it: with more than
// gemmBlock images it adds up products of gemmBlock entries each.
func (w *worker) similarity(column []float32) float64 {
	w.exact++
	widen(w.column, column)
	sum := 0.0
	for c := 0; c < w.d; c += w.run {
		n := min(w.run, w.d-c)
		sum += blas64.Dot(blas64.Vector{N: n, Data: w.row[c:], Inc: 1},
			blas64.Vector{N: n, Data: w.column[c:], Inc: 1})
	}
	return sum
}

func widen(dst []float64, src []float32) {
	dst = dst[:len(src)]
	for c, x := range src {
		dst[c] = float64(x)
	}
}

// insert puts a neighbour in its place in best, which is in descending order; it goes after equal
// ones, and of more than cap(best) neighbours the last falls out.
func insert(best []Neighbour, neighbour Neighbour) []Neighbour {
	full := len(best) == cap(best)
	if full && neighbour.Similarity <= best[len(best)-1].Similarity {
		return best
	}
	at, _ := slices.BinarySearchFunc(best, neighbour.Similarity,
		func(known Neighbour, similarity float64) int {
			if known.Similarity >= similarity {
				return -1
			}
			return 1
		})
	if full {
		best = best[:len(best)-1]
	}
	return slices.Insert(best, at, neighbour)
}

// roundDown is a float32 that is at most x, even where x itself has been rounded.
func roundDown(x float64) float32 {
	x = math.Nextafter(x, math.Inf(-1))
	rounded := float32(x)
	if float64(rounded) > x {
		rounded = math.Nextafter32(rounded, float32(math.Inf(-1)))
	}
	return rounded
}

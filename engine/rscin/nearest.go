package rscin

import (
	"context"
	"math"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"musc/cgo/cpu"
	"musc/engine/fault"
)

// What is in memory at once: blockRows rows of W meet blockColumns columns, of which two blocks
// take turns, one being read; a thread holds the products of stripeRows of the rows. For tokens of
// 1,024 entries that is 16 MiB, 32 MiB and 768 KiB.
const (
	blockRows    = 4096
	blockColumns = 2048
	stripeRows   = 96
)

// Neighbour is an entry of a row of W.
type Neighbour struct {
	Row        int32   // the other image
	Similarity float64 // inner product of the two class tokens
}

// Options say how Nearest works; none changes its answer.
type Options struct {
	Threads  int               // at least 1 is used; reading is done beside them
	Progress func(done int)    // told how many rows the work so far amounts to; may be nil
	count    func(exact int64) // of entries computed in float64, for benchmarks; may be nil
}

// Nearest returns the k largest entries of rows [first,last) of W, k at most N: [last-first,k],
// descending, and the lowest row first among equal ones. Similarities are those of gonum's Gemm for
// all of W to the last bit, at every SIMD level and however rows are divided.
//
// Rows that are not in the batch and k below 1 are of kind fault.Usage; a token that is not finite
// is of kind fault.Input and names its row. What Read returns is wrapped, and a context that ends
// is returned as its error. Every image is read once for every 4,096 rows. Where many images
// coincide within the error of float32, all of them are compared in float64, which is slow.
func Nearest(ctx context.Context, tokens Tokens, first, last, k int,
	options Options) ([]Neighbour, error) {
	n, d := tokens.Images(), tokens.Dim()
	if first < 0 || first > last || last > n || k < 1 || d < 1 || n > math.MaxInt32 {
		return nil, fault.New(fault.Usage, "cannot find the %d nearest of images %d to %d among %d "+
			"with class tokens of %d entries", k, first, last-1, n, d)
	}
	s := newSearch(tokens, min(k, n), max(options.Threads, 1))
	result := make([]Neighbour, (last-first)*s.k)
	rows := newBlock(min(blockRows, last-first), d)
	for at := first; at < last; at += blockRows {
		count := min(blockRows, last-at)
		if err := rows.read(tokens, at, count); err != nil {
			return nil, err
		}
		tell := func(columns int) {
			if options.Progress != nil {
				options.Progress(at - first + int(int64(count)*int64(columns)/int64(n)))
			}
		}
		if err := s.allColumns(ctx, rows, result[(at-first)*s.k:], tell); err != nil {
			return nil, err
		}
	}
	if options.count != nil {
		options.count(s.exact())
	}
	return result, nil
}

// search is what the rows of a call share.
type search struct {
	tokens  Tokens
	n, d, k int
	columns [2]*block
	workers []*worker
}

func newSearch(tokens Tokens, k, threads int) *search {
	s := &search{tokens: tokens, n: tokens.Images(), d: tokens.Dim(), k: k}
	width := min(blockColumns, s.n)
	for i := range s.columns {
		s.columns[i] = newBlock(width, s.d)
	}
	for range threads {
		s.workers = append(s.workers, newWorker(s.n, s.d, k, width))
	}
	return s
}

// allColumns fills in the neighbours [rows,k] of a block of rows, while the next columns are read.
func (s *search) allColumns(ctx context.Context, rows *block, neighbours []Neighbour,
	tell func(columns int)) error {
	group, ctx := errgroup.WithContext(ctx)
	free, ready := make(chan *block, len(s.columns)), make(chan *block, len(s.columns))
	for _, columns := range s.columns {
		free <- columns
	}
	group.Go(func() error {
		defer close(ready)
		for at := 0; at < s.n; at += blockColumns {
			var columns *block
			select {
			case columns = <-free:
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := columns.read(s.tokens, at, min(blockColumns, s.n-at)); err != nil {
				return err
			}
			columns.pack(s.d)
			ready <- columns
		}
		return nil
	})
	group.Go(func() error {
		for columns := range ready {
			if err := s.compare(ctx, rows, columns, neighbours); err != nil {
				return err
			}
			tell(columns.first + len(columns.norms))
			free <- columns
		}
		return nil
	})
	return group.Wait()
}

// compare brings the neighbours of all rows up to date with a block of columns: the threads take
// stripes of rows until none is left.
func (s *search) compare(ctx context.Context, rows, columns *block, neighbours []Neighbour) error {
	group, ctx := errgroup.WithContext(ctx)
	count, stripe := len(rows.norms), stripeFor(len(rows.norms), len(s.workers))
	var next atomic.Int64
	for _, w := range s.workers {
		group.Go(func() error {
			for {
				from := int(next.Add(int64(stripe))) - stripe
				if from >= count {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				w.compare(rows, from, min(from+stripe, count), columns, neighbours)
			}
		})
	}
	return group.Wait()
}

// stripeFor is how many rows a thread takes at a time: as many for each, in whole register tiles.
func stripeFor(rows, threads int) int {
	each := (rows + threads - 1) / threads
	turns := max((each+stripeRows-1)/stripeRows, 1)
	return min(((each+turns-1)/turns+7)/8*8, stripeRows)
}

// exact is how many entries were computed in float64.
func (s *search) exact() (total int64) {
	for _, w := range s.workers {
		total += w.exact
	}
	return total
}

// compare brings the neighbours of rows [from,to) up to date with a block of columns.
func (w *worker) compare(rows *block, from, to int, columns *block, neighbours []Neighbour) {
	width := len(columns.norms)
	cpu.InnerProducts(w.products, rows.tokens[from*w.d:to*w.d], columns.packed, width, w.d)
	for i := from; i < to; i++ {
		known := min(w.k, columns.first) // of every row that has met these columns
		best := neighbours[i*w.k:][:known:w.k]
		w.update(best, rows.tokens[i*w.d:][:w.d], rows.norms[i],
			w.products[(i-from)*width:][:width], columns)
	}
}

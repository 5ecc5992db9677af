package mutual

import (
	"context"
	"fmt"
	"runtime"

	"musc/cgo/cpu"
)

// CPU is the Scorer for processors. For each stage and degree, tiles of images are aggregated and
// packed; one product of two images gives the nearest patches in both directions; the distances to
// those are taken from the features in float32, exactly; Eq. 2 and 3 are taken in float64.
type CPU struct {
	Threads int // goroutines that compute; 0: one a processor
}

// Name implements Scorer.
func (c CPU) Name() string { return fmt.Sprintf("cpu (%s, float32)", cpu.Level()) }

// PatchScores implements Scorer. The scores are the same bytes for every Plan and Threads.
func (c CPU) PatchScores(ctx context.Context, problem *Problem) ([]float64, error) {
	b, err := problem.check()
	if err != nil {
		return nil, err
	}
	run, err := newRun(ctx, b, c.Threads)
	if err != nil {
		return nil, err
	}
	defer run.close()
	for stage := range b.shape.Stages {
		for _, degree := range b.Degrees {
			if err := run.fillDistances(stage, degree); err != nil {
				return nil, err
			}
			if err := run.addAverages(); err != nil {
				return nil, err
			}
		}
	}
	b.finish(run.scores)
	return run.scores, nil
}

// run is one call of PatchScores: its buffers, made once for all stages and degrees.
type run struct {
	*batch
	ctx       context.Context
	threads   int
	tile      int // images a tile
	strip     int // images that pass by a tile at once
	slots     *tiles
	distances *distances
	workers   []worker
	progress  *progress
	scores    []float64 // [N,P], the sum over the stages and degrees so far
}

// worker is what one goroutine writes to.
type worker struct {
	rowNearest, columnNearest []int32  // [P]
	keys                      []uint32 // [blockPatches, scorers]
}

func newRun(ctx context.Context, b *batch, threads int) (*run, error) {
	threads = threadsOf(threads)
	n := len(b.members)
	r := &run{batch: b, ctx: ctx, threads: threads, progress: newProgress(b),
		tile: n, strip: b.Plan.StripImages, scores: make([]float64, n*b.patches)}
	if b.Plan.TileImages > 0 {
		r.tile = min(b.Plan.TileImages, n)
	}
	if r.strip < 1 || r.strip > r.tile {
		r.strip = stripFor(r.tile, n, b.references, threads, b.patches)
	}
	for range threads {
		r.workers = append(r.workers, worker{make([]int32, b.patches), make([]int32, b.patches),
			make([]uint32, blockPatches*b.scorers())})
	}
	var err error
	if r.distances, err = newDistances(b); err != nil {
		return nil, err
	}
	if r.slots, err = newTiles(b.shape, r.tile+r.strip); err != nil {
		r.distances.array.Close()
		return nil, err
	}
	return r, nil
}

// threadsOf is one thread a processor where no number is given.
func threadsOf(threads int) int {
	if threads < 1 {
		return runtime.GOMAXPROCS(0)
	}
	return threads
}

func (r *run) close() {
	r.distances.array.Close()
	r.slots.array.Close()
}

// fillDistances is Eq. 1 for one stage and degree: every tile of images stays while the images
// after it, and the references, pass by in strips.
func (r *run) fillDistances(stage, degree int) error {
	n := len(r.members)
	resident, passing := r.slots.all[:r.tile], r.slots.all[r.tile:]
	load := func(slots []slot, first int) error {
		return parallel(r.ctx, r.threads, len(slots), func(_, k int) {
			r.load(&slots[k], first+k, stage, degree)
		})
	}
	for first := 0; first < n; first += r.tile {
		tile := resident[:min(r.tile, n-first)]
		if err := load(tile, first); err != nil {
			return err
		}
		if !r.ReferencesOnly {
			if err := r.compareWithin(tile); err != nil {
				return err
			}
		}
		next := first + len(tile)
		if r.ReferencesOnly {
			next = n
		}
		for next < n+r.references {
			end := n // a strip holds images or references
			if next >= n {
				end += r.references
			}
			strip := passing[:min(r.strip, end-next)]
			if err := load(strip, next); err != nil {
				return err
			}
			if err := r.compare(tile, strip); err != nil {
				return err
			}
			next += len(strip)
		}
	}
	return nil
}

// compareWithin scores the images of a tile by each other, all at once; spilled distances go
// strip by strip, so that no more of them are resident than when a strip passes by.
func (r *run) compareWithin(tile []slot) error {
	step := len(tile)
	if r.distances.array.Spilled() {
		step = max(r.strip, 1)
	}
	for first := 0; first < len(tile); first += step {
		if err := r.compare(tile, tile[first:min(first+step, len(tile))]); err != nil {
			return err
		}
	}
	return nil
}

// compare scores every row by every column and the other way around; of two images of one tile it
// takes each pair once.
func (r *run) compare(rows, columns []slot) error {
	err := parallel(r.ctx, r.threads, len(rows)*len(columns), func(worker, task int) {
		row, column := &rows[task%len(rows)], &columns[task/len(rows)]
		if row.entry < column.entry {
			r.comparePair(&r.workers[worker], row, column)
			r.progress.add(1)
		}
	})
	r.distances.release()
	return err
}

// comparePair takes one product, and from it the distances in both directions; references are
// not scored.
func (r *run) comparePair(w *worker, row, column *slot) {
	channels := r.shape.Channels
	cpu.MutualNearest(w.rowNearest, w.columnNearest, row.packed, column.packed,
		r.patches, r.patches, channels)
	cpu.Distances(r.distances.by(row.entry, column.entry), row.tokens, column.tokens,
		w.rowNearest, channels)
	if column.entry < len(r.members) {
		cpu.Distances(r.distances.by(column.entry, row.entry), column.tokens, row.tokens,
			w.columnNearest, channels)
	}
}

// addAverages is Eq. 2 for one stage and degree, added to the scores.
func (r *run) addAverages() error {
	start, stop, average := r.selection()
	return parallel(r.ctx, r.threads, len(r.members), func(worker, i int) {
		addIntervalAverages(r.scores[i*r.patches:][:r.patches], r.distances.of(i),
			r.workers[worker].keys, start, stop, average)
		r.distances.releaseOf(i)
	})
}

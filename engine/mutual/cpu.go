package mutual

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"musc/cgo/cpu"
)

// CPU is the Scorer for processors. For each stage, tiles of images are aggregated and packed for
// all degrees; one product of two images gives the distances to the nearest patches in both
// directions and of all degrees, exact to float32; Eq. 2 and 3 are taken in float64.
type CPU struct {
	Threads int // goroutines that compute; 0: one a processor
}

// Name implements Scorer.
func (c CPU) Name() string { return fmt.Sprintf("cpu (%s)", cpu.Level()) }

// PatchScores implements Scorer. The scores are the same bytes for every Plan and Threads.
func (c CPU) PatchScores(ctx context.Context, problem *Problem) ([]float64, error) {
	b, err := problem.check()
	if err != nil {
		return nil, err
	}
	scores := make([]float64, len(b.members)*b.patches)
	progress := newProgress(b)
	for _, group := range windowsOf(b.shape, b.Degrees) {
		if err := scoreGroup(ctx, b, group, c.Threads, progress, scores); err != nil {
			return nil, err
		}
	}
	b.finish(scores)
	return scores, nil
}

// scoreGroup adds the averages of Eq. 2 over all stages for the degrees of one group.
func scoreGroup(ctx context.Context, b *batch, group []window, threads int, progress *progress,
	scores []float64) error {

	run, err := newRun(ctx, b, group, threads, progress)
	if err != nil {
		return err
	}
	defer run.close()
	for stage := range b.shape.Stages {
		if err := run.fillDistances(stage); err != nil {
			return err
		}
		if err := run.addAverages(scores); err != nil {
			return err
		}
	}
	return nil
}

// run is the scoring of one group of windows: its buffers, made once for all stages.
type run struct {
	*batch
	ctx       context.Context
	group     []window
	degrees   int // that the group stands for
	threads   int
	tile      int // images a tile
	strip     int // images that pass by a tile at once
	slots     *tiles
	distances *distances
	workers   []worker
	progress  *progress
}

// worker is what one goroutine writes to.
type worker struct {
	search *cpu.Search
	keys   []uint32  // [blockPatches, scorers]
	block  []float32 // of comparePatches
}

func newRun(ctx context.Context, b *batch, group []window, threads int, progress *progress) (
	*run, error) {

	threads = threadsOf(threads)
	n := len(b.members)
	r := &run{batch: b, ctx: ctx, group: group, threads: threads, progress: progress,
		tile: n, strip: b.Plan.StripImages}
	for _, w := range group {
		r.degrees += w.count
	}
	if b.Plan.TileImages > 0 {
		r.tile = min(b.Plan.TileImages, n)
	}
	if r.strip < 1 || r.strip > r.tile {
		r.strip = stripFor(r.tile, n, b.references, threads, b.patches)
	}
	shape := searchShape(b.shape, group)
	for range threads {
		r.workers = append(r.workers,
			worker{search: cpu.NewSearch(shape), keys: make([]uint32, blockPatches*b.scorers())})
	}
	var err error
	if r.distances, err = newDistances(b, len(group)); err != nil {
		return nil, err
	}
	if r.slots, err = newTiles(shape, r.tile+r.strip); err != nil {
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

// fillDistances is Eq. 1 for one stage: every tile of images stays while the images
// after it, and the references, pass by in strips.
func (r *run) fillDistances(stage int) error {
	n := len(r.members)
	centre := r.centre(stage)
	resident, passing := r.slots.all[:r.tile], r.slots.all[r.tile:]
	load := func(slots []slot, first int) error {
		return parallel(r.ctx, r.threads, len(slots), func(worker, k int) {
			r.load(r.workers[worker].search, &slots[k], first+k, stage, centre)
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
	for columns := range slices.Chunk(tile, step) {
		if err := r.compare(tile, columns); err != nil {
			return err
		}
	}
	return nil
}

// compare scores every row by every column and the other way around; of two images of one tile it
// takes each pair once.
func (r *run) compare(rows, columns []slot) error {
	defer r.distances.release()
	if r.patches == 1 {
		return r.comparePatches(rows, columns)
	}
	group := rowsInCache(r.slots.size)
	return parallel(r.ctx, r.threads, len(rows)*len(columns), func(worker, task int) {
		i, j := pairOf(task, len(rows), len(columns), group)
		row, column := &rows[i], &columns[j]
		if row.entry < column.entry {
			r.comparePair(r.workers[worker].search, row, column)
			r.progress.add(r.degrees)
		}
	})
}

// cachedBytes is how much of the last-level cache the images of a group of rows may take.
const cachedBytes = 8 << 20

// rowsInCache is how many images of so many floats a group of rows has, at least one.
func rowsInCache(size int) int { return max(1, cachedBytes/(bytesOfFloat*size)) }

// pairOf gives the row and the column of a task: groups of rows stay in the cache while all columns
// pass by.
func pairOf(task, rows, columns, group int) (row, column int) {
	first := task / (group * columns) * group
	high := min(group, rows-first)
	task -= first * columns
	return first + task%high, task / high
}

// comparePatches is compare for images of one patch. There are often thousands of them, each pair
// is little work, and so they go in blocks.
func (r *run) comparePatches(rows, columns []slot) error {
	const high, wide = 8, 128 // images of a block
	across := (len(columns) + wide - 1) / wide
	down := (len(rows) + high - 1) / high
	return parallel(r.ctx, r.threads, down*across, func(worker, task int) {
		row, column := rows[task/across*high:], columns[task%across*wide:]
		row, column = row[:min(high, len(row))], column[:min(wide, len(column))]
		if row[0].entry >= column[len(column)-1].entry {
			return
		}
		w := &r.workers[worker]
		w.block = slices.Grow(w.block[:0], high*wide*len(r.group))[:high*wide*len(r.group)]
		w.search.PatchDistances(w.block, r.slots.from(row[0]), len(row),
			r.slots.from(column[0]), len(column), r.slots.size)
		compared := 0
		for i, one := range row {
			for j, other := range column {
				if one.entry >= other.entry {
					continue
				}
				at := (i*len(column) + j) * len(r.group)
				distances := w.block[at : at+len(r.group)]
				copy(r.distances.by(one.entry, other.entry), distances)
				if other.entry < len(r.members) {
					copy(r.distances.by(other.entry, one.entry), distances)
				}
				compared++
			}
		}
		r.progress.add(compared * r.degrees)
	})
}

// comparePair takes one product, and from it the distances in both directions; references are
// not scored.
func (r *run) comparePair(search *cpu.Search, row, column *slot) {
	var columns []float32
	if column.entry < len(r.members) {
		columns = r.distances.by(column.entry, row.entry)
	}
	search.Distances(r.distances.by(row.entry, column.entry), columns, row.image, column.image)
}

// addAverages is Eq. 2 for one stage, added to the scores window after window.
func (r *run) addAverages(scores []float64) error {
	start, stop, average := r.selection()
	return parallel(r.ctx, r.threads, len(r.members), func(worker, i int) {
		averages := make([]float64, len(r.group)*r.patches)
		intervalAverages(averages, r.distances.of(i), r.workers[worker].keys, start, stop, average)
		of := scores[i*r.patches:][:r.patches]
		for k, w := range r.group {
			for p := range of {
				of[p] += float64(w.count) * averages[k*r.patches+p]
			}
		}
		r.distances.releaseOf(i)
	})
}

package mutual

import (
	"context"
	"fmt"
	"runtime"

	"musc/cgo/cpu"
	"musc/engine/fault"
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
	if len(b.Views) > 0 || len(b.ReferenceViews) > 0 || b.masked {
		return nil, fault.New(fault.Internal, "further views of an image, and patches that take no "+
			"part, are not searched yet")
	}
	if err := b.notYet(); err != nil {
		return nil, err
	}
	kept := b.keep(c.Name())
	defer kept.close()
	sums := make([]float64, len(b.members)*b.patches)
	groups := windowsOf(b.shape, b.Degrees)
	s := &scoring{batch: b, kept: kept, sums: sums, progress: newProgress(b),
		done: kept.resume(sums, b.shape.Stages*len(groups))}
	for k, group := range groups {
		first := min(max(s.done-k*b.shape.Stages, 0), b.shape.Stages)
		s.progress.add(first * b.pairs() * degreesOf(group))
		if first == b.shape.Stages {
			continue
		}
		if err := s.addGroup(ctx, group, first, c.Threads); err != nil {
			return nil, err
		}
	}
	b.finish(sums)
	b.finishPairs()
	return sums, nil
}

// scoring is what is added up over all steps: a group of windows and a stage each.
type scoring struct {
	*batch
	kept     *keeper
	sums     []float64 // [N,P]
	done     int       // steps
	progress *progress
}

// addGroup adds the averages of Eq. 2 over the stages from first on, for the degrees of one group.
func (s *scoring) addGroup(ctx context.Context, group []window, first, threads int) error {
	run, err := newRun(ctx, s.batch, group, threads, s.progress)
	if err != nil {
		return err
	}
	defer run.close()
	for stage := first; stage < s.shape.Stages; stage++ {
		if err := s.fill(run, stage); err != nil {
			return err
		}
		if err := run.addAverages(s.sums); err != nil {
			return err
		}
		s.done++
		s.kept.save(s.done, s.sums)
		run.journal.drop()
	}
	return nil
}

// fill is fillDistances with a journal, beginning with what an earlier run wrote to it.
func (s *scoring) fill(r *run, stage int) error {
	r.journal = s.kept.newJournal(s.batch, r.distances, s.done)
	s.progress.add(r.journal.restore() * r.degrees)
	r.journal.start()
	defer r.journal.stop()
	return r.fillDistances(stage)
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
	journal   *journal // of the distances that are there already; may be nil
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
	r := &run{batch: b, ctx: ctx, group: group, threads: threads, progress: progress,
		degrees: degreesOf(group)}
	r.tile, r.strip = b.division(threads)
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

// division is how many images a tile and a strip have under the Plan.
func (b *batch) division(threads int) (tile, strip int) {
	tile, strip = len(b.members), b.Plan.StripImages
	if b.Plan.TileImages > 0 {
		tile = min(b.Plan.TileImages, tile)
	}
	if strip < 1 || strip > tile {
		strip = stripFor(tile, len(b.members), b.references, threads, b.patches)
	}
	return tile, strip
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
		rows := span{first, first + len(tile)}
		if r.journal.hasAll(rows, span{first, n + r.references}) {
			continue
		}
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
			if r.journal.hasAll(rows, span{next, next + len(strip)}) {
				next += len(strip)
				continue
			}
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

// addAverages is Eq. 2 for one stage, added to the scores window after window, and the distances to
// those of pairs where these are wanted.
func (r *run) addAverages(scores []float64) error {
	return parallel(r.ctx, r.threads, len(r.members), func(worker, i int) {
		if !r.scored(i) {
			return
		}
		var addPairs func(first int, keys []uint32)
		if r.Pairs != nil {
			addPairs = func(first int, keys []uint32) { r.addPairs(i, first, keys) }
		}
		averages := make([]float64, len(r.group)*r.patches)
		start, stop, average := r.selection(r.scorersLeft(i))
		intervalAverages(averages, r.left(i), r.workers[worker].keys, addPairs, start, stop,
			average)
		of := scores[i*r.patches:][:r.patches]
		for k, w := range r.group {
			for p := range of {
				of[p] += float64(w.count) * averages[k*r.patches+p]
			}
		}
		r.distances.releaseOf(i)
	})
}

package mutual

import (
	"context"
	"fmt"
	"runtime"

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
	packed    []float32 // images of one patch, see packPatches
	workers   []worker
	journal   *journal       // of the distances that are there already; may be nil
	kept      *preparedStage // references that are in memory already; may be nil
	stage     int            // at hand
	centre    []float32      // of its tokens
	progress  *progress
	watch     func(s step, count int, work func(worker, task int)) func(worker, task int) // or nil
}

// worker is what one goroutine writes to.
type worker struct {
	search *cpu.Search
	keys   []uint32  // [blockPatches, scorers]
	block  []float32 // of comparePatches, or one distance of each window and patch
}

// newRun divides the images as the Plan says.
func newRun(ctx context.Context, b *batch, group []window, threads int, progress *progress) (
	*run, error) {

	threads = threadsOf(threads)
	tile, strip := b.division(threads)
	r := &run{batch: b, ctx: ctx, group: group, threads: threads, progress: progress,
		degrees: degreesOf(group), tile: tile, strip: strip}
	return r, r.open()
}

// open makes the buffers.
func (r *run) open() (err error) {
	shape := searchShape(r.shape, r.group, r.near)
	for range r.threads {
		r.workers = append(r.workers,
			worker{search: cpu.NewSearch(shape), keys: make([]uint32, blockPatches*r.scorers())})
	}
	if r.distances, err = newDistances(r.batch, len(r.group)); err != nil {
		return err
	}
	if r.slots, err = newTiles(shape, r.tile+r.strip); err != nil {
		r.distances.array.Close()
	}
	return err
}

// division is how many images a tile and a strip have under the Plan.
func (b *batch) division(threads int) (tile, strip int) {
	tile, strip = len(b.members), b.Plan.StripImages
	if b.Plan.TileImages > 0 {
		tile = min(b.Plan.TileImages, tile)
	}
	if strip < 1 || strip > tile {
		passing := max(len(b.members)-tile, b.references, b.furtherViews())
		strip = stripFor(tile, len(b.members), passing, threads, b.patches)
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
// after it, the references, and then the further views of all of them pass by in strips.
func (r *run) fillDistances(stage int) error {
	n := len(r.members)
	if err := r.begin(stage); err != nil {
		return err
	}
	resident, passing := r.slots.all[:r.tile], r.slots.all[r.tile:]
	for first := 0; first < n; first += r.tile {
		tile := resident[:min(r.tile, n-first)]
		rows := span{first, first + len(tile)}
		if r.journal.hasAll(rows, span{first, n + r.references}) {
			continue
		}
		if err := r.loadAll(tile, first, r.entry); err != nil {
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
		if kept := r.kept.first(r.references); len(kept) > 0 {
			if err := r.compare(tile, kept); err != nil {
				return err
			}
			next += len(kept)
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
			if err := r.loadAll(strip, next, r.entry); err != nil {
				return err
			}
			if err := r.compare(tile, strip); err != nil {
				return err
			}
			next += len(strip)
		}
		if err := r.compareFurther(tile, passing[:r.strip]); err != nil {
			return err
		}
	}
	return nil
}

// begin makes a stage the one at hand.
func (r *run) begin(stage int) (err error) {
	r.stage = stage
	if r.kept != nil {
		r.centre = r.kept.centre
	} else {
		r.centre, err = r.centreOf(stage)
	}
	return err
}

// addAverages is Eq. 2 for one stage, added to the scores window after window, and the distances to
// those of pairs where these are wanted. A few images are divided among the threads by their patches.
func (r *run) addAverages(scores []float64) error {
	parts := 1
	if r.excluded == nil && len(r.members) < r.threads {
		parts = min(r.threads, r.patches)
	}
	return r.parallel(averaged, len(r.members)*parts, func(worker, task int) {
		i, part := task/parts, task%parts
		if !r.scored(i) {
			return
		}
		first, end := part*r.patches/parts, (part+1)*r.patches/parts
		of := scores[i*r.patches+first : i*r.patches+end]
		averages, averaging := make([]float64, len(of)), r.averaging(i, worker)
		for k, w := range r.group {
			averaging.into(averages, k*r.patches+first)
			for p := range of {
				of[p] += float64(w.count) * averages[p]
			}
		}
		r.distances.releaseOf(i)
	})
}

// averaging is Eq. 2 of image i for one goroutine.
func (r *run) averaging(i, worker int) *averaging {
	a := &averaging{distances: r.left(i), values: r.distances.values, infinite: r.masked,
		scratch: r.workers[worker].keys}
	_, _, a.average = r.selection(1)
	a.bounds = func(scorers int) (start, stop int) {
		start, stop, _ = r.selection(scorers)
		return start, stop
	}
	if r.Pairs != nil {
		a.seen = func(first int, keys []uint32) { r.addPairs(i, first, keys) }
	}
	return a
}

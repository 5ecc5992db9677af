package mutual

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"musc/cgo/cpu"
)

// costs are seconds with all threads at work: to prepare an image, compare two in all windows of a
// group, or one with a further view of another, and average the distances of one patch and window.
type costs struct{ load, pair, further, average float64 }

// How long each of them is measured, at least once a thread.
const (
	measureLoads    = 100 * time.Millisecond
	measurePairs    = 400 * time.Millisecond
	measureAverages = 100 * time.Millisecond
)

// measure takes the costs for a group of windows, from images and references spread evenly.
func (b *batch) measure(ctx context.Context, group []window, threads int) (c costs, err error) {
	tile, strip := b.division(threads)
	entries := len(b.members) + b.references
	count := max(2, min(2*threads, tile+strip))
	shape := searchShape(b.shape, group, b.near)
	slots, err := newTiles(shape, count)
	if err != nil {
		return c, err
	}
	defer slots.array.Close()
	r := &run{batch: b, ctx: ctx, group: group, threads: threads, slots: slots}
	for range threads {
		r.workers = append(r.workers, worker{search: cpu.NewSearch(shape)})
	}
	if r.centre, err = r.centreOf(0); err != nil {
		return c, err
	}
	spread := func(k int) source { return r.entry(k * entries / count) }
	if err := r.loadAll(slots.all, 0, spread); err != nil {
		return c, err
	}
	c.load = busy(ctx, min(threads, count), measureLoads, func(worker, _ int) {
		r.load(r.workers[worker].search, &slots.all[worker], spread(worker))
	})
	if b.patches == 1 {
		c.pair, err = b.measurePatches(ctx, group, threads)
	} else {
		c.pair = r.measurePairs(b.ReferencesOnly)
	}
	if b.furtherViews() > 0 {
		c.further = r.measurePairs(true)
	}
	c.average = r.measureAverages()
	if err == nil {
		err = ctx.Err()
	}
	return c, err
}

// busy calls work on all threads, numbered from 0, for some time, each at least once with a rising
// k. It returns the seconds that one call takes, divided by the threads.
func busy(ctx context.Context, threads int, atLeast time.Duration,
	work func(worker, k int)) float64 {

	var (
		group sync.WaitGroup
		lock  sync.Mutex
		calls int
		total time.Duration
	)
	for worker := range threads {
		group.Go(func() {
			start, k := time.Now(), 0
			for ; ctx.Err() == nil && (k == 0 || time.Since(start) < atLeast); k++ {
				work(worker, k)
			}
			lock.Lock()
			defer lock.Unlock()
			calls += k
			total += time.Since(start)
		})
	}
	group.Wait()
	return total.Seconds() / float64(max(calls, 1)) / float64(threads)
}

// measurePairs compares the images in the slots, in one direction or both; the distances go nowhere.
func (r *run) measurePairs(oneWay bool) float64 {
	count, values := len(r.slots.all), len(r.group)*r.patches
	distances := make([]float32, 2*values*r.threads)
	return busy(r.ctx, r.threads, measurePairs, func(worker, k int) {
		i := (worker + k) % count
		j := (i + 1 + k/count%(count-1)) % count
		into := distances[2*values*worker:][:2*values]
		columns := into[values:]
		if oneWay {
			columns = nil
		}
		r.workers[worker].search.Distances(into[:values], columns, r.slots.all[i].image,
			r.slots.all[j].image)
	})
}

// measuredPatches is how many images, and references, of one patch are scored to measure it.
const measuredPatches = 1024

// measurePatches is the cost of a pair of images of one patch, from scoring some of them.
func (b *batch) measurePatches(ctx context.Context, group []window, threads int) (float64, error) {
	some := *b
	some.Problem = &Problem{Images: b.Images, References: b.References, Degrees: b.Degrees,
		Interval: b.Interval, Average: b.Average, ReferencesOnly: b.ReferencesOnly}
	some.members = b.members[:min(len(b.members), measuredPatches)]
	some.references, some.excluded = min(b.references, measuredPatches), nil
	r, err := newRun(ctx, &some, group, threads, newProgress(&some))
	if err != nil {
		return 0, err
	}
	defer r.close()
	seconds := busy(ctx, 1, measurePairs, func(int, int) {
		if err == nil {
			err = r.fillDistances(0)
		}
	})
	return seconds / float64(some.pairsOfFirst()), err
}

// measuredValues is how many patches of a scorer are averaged to measure it.
const measuredValues = 4 * blockPatches

// measureAverages averages random distances of as many scorers.
func (r *run) measureAverages() float64 {
	random := rand.New(rand.NewPCG(1, 2))
	patches := min(len(r.group)*r.patches, measuredValues)
	distances := make([]float32, r.scorers()*patches)
	for k := range distances {
		distances[k] = random.Float32()
	}
	start, stop, average := r.selection(r.scorers())
	averages, of := make([][]float64, r.threads), make([]averaging, r.threads)
	for worker := range averages {
		averages[worker] = make([]float64, patches)
		of[worker] = averaging{distances: distances, values: patches, average: average,
			scratch: make([]uint32, blockPatches*r.scorers()),
			bounds:  func(int) (int, int) { return start, stop }}
	}
	return busy(r.ctx, r.threads, measureAverages, func(worker, _ int) {
		of[worker].into(averages[worker], 0)
	}) / float64(patches)
}

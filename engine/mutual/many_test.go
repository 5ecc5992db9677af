package mutual

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"musc/engine/features"
)

// manyPairs is how many pairs a case compares: of many images these are the first of the true run, with
// all prepared images and all distances in their places. manyAverages is how many images are averaged.
const (
	manyPairs    = 12_000
	manyAverages = 100 // more than a cache holds
)

// BenchmarkMany is what a pair costs where there are few and many images: microseconds of a thread
// a pair and stage, the least of all rounds, each step alone and in sum, and the sum in times of that of
// the fewest. Preparing and averaging are shares: what they take an image, times the images that the
// whole run prepares or averages, by its pairs. Of spilled runs a quarter of the images is in memory at
// a time.
func BenchmarkMany(b *testing.B) {
	for _, c := range []struct {
		name   string
		shape  features.Shape
		pairs  int
		images []int
	}{
		{"16x16x384", features.Shape{Stages: 1, Height: 16, Width: 16, Channels: 384}, manyPairs,
			[]int{64, 250, 1000}},
		{"37x37x1024", features.Shape{Stages: 1, Height: 37, Width: 37, Channels: 1024}, 200,
			[]int{24, 64}},
	} {
		for _, threads := range []int{1, 2} {
			for _, spilled := range []bool{false, true} {
				fewest := 0.0
				for _, images := range c.images {
					place := map[bool]string{false: "memory", true: "spilled"}[spilled]
					b.Run(fmt.Sprintf("%s/threads=%d/%s/%d", c.name, threads, place, images),
						func(b *testing.B) {
							m := many{shape: c.shape, threads: threads, spilled: spilled, pairs: c.pairs}
							m.shape.Images = images
							fewest = m.measure(b, fewest)
						})
				}
			}
		}
	}
}

// many is one case of BenchmarkMany.
type many struct {
	shape   features.Shape
	threads int
	spilled bool
	pairs   int // compared
}

// problem draws the images; spilled tokens are in the page cache, as they are after a backbone.
func (m many) problem(b *testing.B) *Problem {
	problem := &Problem{Images: look(b, m.shape, 1), Degrees: paper, Interval: lowest}
	if !m.spilled {
		return problem
	}
	dir := b.TempDir()
	spilled, err := features.NewSpilled(m.shape, dir)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { spilled.Close() })
	for stage := range m.shape.Stages {
		for image := range m.shape.Images {
			copy(spilled.Tokens(stage, image), problem.Images.Tokens(stage, image))
			spilled.Release(stage, image)
		}
	}
	problem.Images.Close()
	problem.Images = spilled
	problem.Plan = Plan{Spill: true, SpillDistances: true, Folder: dir,
		TileImages: max(16, m.shape.Images/4)}
	return problem
}

func (m many) measure(b *testing.B, fewest float64) float64 {
	problem := m.problem(b)
	least, sum := map[step]float64{}, 0.0
	for b.Loop() {
		for s, cost := range m.costs(b, problem) {
			if least[s] == 0 || cost < least[s] {
				least[s] = cost
			}
		}
	}
	for s, cost := range least {
		b.ReportMetric(cost*1e6, "µs-"+string(s))
		sum += cost
	}
	b.ReportMetric(sum*1e6, "µs/pair")
	if fewest == 0 {
		fewest = sum
	}
	b.ReportMetric(sum/fewest, "of-fewest")
	b.ReportMetric(0, "ns/op")
	return fewest
}

// costs are the seconds of a thread that each step takes a pair.
func (m many) costs(b *testing.B, problem *Problem) map[step]float64 {
	batch, err := problem.check()
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	group := windowsOf(m.shape, problem.Degrees)[0]
	run, err := newRun(ctx, batch, group, m.threads, newProgress(batch))
	if err != nil {
		b.Fatal(err)
	}
	defer run.close()
	start := time.Now()
	touch(run.slots.array)
	touch(run.distances.array)
	touched := time.Since(start).Seconds()
	record := &record{enough: func() {
		if run.progress.done.Load() >= int64(m.pairs*run.degrees) {
			stop()
		}
	}}
	run.watch = record.watch
	if err := run.fillDistances(0); err != nil && ctx.Err() == nil {
		b.Fatal(err)
	}
	loaded, compared := record.sum(preparing)/float64(record.count(preparing)), record.sum(comparing)
	compared /= float64(run.progress.done.Load()) / float64(run.degrees)
	m.average(b, run)
	images, pairs := float64(m.shape.Images), float64(batch.pairs())
	return map[step]float64{
		touching:  touched / pairs,
		preparing: loaded * float64(batch.loads(run.tile)) / pairs,
		comparing: compared,
		averaged:  record.sum(averaged) / float64(min(m.shape.Images, manyAverages)) * images / pairs,
	}
}

// touching is what the system takes to give memory for the first time. Of a sample it would be all.
const touching step = "touching"

// touch makes the system give all of an array, if it is in memory.
func touch(array *features.Array) {
	const page = 1024 // floats
	for k := int64(0); k < array.Len() && !array.Spilled(); k += page {
		array.Slice(k, k+1)[0] = 0
	}
}

// average averages some images, whose distances are made up.
func (m many) average(b *testing.B, run *run) {
	random := rand.New(rand.NewPCG(1, 2))
	some := make([]float32, 1<<16-1)
	for k := range some {
		some[k] = 0.5 + 0.3*random.Float32()
	}
	run.ctx, run.Scored = context.Background(), make([]bool, m.shape.Images)
	for k := range min(m.shape.Images, manyAverages) {
		image := k * m.shape.Images / min(m.shape.Images, manyAverages)
		run.Scored[image] = true
		of := run.distances.of(image)
		for len(of) > 0 {
			of = of[copy(of, some):]
		}
		run.distances.releaseOf(image)
	}
	if err := run.addAverages(make([]float64, m.shape.Images*run.patches)); err != nil {
		b.Fatal(err)
	}
	run.Scored = nil
}

// record is the seconds of the tasks of a run, call of parallel by call.
type record struct {
	enough   func() // called after each task
	sections []section
}

type section struct {
	step    step
	seconds []float32 // by task; 0: it was not begun
}

func (r *record) watch(s step, count int, work func(worker, task int)) func(worker, task int) {
	of := section{s, make([]float32, count)}
	r.sections = append(r.sections, of)
	return func(worker, task int) {
		start := time.Now()
		work(worker, task)
		of.seconds[task] = float32(time.Since(start).Seconds())
		if r.enough != nil {
			r.enough()
		}
	}
}

// sum is the seconds of all tasks of a step, count how many were begun.
func (r *record) sum(s step) (sum float64) {
	for _, section := range r.sections {
		for _, seconds := range section.seconds {
			if section.step == s {
				sum += float64(seconds)
			}
		}
	}
	return sum
}

func (r *record) count(s step) (count int) {
	for _, section := range r.sections {
		for _, seconds := range section.seconds {
			if section.step == s && seconds > 0 {
				count++
			}
		}
	}
	return count
}

// BenchmarkManyThreads computes what more threads than a machine has would do: the tasks of a run on
// one thread are dealt to 2 to 16 of them as parallel deals them, each task as long as it was. What is
// not in a task is serial. That threads share memory's bandwidth and caches is not in it.
func BenchmarkManyThreads(b *testing.B) { dealMany(b, 64, 250) }

// BenchmarkThousand is BenchmarkManyThreads of 1,000 images. It takes ten minutes:
// -timeout 1h -benchtime 1x.
func BenchmarkThousand(b *testing.B) { dealMany(b, 1000) }

func dealMany(b *testing.B, counts ...int) {
	for _, images := range counts {
		for _, spilled := range []bool{false, true} {
			place := map[bool]string{false: "memory", true: "spilled"}[spilled]
			b.Run(fmt.Sprintf("%s/%d", place, images), func(b *testing.B) {
				m := many{spilled: spilled, shape: features.Shape{Stages: 1, Images: images,
					Height: 16, Width: 16, Channels: 384}}
				m.deal(b)
			})
		}
	}
}

func (m many) deal(b *testing.B) {
	problem := m.problem(b)
	problem.Plan.StripImages = stripFor(max(problem.Plan.TileImages, 1), m.shape.Images,
		m.shape.Images, 16, m.shape.Patches()) // that of 16 threads
	for b.Loop() {
		record := &record{}
		start := time.Now()
		m.whole(b, problem, 1, record)
		whole := time.Since(start).Seconds()
		tasks := record.makespan(1)
		serial := max(0, whole-tasks)
		b.ReportMetric(100*serial/whole, "serial-%")
		b.ReportMetric(whole/float64(m.shape.Images*(m.shape.Images-1)/2)*1e6, "µs/pair")
		for _, threads := range []int{2, 4, 8, 16} {
			b.ReportMetric(whole/(serial+record.makespan(threads)), fmt.Sprintf("speedup-%d", threads))
		}
		if m.shape.Images < 1000 {
			start = time.Now()
			m.whole(b, problem, 2, nil)
			b.ReportMetric(whole/time.Since(start).Seconds(), "speedup-2-measured")
		}
		for _, s := range []step{centring, preparing, comparing, averaged} {
			b.ReportMetric(100*record.sum(s)/whole, "%-"+string(s))
		}
	}
}

// whole is PatchScores of a problem of one stage.
func (m many) whole(b *testing.B, problem *Problem, threads int, record *record) {
	batch, err := problem.check()
	if err != nil {
		b.Fatal(err)
	}
	group := windowsOf(m.shape, problem.Degrees)[0]
	start := time.Now()
	took := func(what string) {
		if record != nil {
			b.ReportMetric(time.Since(start).Seconds()*1e3, "ms-"+what)
		}
		start = time.Now()
	}
	run, err := newRun(context.Background(), batch, group, threads, newProgress(batch))
	if err != nil {
		b.Fatal(err)
	}
	took("opening")
	defer func() {
		start = time.Now()
		run.close()
		took("closing")
	}()
	if record != nil {
		run.watch = record.watch
	}
	sums := make([]float64, m.shape.Images*run.patches)
	if err := run.fillDistances(0); err != nil {
		b.Fatal(err)
	}
	if err := run.addAverages(sums); err != nil {
		b.Fatal(err)
	}
	batch.finish(sums)
}

// makespan is the seconds that so many threads take, each of which takes the next task when it has
// none; all wait for the last task of a section.
func (r *record) makespan(threads int) (total float64) {
	for _, section := range r.sections {
		ends := make([]float64, threads)
		for _, seconds := range section.seconds {
			next := 0
			for worker, end := range ends {
				if end < ends[next] {
					next = worker
				}
			}
			ends[next] += float64(seconds)
		}
		total += slices.Max(ends)
	}
	return total
}

// Two threads: 3 | 1 1 1, then a section of its own; three tasks of one second on four threads take one.
func TestMakespan(t *testing.T) {
	r := &record{sections: []section{{comparing, []float32{3, 1, 1, 1}}, {averaged, []float32{1, 1, 1}}}}
	for threads, want := range map[int]float64{1: 9, 2: 5, 3: 4, 4: 4, 16: 4} {
		if got := r.makespan(threads); got != want {
			t.Errorf("%d threads: %v s, want %v", threads, got, want)
		}
	}
	var group sync.WaitGroup
	work := r.watch(preparing, 2, func(int, int) { time.Sleep(time.Microsecond) })
	for task := range 2 {
		group.Go(func() { work(0, task) })
	}
	group.Wait()
	if r.count(preparing) != 2 || r.sum(preparing) <= 0 || r.count(comparing) != 4 {
		t.Errorf("recorded %+v", r.sections)
	}
}

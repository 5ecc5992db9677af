package mutual

import (
	"context"
	"sync"
	"sync/atomic"
)

// parallel calls work for every task in [0, count) on up to threads goroutines, numbered from 0 as
// worker. Tasks must not depend on each other or on the worker's number. It looks at ctx before
// each task and returns ctx.Err().
func parallel(ctx context.Context, threads, count int, work func(worker, task int)) error {
	var next atomic.Int64
	loop := func(worker int) {
		for ctx.Err() == nil {
			task := int(next.Add(1)) - 1
			if task >= count {
				return
			}
			work(worker, task)
		}
	}
	var group sync.WaitGroup
	for worker := 1; worker < min(threads, count); worker++ {
		group.Go(func() { loop(worker) })
	}
	loop(0)
	group.Wait()
	return ctx.Err()
}

// step is what the tasks of one call of parallel do.
type step string

// The steps of a run.
const (
	centring  step = "centring"
	preparing step = "preparing"
	comparing step = "comparing"
	averaged  step = "averaging"
)

// parallel is parallel for one step of a run. watch, if it is set, may put its own work in the place of
// the tasks': the benchmarks take their times by it.
func (r *run) parallel(s step, count int, work func(worker, task int)) error {
	if r.watch != nil {
		work = r.watch(s, count, work)
	}
	return parallel(r.ctx, r.threads, count, work)
}

// progressSteps is how often a Problem's Progress is called at most.
const progressSteps = 1000

// progress counts pairs from any goroutine and reports them from one at a time.
type progress struct {
	total  int
	report func(done, total int)

	done atomic.Int64
	lock sync.Mutex
	told int // the last number reported, under lock
}

func newProgress(b *batch) *progress {
	return &progress{total: b.pairs() * b.shape.Stages * len(b.Degrees), report: b.Progress}
}

// add counts n more pairs.
func (p *progress) add(n int) {
	if n == 0 {
		return
	}
	done := int(p.done.Add(int64(n)))
	if p.report == nil || done*progressSteps/p.total == (done-n)*progressSteps/p.total {
		return
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	if done > p.told {
		p.told = done
		p.report(done, p.total)
	}
}

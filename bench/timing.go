package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
)

// contender is one of several ways of doing the same work, which are timed in turns.
type contender struct {
	name string
	work float64 // operations, counted as the definition needs them; 0: nothing to count
	run  func(context.Context) (seconds float64, err error)
}

// limits end a row's rounds: at least and at most so many, and none begins after the budget; where
// even the least take several budgets, one is enough. A case that takes longer than each is dropped.
// Nothing of the row goes on after its end. Contenders that tell more of a run than its time run once.
type limits struct {
	least, most int
	budget      time.Duration
	each        time.Duration // 0: no limit
	end         time.Time     // zero: none
	once        bool          // brief runs, too
}

// severalBudgets is how many budgets the least number of rounds may take.
const severalBudgets = 4

// over tells whether a row ends after so many rounds and so much time. After rounds + 1, of which one
// warmed up, another one would take as long as those on average.
func (l limits) over(rounds int, spent time.Duration) bool {
	if rounds < 0 {
		return false
	}
	if !l.end.IsZero() && time.Until(l.end) < spent/time.Duration(rounds+1) {
		return true
	}
	if l.budget > 0 && rounds > 0 && spent > severalBudgets*l.budget {
		return true
	}
	return rounds >= l.least && spent > l.budget
}

// tooSlow is why a case was dropped.
type tooSlow struct{ limit time.Duration }

func (e tooSlow) Error() string {
	return fmt.Sprintf("it takes longer than %v", e.limit.Round(time.Millisecond))
}

// errNoTime is why a case was not finished: its row's end came first.
var errNoTime = errors.New("no time was left for it")

// timed runs a contender once, for as long as a case may take.
func (l limits) timed(ctx context.Context, c contender) (seconds float64, err error) {
	late, latest := error(tooSlow{l.each}), time.Now().Add(l.each)
	if !l.end.IsZero() && (l.each == 0 || l.end.Before(latest)) {
		late, latest = errNoTime, l.end
	} else if l.each == 0 {
		return c.run(ctx)
	}
	limited, cancel := context.WithDeadline(ctx, latest)
	defer cancel()
	seconds, err = c.run(limited)
	if limited.Err() != nil && ctx.Err() == nil {
		err = late
	}
	return seconds, err
}

// brief is what a run may take and be taken twice in a row, of which the second counts. The others of the
// row have had the caches, and the system its memory back, which a virtual machine takes long to give
// again: that would weigh on a brief run of a few images, and weighs nothing on a batch of hundreds.
const brief = 1 // second

// warm is timed of a contender that nothing else ran before, unless it takes long.
func (l limits) warm(ctx context.Context, c contender) (seconds float64, err error) {
	if seconds, err = l.timed(ctx, c); err == nil && seconds < brief && !l.once {
		return l.timed(ctx, c)
	}
	return seconds, err
}

// settle is waited before a contender starts: threads of the one before may still be spinning.
const settle = 30 * time.Millisecond

// alternate runs every contender once a round, each round beginning with another one, so that what
// disturbs the machine for a while disturbs all of them. A brief one runs twice, see warm. Sample k of
// every case is from round k: they are pairs. A first round warms up, and is kept only where there is no
// time for another one: the row is cold then. A contender that fails, or takes longer than a case may, is
// left out of the row, and failed hears why; the error is ctx's.
func alternate(ctx context.Context, row Row, contenders []contender, within limits,
	failed func(name string, err error)) (Row, error) {

	row.Unit = seconds
	samples := make([][]float64, len(contenders)) // with the first round's
	out := make([]bool, len(contenders))
	var pulses []float64
	begun, noTime := time.Now(), false
	for round := -1; round < within.most && !noTime; round++ {
		if within.over(round, time.Since(begun)) {
			break
		}
		pulses = append(pulses, takePulse())
		for turn := range contenders {
			k := (turn + round + 1) % len(contenders)
			if out[k] {
				continue
			}
			if within.budget > 0 {
				time.Sleep(settle)
			}
			took, err := within.warm(ctx, contenders[k])
			if ctx.Err() != nil {
				return row, ctx.Err()
			}
			if errors.Is(err, errNoTime) && len(samples[k]) > 0 {
				noTime = true
				break
			}
			if err != nil {
				out[k] = true
				failed(contenders[k].name, err)
				continue
			}
			samples[k] = append(samples[k], took)
		}
	}
	for k := range contenders {
		row.Cold = row.Cold || !out[k] && len(samples[k]) == 1
	}
	from, to := 1, len(pulses)
	if row.Cold {
		from, to = 0, 1
	}
	row.Pulse = pulses[from:to]
	for k, c := range contenders {
		if !out[k] {
			kept := samples[k][from:min(to, len(samples[k]))]
			row.Cases = append(row.Cases, Case{Name: c.name, Work: c.work, Samples: kept})
		}
	}
	return row, nil
}

// timed is a contender of this process.
func timed(name string, work float64, call func(context.Context) error) contender {
	return contender{name, work, func(ctx context.Context) (float64, error) {
		begun := time.Now()
		err := call(ctx)
		return time.Since(begun).Seconds(), err
	}}
}

// A pulse lasts a few milliseconds; the fastest part of it counts, for the others were interrupted.
const (
	pulseParts = 4
	pulseSteps = 500_000
)

// takePulse times a fixed chain of dependent multiplications, which no change of musc can make
// faster: the speed of the machine at this moment, in seconds.
func takePulse() float64 {
	fastest := time.Hour
	for range pulseParts {
		begun := time.Now()
		x := pulseStart
		for range pulseSteps {
			x = x*pulseFactor + pulseTerm
		}
		runtime.KeepAlive(x)
		fastest = min(fastest, time.Since(begun))
	}
	return fastest.Seconds()
}

// Variables, so that the compiler cannot work the chain out in advance.
var pulseStart, pulseFactor, pulseTerm = 1.0, 0.999999, 1e-6

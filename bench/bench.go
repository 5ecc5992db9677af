package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"musc/engine/fault"
)

// plan is what a run measures, and how long it may take for it.
type plan struct {
	quick   bool
	threads int
	peers   bool
	photos  string
	only    string        // a part of the tasks' names; "": all tasks
	total   time.Duration // of the whole run, however slow the machine is

	kernelShapes []shape
	allLevels    bool // of SIMD instructions
	kernels      limits

	scorers []sized // each with all of the peers' methods
	scoring limits

	whole limits // photos to scores, beside a PyTorch program
	steps limits // photos to files

	growing      shape // how time and memory grow with the number of images
	imageCounts  []count
	aloneCounts  []count // without peers, which take too long for so many
	memoryCounts []int

	threading sized // how time shrinks with threads
	scaling   limits

	memoryMethods []string
}

// sized is a shape and a number of images, and about what a row of it costs with all peers.
type sized struct {
	shape
	images int
	cost   time.Duration
}

// count is a number of images, and what a row of so many costs.
type count struct {
	images int
	cost   time.Duration
}

// Goals are about the first row of scorers and the whole run, which have more time than they need on two
// cores of AVX-512: on a slower machine others are left out before them.
const (
	largeCost = 60 * time.Second
	wholeCost = 50 * time.Second
)

// fullPlan takes about five minutes on two cores with the peers installed.
func fullPlan() plan {
	return plan{
		total:        290 * time.Second,
		kernelShapes: []shape{vitL, vitB, vitS, vitSSmall}, allLevels: true,
		kernels: limits{least: 5, most: 15, budget: 3 * time.Second, each: 5 * time.Second},
		scorers: []sized{{vitL, 8, largeCost}, {vitB, 8, 22 * time.Second}, {vitS, 8, 20 * time.Second},
			{vitSSmall, 16, 12 * time.Second}, {classes, 1725, 5 * time.Second}},
		scoring: limits{least: 3, most: 9, budget: 15 * time.Second, each: 30 * time.Second},
		whole:   limits{least: 3, most: 5, budget: 20 * time.Second, each: 40 * time.Second, once: true},
		steps:   limits{least: 3, most: 5, budget: 8 * time.Second},
		growing: vitSSmall, imageCounts: []count{{8, 2 * time.Second},
			{16, 5 * time.Second}, {32, 10 * time.Second}, {64, 22 * time.Second}},
		aloneCounts:   []count{{128, 8 * time.Second}},
		memoryCounts:  []int{8, 16, 32, 64},
		threading:     sized{vitL, 4, 12 * time.Second},
		scaling:       limits{least: 2, most: 7, budget: 6 * time.Second, each: 15 * time.Second},
		memoryMethods: []string{"published", "matmul"},
	}
}

// quickPlan is for a look between two changes: within 40 seconds.
func quickPlan() plan {
	return plan{
		quick:        true,
		total:        40 * time.Second,
		kernelShapes: []shape{vitL, vitSSmall},
		kernels:      limits{least: 5, most: 7, budget: time.Second, each: 3 * time.Second},
		scorers: []sized{{vitL, 4, 8 * time.Second}, {vitSSmall, 8, 2 * time.Second},
			{classes, 400, time.Second}},
		scoring: limits{least: 4, most: 5, budget: 3 * time.Second, each: 10 * time.Second},
		steps:   limits{least: 1, most: 1, budget: 2 * time.Second},
		growing: vitSSmall, imageCounts: []count{{8, time.Second}, {16, 2 * time.Second}},
		memoryCounts: []int{8}, threading: sized{vitL, 2, 2 * time.Second},
		scaling: limits{least: 4, most: 5, budget: time.Second / 2, each: 5 * time.Second},
	}
}

// bench is one run of a plan.
type bench struct {
	plan    plan
	begun   time.Time
	result  *Result
	scratch string  // a temporary folder
	server  *server // nil without peers
	say     func(format string, arguments ...any)

	// slow holds, of contenders that were too slow, the seconds that an operation takes at least.
	slow map[string]float64

	// startPeers starts another process of the peers.
	startPeers func(ctx context.Context) (*server, error)
}

// measure runs the plan; progress goes to told. Interrupted, it ends every process it started.
func (p plan) measure(ctx context.Context, told io.Writer) (*Result, error) {
	scratch, err := os.MkdirTemp("", "musc-bench-*")
	if err != nil {
		return nil, fault.New(fault.Output, "cannot make a temporary folder: %w", err)
	}
	defer os.RemoveAll(scratch)
	begun := time.Now()
	b := &bench{plan: p, begun: begun, result: newResult(p.quick), scratch: scratch,
		say: func(format string, arguments ...any) {
			fmt.Fprintf(told, "%4.0f s  %s\n", time.Since(begun).Seconds(),
				fmt.Sprintf(format, arguments...))
		},
		startPeers: func(ctx context.Context) (*server, error) { return startPeers(ctx, scratch) },
	}
	if p.peers {
		if err := b.findPeers(ctx); err != nil {
			return nil, err
		}
		defer func() { b.server.close() }()
	}
	if err := b.runAll(ctx, b.tasks()); err != nil {
		return nil, err
	}
	return b.result, nil
}

func (b *bench) findPeers(ctx context.Context) error {
	b.say("starting the peers")
	server, err := b.startPeers(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		b.note("the peers do not start: %v; to install them again: make bench-peers", err)
	case server == nil:
		b.note(howToInstall)
	default:
		b.server = server
		for name, version := range server.versions {
			b.result.Versions[name] = version
		}
	}
	return nil
}

// note keeps what the reader of the result has to know.
func (b *bench) note(format string, arguments ...any) {
	text := fmt.Sprintf(format, arguments...)
	b.say("%s", text)
	b.result.Notes = append(b.result.Notes, text)
}

// leaveOut notes the contenders that failed at a shape.
func (b *bench) leaveOut(where string) func(name string, err error) {
	return func(name string, err error) { b.note("%s left out, %s: %v", name, where, err) }
}

// without drops the contenders that were so slow before that they would take longer here than a case may:
// trying them again would take that time once more.
func (b *bench) without(slow []contender, where string, limit time.Duration) (left []contender) {
	for _, c := range slow {
		if limit > 0 && b.slow[c.name]*c.work >= limit.Seconds() {
			b.note("%s left out, %s: it was too slow before", c.name, where)
			continue
		}
		left = append(left, c)
	}
	return left
}

// remember keeps how slow a contender is at least.
func (b *bench) remember(contenders []contender, name string, err error) {
	var late tooSlow
	if !errors.As(err, &late) {
		return
	}
	for _, c := range contenders {
		if c.name == name && c.work > 0 {
			if b.slow == nil {
				b.slow = map[string]float64{}
			}
			b.slow[name] = max(b.slow[name], late.limit.Seconds()/c.work)
		}
	}
}

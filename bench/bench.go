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

	kernelShapes []shape
	allLevels    bool // of SIMD instructions
	kernels      limits

	scorers []sized // each with all of the peers' methods
	scoring limits

	growing      shape // how time and memory grow with the number of images
	imageCounts  []int
	memoryCounts []int

	threading sized // how time shrinks with threads
	scaling   limits

	memoryMethods []string
	steps         limits
}

// sized is a shape and a number of images.
type sized struct {
	shape
	images int
}

// fullPlan takes about five minutes on two cores with the peers installed.
func fullPlan() plan {
	return plan{
		kernelShapes: []shape{vitL, vitB, vitS, vitSSmall}, allLevels: true,
		kernels: limits{least: 5, most: 15, budget: 3 * time.Second, each: 5 * time.Second},
		scorers: []sized{{vitL, 8}, {vitB, 8}, {vitS, 8}, {vitSSmall, 16}, {classes, 1725}},
		scoring: limits{least: 4, most: 9, budget: 15 * time.Second, each: 30 * time.Second},
		growing: vitSSmall, imageCounts: []int{8, 16, 32, 64}, memoryCounts: []int{8, 16, 32, 64},
		threading:     sized{vitL, 4},
		scaling:       limits{least: 4, most: 7, budget: 6 * time.Second, each: 15 * time.Second},
		memoryMethods: []string{"published", "matmul"},
		steps:         limits{least: 3, most: 5, budget: 15 * time.Second},
	}
}

// quickPlan is for a look between two changes: within 40 seconds.
func quickPlan() plan {
	return plan{
		quick:        true,
		kernelShapes: []shape{vitL, vitSSmall},
		kernels:      limits{least: 5, most: 7, budget: time.Second, each: 3 * time.Second},
		scorers:      []sized{{vitL, 4}, {vitSSmall, 8}, {classes, 400}},
		scoring:      limits{least: 4, most: 5, budget: 3 * time.Second, each: 10 * time.Second},
		growing:      vitSSmall, imageCounts: []int{8, 16}, memoryCounts: []int{8},
		threading: sized{vitL, 2},
		scaling:   limits{least: 4, most: 5, budget: time.Second / 2, each: 5 * time.Second},
		steps:     limits{least: 1, most: 1},
	}
}

// bench is one run of a plan.
type bench struct {
	plan    plan
	result  *Result
	scratch string  // a temporary folder
	server  *server // nil without peers
	say     func(format string, arguments ...any)

	// slow holds the least work that each of the peers' methods was too slow for.
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
	b := &bench{plan: p, result: newResult(p.quick), scratch: scratch,
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
	for _, measure := range []func(context.Context) error{
		b.measureKernels, b.measureScorers, b.measureGrowth, b.measureThreads, b.measureSteps,
	} {
		if err := measure(ctx); err != nil {
			return nil, err
		}
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

func (b *bench) measureScorers(ctx context.Context) error {
	for _, s := range b.plan.scorers {
		if err := b.scorerRow(ctx, groupScorers, s.shape, s.images, b.plan.threads, scorerMethods,
			b.plan.scoring); err != nil {
			return err
		}
	}
	return nil
}

// measureGrowth is time and memory against the number of images.
func (b *bench) measureGrowth(ctx context.Context) error {
	methods := scorerMethods[:2]
	for _, images := range b.plan.imageCounts {
		if err := b.scorerRow(ctx, groupImages, b.plan.growing, images, b.plan.threads, methods,
			b.plan.scaling); err != nil {
			return err
		}
	}
	for _, images := range b.plan.memoryCounts {
		if err := b.memoryRow(ctx, b.plan.growing, images); err != nil {
			return err
		}
	}
	return nil
}

// measureThreads is time against the number of threads: 1, 2, 4 and so on, and all.
func (b *bench) measureThreads(ctx context.Context) error {
	for threads := 1; ; threads *= 2 {
		threads = min(threads, b.plan.threads)
		if err := b.scorerRow(ctx, groupThreads, b.plan.threading.shape, b.plan.threading.images,
			threads, scorerMethods[:2], b.plan.scaling); err != nil {
			return err
		}
		if threads == b.plan.threads {
			return nil
		}
	}
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

// without drops the contenders that were too slow for as much work before: trying them again would
// take their limit once more.
func (b *bench) without(slow []contender, where string) (left []contender) {
	for _, c := range slow {
		if least, known := b.slow[c.name]; known && c.work >= least {
			b.note("%s left out, %s: it was too slow for less", c.name, where)
			continue
		}
		left = append(left, c)
	}
	return left
}

// remember keeps what work a contender was too slow for.
func (b *bench) remember(contenders []contender, name string, err error) {
	if !errors.As(err, new(tooSlow)) {
		return
	}
	for _, c := range contenders {
		if c.name == name {
			if b.slow == nil {
				b.slow = map[string]float64{}
			}
			b.slow[name] = c.work
		}
	}
}

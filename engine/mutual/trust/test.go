package trust

import (
	"context"
	"fmt"
	"time"

	"musc/cgo/cuda"
	"musc/engine/fault"
	"musc/kernels"
)

// Test is how a kernel is tested.
type Test struct {
	// Child is the command that tests in a process of its own: a program and its first arguments, to
	// which those of Serve are added. Without one the test runs in this process.
	Child []string
	Limit time.Duration // 0: DefaultLimit

	// Tell, if set, hears in one line each that a test begins, and what it means if it fails.
	Tell func(text string)
}

// DefaultLimit is how long a test may take. A device does it in a second or two, most of which goes
// into opening it; one that is opened first after a start of the machine may take ten.
const DefaultLimit = time.Minute

func (t Test) tell(format string, args ...any) {
	if t.Tell != nil {
		t.Tell(fmt.Sprintf(format, args...))
	}
}

// Verdict is the kept verdict on a kernel, or that of a test that is run now. An error is one of
// the test, as of Run.
func (t Test) Verdict(ctx context.Context, of cuda.Device, kernel kernels.Kernel) (Verdict, error) {
	about, err := keyOf(of, kernel)
	if err != nil {
		return Verdict{}, err
	}
	if verdict, ok := about.load(); ok {
		return verdict, nil
	}
	t.tell("%s: first use of kernel %s, which is tested before: %v at most", of, kernel, t.limit())
	return t.Run(ctx, of, kernel)
}

func (t Test) limit() time.Duration {
	if t.Limit > 0 {
		return t.Limit
	}
	return DefaultLimit
}

// Run tests a kernel and keeps the verdict. The error, of kind fault.Setup, says why the device
// could not be tested at all: its memory is full, or it is lost. It is ctx.Err() if ctx ends.
func (t Test) Run(ctx context.Context, of cuda.Device, kernel kernels.Kernel) (Verdict, error) {
	about, err := keyOf(of, kernel)
	if err != nil {
		return Verdict{}, err
	}
	begun := time.Now()
	run := t.inChild
	if len(t.Child) == 0 {
		run = t.inProcess
	}
	found, err := run(ctx, of.Ordinal, kernel)
	if err == nil && found.Unable != "" {
		err = fault.New(fault.Setup, "%s", found.Unable)
	}
	if ctx.Err() != nil {
		return Verdict{}, ctx.Err()
	}
	if err != nil {
		return Verdict{}, fault.New(fault.Setup, "cannot test kernel %s on %s: %w", kernel, of, err)
	}
	verdict := Verdict{Passed: found.Failure == "", Failure: found.Failure, Distance: found.Distance,
		Score: found.Score, Seconds: time.Since(begun).Seconds(), Tested: time.Now().UTC()}
	if len(t.Child) == 0 && !verdict.Passed {
		return verdict, nil
	}
	if err := about.save(verdict); err != nil {
		t.tell("the verdict on kernel %s is not kept, the next run tests again: %v", kernel, err)
	}
	return verdict, nil
}

//go:build cuda && linux

package trust

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"musc/cgo/cuda"
	"musc/kernels"
)

// What is not the kernel's doing is no verdict: it is told, and the next use tests again.
func TestWhatCannotBeTested(t *testing.T) {
	for _, c := range []struct {
		name, variable, value string
		child                 []string
		says                  string
	}{
		{"no memory", "MUSC_FAKE_MEMORY", "1000", nil, "of the device's memory"},
		{"an ECC error", "MUSC_FAKE_FAIL", "run:9=214", nil, "ECC cannot correct"},
		{"a lost device", "MUSC_FAKE_FAIL", "copy:2=999", nil, "it is lost"},
		{"a device in use", "MUSC_FAKE_FAIL", "retain:1=46", nil, "opening cuda:0"},
		{"no child", "X", "", []string{"/nowhere/musc"}, "cannot start /nowhere/musc"},
		{"a child that says nothing", "X", "", []string{"true"}, `its process printed ""`},
		{"a child of another version", "X", "", []string{"sh", "-c", "echo musc: no such >&2; exit 2"},
			`its process ended with exit status 2 and "musc: no such"`},
		{"a child that somebody ends", "X", "", []string{"sh", "-c", "kill -9 $$"}, "signal: killed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			trial := newTrial(t)
			if c.child != nil {
				trial.child = c.child
			}
			t.Setenv(c.variable, c.value)
			got := trial.choice()
			if !strings.HasPrefix(got, "cpu: cannot test kernel search_hopper on cuda:0 Fake 0 (compute "+
				"capability 9.0): ") || !strings.Contains(got, c.says) || len(verdicts(t)) > 0 {
				t.Errorf("%q, kept %q", got, verdicts(t))
			}
		})
	}
}

// A child that a signal of its own ended has crashed, also where no runtime could say so.
func TestChildThatASignalEnds(t *testing.T) {
	c := newTrial(t)
	c.child = []string{"sh", "-c", "kill -SEGV $$"}
	if got := c.choice(); !strings.HasPrefix(got, untrusted) || len(verdicts(t)) != 2 ||
		!strings.Contains(got, "its process crashed: signal: segmentation fault") {
		t.Errorf("%q, kept %q", got, verdicts(t))
	}
}

// Ctrl-C ends the child, and is no verdict.
func TestInterruptedTest(t *testing.T) {
	c := newTrial(t)
	c.limit = time.Hour
	t.Setenv("MUSC_FAKE_KERNEL", "search_hopper*=hang")
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	scorer, _, err := c.choose(ctx, true)
	if !errors.Is(err, context.DeadlineExceeded) || scorer != nil || len(verdicts(t)) > 0 {
		t.Errorf("%v, %v, kept %q", scorer, err, verdicts(t))
	}
}

// A child whose parent is gone ends by itself.
func TestAbandonedChild(t *testing.T) {
	newTrial(t)
	t.Setenv("MUSC_FAKE_KERNEL", "search=hang")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := exec.CommandContext(ctx, os.Args[0], "0", "search", "1ms").Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("%v", err)
	}
}

// Without a cache to write to the test runs each time, and says so.
func TestCacheThatCannotBeWritten(t *testing.T) {
	c := newTrial(t)
	t.Setenv("MUSC_CACHE", "/dev/null/cache")
	for range 2 {
		if got := c.choice(); got != "[search_hopper]" || len(c.told) != 2 ||
			!strings.Contains(c.told[1], "is not kept, the next run tests again: ") {
			t.Errorf("%s, told %q", got, c.told)
		}
	}
}

// The problems reach every kernel of search_hopper.cu: a wrong one is found, whichever it is.
func TestEveryTileIsTested(t *testing.T) {
	newTrial(t)
	for _, name := range []string{"search_hopper", "search_hopper_232", "search_hopper_near",
		"search_hopper_232_near"} {
		t.Setenv("MUSC_FAKE_KERNEL", name+"=wrong")
		found := score(context.Background(), 0, kernels.SearchHopper, problems)
		near := strings.HasSuffix(name, "_near")
		if !strings.Contains(found.Failure, "nearest") ||
			strings.Contains(found.Failure, " within ") != near {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

// A program that gives no child tests in its own process, at the size that the others test, too. A
// failure is not kept there.
func TestInThisProcess(t *testing.T) {
	c := newTrial(t)
	c.child, c.limit = nil, 10*time.Minute
	t.Setenv("MUSC_FAKE_KERNEL", "search_hopper*=wrong")
	if got := c.choice(); got != "[search]" || len(verdicts(t)) != 1 {
		t.Errorf("%s, told %q, kept %q", got, c.told, verdicts(t))
	}
	t.Setenv("MUSC_FAKE_KERNEL", "")
	if got := c.choice(); got != "[search_hopper]" || len(verdicts(t)) != 2 {
		t.Errorf("%s, told %q, kept %q", got, c.told, verdicts(t))
	}
	devices, err := cuda.Devices()
	if err != nil {
		t.Fatal(err)
	}
	for _, kernel := range []kernels.Kernel{kernels.Search, kernels.SearchHopper} {
		verdict, ok := Kept(devices[0], kernel)
		if !ok || !verdict.Passed || verdict.Distance > distanceError/3 || verdict.Score > scoreError/3 {
			t.Errorf("%s: %v", kernel, verdict)
		}
		t.Logf("kernel %s %v", kernel, verdict)
	}
}

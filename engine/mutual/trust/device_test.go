//go:build cuda && linux

package trust

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"musc/cgo/cuda"
	"musc/cgo/cuda/fake"
	"musc/engine/device"
	"musc/engine/fault"
	"musc/engine/mutual"
	"musc/kernels"
)

// asChild makes the test binary test a kernel, with a problem that takes the emulator no time.
const asChild = "MUSC_TEST_TRUST_CHILD"

var small = []problem{{images: 3, height: 2, width: 3, channels: 8, multiprocessors: 1}}

func TestMain(m *testing.M) {
	if os.Getenv(asChild) == "" {
		fake.Main(m, "../../../kernels/emulator/kernels.cpp")
	}
	if err := serve(context.Background(), os.Args[1:], os.Stdout, small); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(0)
}

// trial is a choice of a scorer: for cuda:0 of compute capability 9.0, with an empty cache.
type trial struct {
	child []string
	limit time.Duration
	told  []string // what the choice said
}

func newTrial(t *testing.T) *trial {
	t.Helper()
	fake.Only(t)
	t.Setenv("MUSC_CACHE", t.TempDir())
	t.Setenv("MUSC_FAKE_CAPABILITY", "9.0")
	t.Setenv(KernelVariable, "")
	t.Setenv(asChild, "1")
	return &trial{child: []string{os.Args[0]}, limit: 20 * time.Second}
}

func (c *trial) choose(ctx context.Context, optional bool) (mutual.Scorer, string, error) {
	c.told = nil
	return NewScorer(ctx, Resources{
		Device: device.Choice{CUDA: true, Optional: optional, Ordinals: []int{0}},
		Test: Test{Child: c.child, Limit: c.limit,
			Tell: func(text string) { c.told = append(c.told, text) }}})
}

// choice is the kernel that an optional device scores with, "cpu: REASON" or an error's text.
func (c *trial) choice() string {
	scorer, reason, err := c.choose(context.Background(), true)
	if err != nil {
		return "error: " + err.Error()
	}
	if onGPU, is := scorer.(mutual.CUDA); is {
		return fmt.Sprint(onGPU.Kernels)
	}
	return "cpu: " + reason
}

// withoutChild chooses again, where no child can be started: what is kept must do.
func (c *trial) withoutChild() string {
	again := *c
	again.child = []string{"/nowhere/musc"}
	return again.choice()
}

// verdicts counts the files in the cache.
func verdicts(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(os.Getenv("MUSC_CACHE"), "self-test", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

const (
	first     = "cuda:0 Fake 0 (compute capability 9.0): first use of kernel "
	untrusted = "cpu: cuda:0 Fake 0 (compute capability 9.0) is not trusted: kernel search"
	instead   = "; kernel search is tried instead; please report what musc doctor --self-test prints"
)

// The chain of kernels, by how they misbehave: each failure is told in a line, and every verdict is kept.
func TestKernelsThatFail(t *testing.T) {
	const wrong, crash, hang = "from its nearest", "its process crashed: SIGABRT: abort", "it did not end within 5s"
	for _, c := range []struct {
		name, capability, kernels, fail string
		want                            string   // the choice begins so
		says                            []string // by failed kernel
	}{
		{"all are right", "9.0", "", "", "[search_hopper]", nil},
		{"search_hopper is wrong", "9.0", "search_hopper*=wrong", "", "[search]", []string{wrong}},
		{"search_hopper hangs", "9.0", "search_hopper*=hang", "", "[search]", []string{hang}},
		{"search_hopper crashes", "9.0", "search_hopper*=crash", "", "[search]", []string{crash}},
		{"both are wrong", "9.0", "search_hopper*=wrong,search=wrong", "", untrusted,
			[]string{wrong, wrong}},
		{"one hangs, one crashes", "9.0", "search_hopper*=hang,search=crash", "", untrusted,
			[]string{hang, crash}},
		{"one crashes, one is wrong", "9.0", "search_hopper*=crash,search=wrong", "", untrusted,
			[]string{crash, wrong}},
		{"right on 8.0", "8.0", "search_hopper*=wrong", "", "[search]", nil},
		{"wrong on 8.0", "8.0", "search=wrong", "", "cpu: ", []string{wrong}},
		{"hangs on 8.0", "8.0", "search=hang", "", "cpu: ", []string{hang}},
		{"crashes on 8.0", "8.0", "search=crash", "", "cpu: ", []string{crash}},
		{"wrong distances", "8.0", "add_distances=wrong", "", "cpu: ", []string{"and by the CPU"}},
		{"wrong scores", "8.0", "add_scores=wrong", "", "cpu: ", []string{"and by the CPU"}},
		{"an illegal address", "8.0", "", "run:9=700", "cpu: ",
			[]string{"a kernel used an address that is none of its memory (CUDA error 700)"}},
		{"a launch that is refused", "8.0", "", "launch:9", "cpu: ", []string{"LAUNCH_OUT_OF_RESOURCES"}},
		{"code that does not load", "8.0", "", "load:1", "cpu: ", []string{"INVALID_IMAGE"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			trial := newTrial(t)
			if strings.Contains(c.kernels, "hang") {
				trial.limit = 5 * time.Second
			}
			t.Setenv("MUSC_FAKE_CAPABILITY", c.capability)
			t.Setenv("MUSC_FAKE_KERNEL", c.kernels)
			t.Setenv("MUSC_FAKE_FAIL", c.fail)
			got := trial.choice()
			if !strings.HasPrefix(got, c.want) || strings.Contains(got, "\n") {
				t.Errorf("chose %q, want %q", got, c.want)
			}
			all := strings.Join(append(trial.told, got), "\n")
			for _, says := range c.says {
				if _, all, _ = strings.Cut(all, says); all == "" {
					t.Errorf("told %q, then %q: nothing says %q", trial.told, got, says)
				}
			}
			if c.want == "[search]" && len(c.says) > 0 && (len(trial.told) != 3 ||
				!strings.HasPrefix(trial.told[0], first+"search_hopper, which is tested before: ") ||
				!strings.Contains(trial.told[1], ": kernel search_hopper failed its self-test on ") ||
				!strings.HasSuffix(trial.told[1], instead) || !strings.HasPrefix(trial.told[2], first)) {
				t.Errorf("told %q", trial.told)
			}
			if strings.HasPrefix(got, "cpu: ") && !strings.HasSuffix(got, howToReport) {
				t.Errorf("the choice is %q, not how to report it", got)
			}
			tested := len(c.says)
			if strings.HasPrefix(c.want, "[") {
				tested++
			}
			if kept := verdicts(t); len(kept) != tested {
				t.Errorf("kept %q, of %d tests", kept, tested)
			}
			if again := trial.withoutChild(); again != got {
				t.Errorf("from what is kept: %q, at first: %q", again, got)
			}
		})
	}
}

// A device that is demanded and that no kernel passes on is an error.
func TestDemandedDevice(t *testing.T) {
	c := newTrial(t)
	t.Setenv("MUSC_FAKE_KERNEL", "search_hopper*=crash,search=wrong")
	scorer, _, err := c.choose(context.Background(), false)
	if scorer != nil || fault.KindOf(err) != fault.Setup ||
		!strings.HasPrefix(err.Error(), "cannot score on cuda:0: cuda:0 Fake 0 (compute capability 9.0) "+
			"is not trusted: kernel search_hopper failed its self-test on ") ||
		!strings.Contains(err.Error(), ", and kernel search failed its self-test on ") ||
		!strings.HasSuffix(err.Error(), howToReport+"; --device cpu does without") {
		t.Errorf("%v, %v", scorer, err)
	}
}

// A verdict counts for the same device, driver, code and kernel; a file that is none is replaced.
func TestWhatAVerdictIsAbout(t *testing.T) {
	c := newTrial(t)
	release := ""
	findDriver = func() (cuda.Driver, error) {
		driver, err := cuda.FindDriver()
		driver.Release = release
		return driver, err
	}
	defer func() { findDriver = cuda.FindDriver }()
	tested := func(what string, want int) {
		t.Helper()
		if got := c.choice(); !strings.HasPrefix(got, "[search") || len(c.told) != want {
			t.Errorf("%s: %s, told %q", what, got, c.told)
		}
	}
	tested("at first", 1)
	kept := verdicts(t)
	tested("again", 0)
	t.Setenv("MUSC_FAKE_VERSION", "12080")
	tested("another driver", 1)
	release = "580.95.05"
	tested("another driver of the same CUDA", 1)
	tested("the same", 0)
	t.Setenv("MUSC_FAKE_UUID", "7")
	tested("another device", 1)
	t.Setenv("MUSC_FAKE_CAPABILITY", "8.0")
	tested("other kernel", 1)
	t.Setenv("MUSC_FAKE_CAPABILITY", "8.6")
	tested("other code", 1)
	tested("the same again", 0)

	t.Setenv("MUSC_FAKE_CAPABILITY", "9.0")
	t.Setenv("MUSC_FAKE_UUID", "")
	t.Setenv("MUSC_FAKE_VERSION", "")
	release = ""
	tested("as at first", 0)
	text, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(verdicts(t)[0])
	if err != nil || slices.Contains(kept, verdicts(t)[0]) {
		other, err = os.ReadFile(verdicts(t)[1])
	}
	if err != nil {
		t.Fatal(err)
	}
	for what, damaged := range map[string]string{
		"empty": "", "cut off": string(text[:len(text)/2]), "no verdict": "{}", "a list": "[]",
		"another's":           string(other),
		"of another revision": strings.Replace(string(text), `"revision": 1`, `"revision": 0`, 1),
		"passed and failed":   strings.Replace(string(text), `"passed": true,`, `"passed": true, "failure": "x",`, 1),
		"neither":             strings.Replace(string(text), `"passed": true`, `"passed": false`, 1),
		"of no time":          strings.Replace(string(text), `"tested"`, `"texted"`, 1),
	} {
		if damaged == string(text) {
			t.Fatalf("%s is not damaged: %s", what, text)
		}
		if err := os.WriteFile(kept[0], []byte(damaged), 0o644); err != nil {
			t.Fatal(err)
		}
		tested(what, 1)
		tested(what+", mended", 0)
	}
}

// $MUSC_CUDA_KERNEL takes a kernel, which is tested as any; one that there is not is an error.
func TestDemandedKernel(t *testing.T) {
	for _, c := range []struct{ capability, demanded, kernels, want string }{
		{"9.0", "search", "search_hopper*=crash", "[search]"},
		{"9.0", "search_hopper", "", "[search_hopper]"},
		{"9.0", "search_hopper", "search_hopper*=wrong", "cpu: cuda:0 Fake 0 (compute capability 9.0) is " +
			"not trusted: kernel search_hopper failed"},
		{"9.0", "search", "search=wrong", "cpu: "},
		{"9.0", "hopper", "", `error: $MUSC_CUDA_KERNEL: there is no kernel "hopper", only ` +
			"search_hopper and search; unset it"},
		{"8.0", "search_hopper", "", "error: $MUSC_CUDA_KERNEL demands search_hopper for cuda:0 Fake 0 " +
			"(compute capability 8.0): kernel search_hopper needs a device of compute capability 9.0, " +
			"not 8.0; unset it"},
	} {
		trial := newTrial(t)
		t.Setenv("MUSC_FAKE_CAPABILITY", c.capability)
		t.Setenv("MUSC_FAKE_KERNEL", c.kernels)
		t.Setenv(KernelVariable, c.demanded)
		if got := trial.choice(); !strings.HasPrefix(got, c.want) || len(trial.told) > 1 {
			t.Errorf("%+v: %q, told %q", c, got, trial.told)
		}
	}
}

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
	if scorer, _, err := c.choose(ctx, true); !errors.Is(err, context.DeadlineExceeded) || scorer != nil ||
		len(verdicts(t)) > 0 {
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
	for _, name := range []string{"search_hopper", "search_hopper_232"} {
		t.Setenv("MUSC_FAKE_KERNEL", name+"=wrong")
		found := score(context.Background(), 0, kernels.SearchHopper, problems)
		if !strings.Contains(found.Failure, "from its nearest") {
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
	t.Setenv("MUSC_CACHE", t.TempDir())
	c.limit = time.Millisecond
	if got := c.choice(); !strings.Contains(got, "it did not end within 1ms") || len(verdicts(t)) > 0 {
		t.Errorf("%s, told %q, kept %q", got, c.told, verdicts(t))
	}
}

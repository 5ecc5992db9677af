//go:build cuda && linux

package trust

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"musc/cgo/cuda/fake"
	"musc/engine/device"
	"musc/engine/fault"
	"musc/engine/mutual"
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

// The chain of kernels, by how they misbehave: each failure is told in a line, each verdict kept.
func TestKernelsThatFail(t *testing.T) {
	const (
		wrong = "from its nearest"
		crash = "its process crashed: SIGABRT: abort"
		hang  = "it did not end within 5s"
	)
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

// $MUSC_CUDA_KERNEL takes a kernel, which is tested as any; one that there is not is an error.
func TestDemandedKernel(t *testing.T) {
	for _, c := range []struct{ capability, demanded, kernels, want string }{
		{"9.0", "search", "search_hopper*=crash", "[search]"},
		{"9.0", "search_hopper", "", "[search_hopper]"},
		{"9.0", "search_hopper", "search_hopper*=wrong", untrusted + "_hopper failed"},
		{"9.0", "search", "search=wrong", "cpu: "},
		{"9.0", "hopper", "", `error: $MUSC_CUDA_KERNEL: there is no kernel "hopper", only ` +
			"search_hopper, search, box, or fastest to have them timed; unset it"},
		{"9.0", "box", "search*=crash", "[box]"},
		{"8.0", "box", "add_distances=wrong", "cpu: "},
		{"8.0", "box", "box_search=wrong", "cpu: "},
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

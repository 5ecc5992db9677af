//go:build cuda && linux

package trust

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/device"
	"musc/engine/features"
	"musc/engine/mutual"
	"musc/kernels"
)

// A measurement is told and made once: another scorer takes what is kept, and a damaged file or
// other images are measured anew.
func TestFastestIsMeasuredOnce(t *testing.T) {
	c := newTrial(t)
	t.Setenv("MUSC_FAKE_CAPABILITY", "8.0")
	t.Setenv(KernelVariable, string(Fastest))
	shape := features.Shape{Stages: 1, Images: 2, Height: 2, Width: 2, Channels: 8}
	measure := func(degrees ...int) (kernels.Kernel, string) {
		t.Helper()
		scorer, reason, err := c.choose(context.Background(), false)
		onGPU, is := scorer.(mutual.CUDA)
		if err != nil || reason != "" || !is || len(onGPU.Kernels) != 1 ||
			onGPU.Kernels[0] != kernels.Search || onGPU.Choose == nil {
			t.Fatalf("%+v, %q, %v", scorer, reason, err)
		}
		c.told = nil
		var kernel kernels.Kernel
		for range 2 {
			kernel, err = onGPU.Choose(context.Background(), 0, kernels.Search, shape, degrees, 0)
			if err != nil || kernel != kernels.Search && kernel != kernels.Box {
				t.Fatalf("%q, %v", kernel, err)
			}
		}
		return kernel, strings.Join(c.told, "\n")
	}
	first, told := measure(1, 3)
	if !strings.Contains(told, "cuda:0 Fake 0 (compute capability 8.0): kernel "+string(first)+
		" is the faster of search and box for 2 x 2 patches of 8 channels") ||
		strings.Contains(told, "\n") {
		t.Errorf("told %q", told)
	}
	if again, told := measure(1, 3); again != first || told != "" {
		t.Errorf("%s after %s, told %q", again, first, told)
	}
	kept, err := filepath.Glob(filepath.Join(os.Getenv("MUSC_CACHE"), "self-test", "fastest-*"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept %q, %v", kept, err)
	}
	text, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	other := kernels.Box // what is kept counts, whatever was measured
	if first == other {
		other = kernels.Search
	}
	said := `"faster": "` + string(first) + `"`
	write := func(text string) {
		if err := os.WriteFile(kept[0], []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Replace(string(text), said, `"faster": "`+string(other)+`"`, 1))
	if got, told := measure(1, 3); got != other || told != "" {
		t.Errorf("%s, kept was %s; told %q", got, other, told)
	}
	for what, damaged := range map[string]string{
		"empty": "", "cut off": string(text[:len(text)/2]), "no measurement": "{}",
		"of no kernel":    strings.Replace(string(text), said, `"faster": "x"`, 1),
		"of other images": strings.Replace(string(text), `"Height": 2`, `"Height": 3`, 1),
	} {
		if damaged == string(text) {
			t.Fatalf("%s is not damaged: %s", what, text)
		}
		write(damaged)
		if _, told := measure(1, 3); !strings.Contains(told, " is the faster of ") {
			t.Errorf("%s: told %q", what, told)
		}
	}
	if _, told := measure(1, 5); told == "" {
		t.Error("other degrees are not measured")
	}
}

// Where box does not pass, the others search without it, which is told.
func TestBoxThatFailsIsNotTimed(t *testing.T) {
	c := newTrial(t)
	t.Setenv("MUSC_FAKE_CAPABILITY", "8.0")
	t.Setenv(KernelVariable, string(Fastest))
	t.Setenv("MUSC_FAKE_KERNEL", "box_search=crash")
	scorer, _, err := c.choose(context.Background(), true)
	onGPU, is := scorer.(mutual.CUDA)
	if err != nil || !is || onGPU.Choose != nil || onGPU.Kernels[0] != kernels.Search {
		t.Fatalf("%+v, %v", scorer, err)
	}
	if told := strings.Join(c.told, "\n"); !strings.Contains(told, "kernel box failed its self-test") ||
		!strings.Contains(told, "it is not timed against others; "+howToReport) {
		t.Errorf("told %q", told)
	}
}

// A cache that cannot be written costs a measurement a run, not one a subset.
func TestMeasurementThatIsNotKept(t *testing.T) {
	c := newTrial(t)
	t.Setenv("MUSC_CACHE", "/dev/null/cache")
	t.Setenv("MUSC_FAKE_CAPABILITY", "8.0")
	t.Setenv(KernelVariable, string(Fastest))
	scorer, _, err := c.choose(context.Background(), false)
	if err != nil {
		t.Fatal(err)
	}
	c.told = nil
	for range 2 {
		if _, err := scorer.(mutual.CUDA).Choose(context.Background(), 0, kernels.Search,
			features.Shape{Stages: 1, Images: 2, Height: 2, Width: 2, Channels: 8}, []int{1, 3},
			0); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.told) != 2 || !strings.HasPrefix(c.told[1], "that is not kept, the next run measures again: ") {
		t.Errorf("told %q", c.told)
	}
}

// A CPU is what it is.
func TestFastestOfNoDevice(t *testing.T) {
	t.Setenv(KernelVariable, string(Fastest))
	scorer, reason, err := NewScorer(context.Background(), Resources{Device: device.CPU})
	if _, is := scorer.(mutual.CPU); !is || reason != "" || err != nil {
		t.Errorf("%v, %q, %v", scorer, reason, err)
	}
}

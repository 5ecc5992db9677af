package trust

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	"musc/cgo/cuda"
	"musc/engine/features"
	"musc/engine/mutual"
	"musc/kernels"
)

// Fastest stands in $MUSC_CUDA_KERNEL for no kernel: a measurement on the device chooses between the
// direct kernel that it trusts and kernels.Box.
const Fastest kernels.Kernel = "fastest"

// timed is what a measurement is about: both kernels, as their verdicts are, and what they search.
type timed struct {
	Direct, Box             key
	Height, Width, Channels int
	Degrees                 []int
	Near                    int `json:",omitempty"`
}

// timing is a measurement's file. It is kept because a choice that changed from run to run would
// change the last digits of scores with it.
type timing struct {
	About  timed          `json:"about"`
	Faster kernels.Kernel `json:"faster"`
}

// fastest chooses by measurements, each made once: in another run, or in this one where the cache
// cannot be written.
type fastest struct {
	test    Test
	devices []cuda.Device

	lock sync.Mutex
	made map[string]kernels.Kernel // by what they are about, as text
}

// newFastest is nil where Box does not pass its self-test on one of the devices.
func (t Test) newFastest(ctx context.Context, devices []cuda.Device) (*fastest, error) {
	for _, of := range devices {
		verdict, err := t.Verdict(ctx, of, kernels.Box)
		if err != nil {
			return nil, err
		}
		if !verdict.Passed {
			t.tell("%s: kernel %s %s; it is not timed against others; %s", of, kernels.Box, verdict,
				howToReport)
			return nil, nil
		}
	}
	return &fastest{test: t, devices: devices, made: map[string]kernels.Kernel{}}, nil
}

// choose implements mutual.CUDA.Choose.
func (f *fastest) choose(ctx context.Context, ordinal int, direct kernels.Kernel,
	shape features.Shape, degrees []int, near int) (kernels.Kernel, error) {

	f.lock.Lock()
	defer f.lock.Unlock()
	about := timed{Height: shape.Height, Width: shape.Width, Channels: shape.Channels,
		Degrees: degrees, Near: near}
	var of cuda.Device
	for _, device := range f.devices {
		if device.Ordinal == ordinal {
			of = device
		}
	}
	var err error
	if about.Direct, err = keyOf(of, direct); err != nil {
		return "", err
	}
	if about.Box, err = keyOf(of, kernels.Box); err != nil {
		return "", err
	}
	text := fmt.Sprintf("%+v", about)
	if kernel, ok := f.made[text]; ok {
		return kernel, nil
	}
	kernel, ok := about.load()
	if !ok {
		if kernel, err = mutual.Faster(ctx, ordinal, direct, shape, degrees, near); err != nil {
			return "", err
		}
		within := ""
		if near > 0 {
			within = fmt.Sprintf(" within %d of each other", near)
		}
		f.test.tell("%s: kernel %s is the faster of %s and %s for %d x %d patches of %d channels%s",
			of, kernel, direct, kernels.Box, shape.Height, shape.Width, shape.Channels, within)
		if err := keep(string(Fastest), about, timing{about, kernel}); err != nil {
			f.test.tell("that is not kept, the next run measures again: %v", err)
		}
	}
	f.made[text] = kernel
	return kernel, nil
}

// load is the kept measurement; a file that is damaged or about something else is none.
func (t timed) load() (kernels.Kernel, bool) {
	var kept timing
	if !readKept(string(Fastest), t, &kept) || !reflect.DeepEqual(kept.About, t) {
		return "", false
	}
	return kept.Faster, kept.Faster == t.Direct.Kernel || kept.Faster == kernels.Box
}

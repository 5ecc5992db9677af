// Package trust chooses what scores, and lets a GPU score only after it has shown that it can. The
// first time that a kernel is to search on a device it scores small random problems, and what it
// chose and gave is compared with the CPU. The verdict is kept in the cache under the device's UUID,
// its driver, the code's hash and the kernel's name: as long as these are the same it counts.
//
// The test runs in a child process, which may crash or hang: after a time limit it is ended. Who
// imports the engine says by Test.Child how to start one (in package main: hand the arguments to
// Serve). Without a child the test runs in this process: a wrong kernel is found as well, one
// that hangs is left alone after the limit, but one that crashes ends the program, and a failure is
// not kept, as a device may give errors only because an earlier kernel broke its context.
//
// A kernel that fails is not used: the device's next one is tested, and without any that passes the
// CPU scores, or a device that was demanded is an error. Each of these is told in one line.
package trust

import (
	"context"
	"fmt"
	"os"
	"strings"

	"musc/cgo/cuda"
	"musc/engine/device"
	"musc/engine/fault"
	"musc/engine/mutual"
	"musc/kernels"
)

// KernelVariable names the kernel to search with, of those that a device has, or is Fastest. It is
// tested as well.
const KernelVariable = "MUSC_CUDA_KERNEL"

// Resources are what a scorer may use.
type Resources struct {
	Device       device.Choice
	Threads      int               // of the CPU; 0: one a processor
	DeviceMemory int64             // bound on a GPU's memory, in bytes; 0: most of what is free
	Note         func(text string) // hears how a GPU's memory is divided; nil: nobody
	Test         Test              // of a GPU before its first use
}

// NewScorer returns the Scorer for the wanted device. Where CUDA is optional and cannot be had, or no
// kernel passes the test, it is the CPU, and reason says why; where it is demanded that is an error
// of kind fault.Setup. A kernel in $MUSC_CUDA_KERNEL that there is not, or not on the device, is an
// error of kind fault.Usage in both cases.
func NewScorer(ctx context.Context, resources Resources) (scorer mutual.Scorer, reason string,
	err error) {

	onCPU := mutual.CPU{Threads: resources.Threads}
	if !resources.Device.CUDA {
		return onCPU, "", nil
	}
	onGPU, err := choose(ctx, resources)
	switch {
	case err == nil:
		return onGPU, "", nil
	case ctx.Err() != nil:
		return nil, "", ctx.Err()
	case fault.KindOf(err) == fault.Usage:
		return nil, "", err
	case resources.Device.Optional:
		return onCPU, err.Error(), nil
	}
	return nil, "", fault.New(fault.Setup, "cannot score on %s: %w; --device cpu does without",
		resources.Device, err)
}

// choose returns the scorer with the kernel of each device.
func choose(ctx context.Context, resources Resources) (scorer mutual.CUDA, err error) {
	demanded, err := Demanded()
	if err != nil {
		return scorer, err
	}
	scorer = mutual.CUDA{Ordinals: resources.Device.Ordinals, Memory: resources.DeviceMemory,
		Note: resources.Note}
	if err := mutual.CUDAError(scorer.Ordinals); err != nil {
		return scorer, err
	}
	all, err := cuda.Devices()
	if err != nil {
		return scorer, err
	}
	var devices []cuda.Device
	for _, ordinal := range scorer.Ordinals {
		kernel, err := resources.Test.choose(ctx, all[ordinal], demanded)
		if err != nil {
			return scorer, err
		}
		devices = append(devices, all[ordinal])
		scorer.Kernels = append(scorer.Kernels, kernel)
	}
	if demanded == Fastest {
		measuring, err := resources.Test.newFastest(ctx, devices)
		if err != nil {
			return scorer, err
		}
		if measuring != nil {
			scorer.Choose = measuring.choose
		}
	}
	return scorer, nil
}

// Demanded is the kernel in $MUSC_CUDA_KERNEL, or Fastest, "" if it names none. An unknown one is of kind
// fault.Usage.
func Demanded() (kernels.Kernel, error) {
	name := os.Getenv(KernelVariable)
	if name == "" {
		return "", nil
	}
	if name == string(Fastest) {
		return Fastest, nil
	}
	kernel, err := kernels.ParseKernel(name)
	if err != nil {
		return "", fault.New(fault.Usage, "$%s: %w, or %s to have them timed; unset it to let musc "+
			"choose", KernelVariable, err, Fastest)
	}
	return kernel, nil
}

// Candidates lists the kernels that may search on a device, in the order in which they are tried:
// the demanded one, or all direct ones that it has. The error is of kind fault.Usage.
func Candidates(of cuda.Device, demanded kernels.Kernel) ([]kernels.Kernel, error) {
	if demanded == "" || demanded == Fastest {
		return kernels.KernelsOf(of.Major, of.Minor), nil
	}
	if err := demanded.RunsOn(of.Major, of.Minor); err != nil {
		return nil, fault.New(fault.Usage, "$%s demands %s for %s: %w; unset it to let musc choose",
			KernelVariable, demanded, of, err)
	}
	return []kernels.Kernel{demanded}, nil
}

// howToReport ends a line about a kernel that failed.
const howToReport = "please report what musc doctor --self-test prints"

// choose returns the first kernel of a device that passes.
func (t Test) choose(ctx context.Context, of cuda.Device, demanded kernels.Kernel) (
	kernels.Kernel, error) {

	candidates, err := Candidates(of, demanded)
	if err != nil {
		return "", err
	}
	var failed []string
	for k, kernel := range candidates {
		verdict, err := t.Verdict(ctx, of, kernel)
		if err != nil {
			return "", err
		}
		if verdict.Passed {
			return kernel, nil
		}
		failed = append(failed, fmt.Sprintf("kernel %s %s", kernel, verdict))
		if k+1 < len(candidates) {
			t.tell("%s: %s; kernel %s is tried instead; %s", of, failed[k], candidates[k+1],
				howToReport)
		}
	}
	return "", fmt.Errorf("%s is not trusted: %s; %s", of, strings.Join(failed, ", and "), howToReport)
}

//go:build cuda && linux

package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"musc/cgo/cuda/fake"
)

// setupSays runs setup in a process of its own, as the driver is opened once in each, with an empty
// cache and no way to fill it, and returns what it says on standard error.
func setupSays(t *testing.T, arguments []string, environment ...string) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, append([]string{"setup", "--offline"}, arguments...)...)
	command.Env = append(append(os.Environ(), asMusc+"=1", "MUSC_CACHE="+t.TempDir()), environment...)
	var said strings.Builder
	command.Stderr = &said
	if err := command.Run(); err == nil {
		t.Error("set up without a network")
	}
	return said.String()
}

// Which libraries are fetched is the driver's word, here that of the fake one.
func TestSetUpAsksTheDriver(t *testing.T) {
	driver := fakeDriver(t)
	for _, test := range []struct {
		name, fakes, args string
		says              []string
	}{
		{"CUDA 13", "MUSC_FAKE_VERSION=13000", "", []string{"for CUDA 13.0: libraries of CUDA 13\n"}},
		{"CUDA 12", "MUSC_FAKE_VERSION=12020", "gpu", []string{"for CUDA 12.2: libraries of CUDA 12\n",
			"onnxruntime_gpu-1.26.0-"}},
		{"another than the driver's", "MUSC_FAKE_VERSION=12020", "gpu --cuda 13",
			[]string{"onnxruntime_gpu-1.31.1-"}},
		{"too old", "MUSC_FAKE_VERSION=11040", "", []string{"for CUDA 11.4 is too old",
			"onnxruntime-1.31.1-"}},
		{"too old, insisting", "MUSC_FAKE_VERSION=11040", "gpu", []string{"; install a newer one"}},
		{"no device", "MUSC_FAKE_DEVICES=0", "", []string{"nothing is fetched for a GPU: starting " +
			"NVIDIA's driver: CUDA_ERROR_NO_DEVICE", "onnxruntime-1.31.1-"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			said := setupSays(t, strings.Fields(test.args), test.fakes, fake.LibraryVariable+"="+driver)
			for _, part := range test.says {
				if !strings.Contains(said, part) {
					t.Errorf("%q does not say %q", said, part)
				}
			}
		})
	}
}

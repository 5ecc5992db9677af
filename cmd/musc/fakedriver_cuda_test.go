//go:build cuda && linux

package main

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"musc/cgo/cuda/fake"
	"musc/engine/backbone"
	"musc/engine/device"
	"musc/models/resolve"
)

// builtDriver is the fake driver, which takes seconds to build: once for all tests of the package.
// TestMain deletes it.
var builtDriver = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "musc-driver-")
	if err != nil {
		return "", err
	}
	leftovers = append(leftovers, folder)
	return fake.Driver(folder)
})

func fakeDriver(t *testing.T) string {
	t.Helper()
	driver, err := builtDriver()
	if err != nil {
		t.Fatal(err)
	}
	return driver
}

var builtKernels = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "musc-kernels-")
	if err != nil {
		return "", err
	}
	leftovers = append(leftovers, folder)
	return fake.Kernels(folder, "../../kernels/emulator/kernels.cpp")
})

// emulatedKernels is the library of kernels for the fake driver, built once for all tests.
func emulatedKernels(t *testing.T) string {
	t.Helper()
	library, err := builtKernels()
	if err != nil {
		t.Fatal(err)
	}
	return library
}

// cpuLibrary is the ONNX Runtime of these tests, which has no CUDA provider.
func cpuLibrary(t *testing.T) string {
	t.Helper()
	path, err := resolve.Library("", device.CPU)
	if err != nil {
		t.Fatal(err)
	}
	if path, err = filepath.Abs(path); err != nil || backbone.HasCUDA(path) {
		t.Skip("the library of these tests has a CUDA provider, or ", err)
	}
	return path
}

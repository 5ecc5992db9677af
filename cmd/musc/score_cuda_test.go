//go:build cuda && linux

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"musc/cgo/cuda/fake"
	"musc/engine/backbone"
)

// A device that is demanded is demanded of both halves: that the scoring can have it excuses no
// backbone on the CPU. Nothing is scored and nothing is written.
func TestDemandedDeviceIsOfBothHalves(t *testing.T) {
	driver := fakeDriver(t)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	command := exec.Command(program, "score", fewWashers(t, 3), "-o", out, "--device", "cuda:0",
		"--random", "--image-size", "28")
	command.Env = append(os.Environ(), asMusc+"=1", fake.LibraryVariable+"="+driver,
		fake.KernelsVariable+"="+emulatedKernels(t),
		backbone.LibraryVariable+"="+cpuLibrary(t), "MUSC_CACHE="+t.TempDir())
	said, err := command.CombinedOutput()
	var exit *exec.ExitError
	line := lastLine(string(said))
	if !errors.As(err, &exit) || exit.ExitCode() != exitSetup || !strings.Contains(line, "on cuda:0: ") ||
		!strings.Contains(line, "is ONNX Runtime without CUDA; name another with $MUSC_ONNXRUNTIME, or leave that "+
			"out and run: musc setup gpu") ||
		!strings.HasSuffix(line, "--device cpu does without") {
		t.Errorf("%v: %s", err, said)
	}
}

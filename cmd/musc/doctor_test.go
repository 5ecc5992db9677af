package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"musc/cgo/cuda"
)

// cudaLines runs doctor in a process of its own, as the driver is opened once in each, and returns
// its lines on CUDA. Whether the rest is set up does not matter.
func cudaLines(t *testing.T, environment ...string) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, "doctor")
	command.Env = append(append(os.Environ(), asMusc+"=1"), environment...)
	output, _ := command.Output()
	var lines []string
	for _, line := range strings.Split(string(output), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[1] == "CUDA" {
			lines = append(lines, strings.Join(fields, " "))
		}
	}
	return strings.Join(lines, "\n")
}

// The program starts without a driver and says that there is none, in one line.
func TestDoctorWithoutDriver(t *testing.T) {
	want := "- CUDA none for mutual scoring: this musc was built without CUDA: build it"
	if cuda.Built {
		want = "- CUDA none for mutual scoring: no NVIDIA driver: /nowhere/libcuda.so: cannot open"
	}
	got := cudaLines(t, "MUSC_LIBCUDA=/nowhere/libcuda.so")
	if !strings.HasPrefix(got, want) || strings.Contains(got, "\n") {
		t.Errorf("got %q, want %q", got, want)
	}
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
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

// doctor --verify reads the graphs that were built, and names one that is damaged.
func TestDoctorVerifiesBuiltGraphs(t *testing.T) {
	t.Setenv("MUSC_CACHE", t.TempDir())
	code, graph, stderr := musc(t, "models", "build", "dinov2-s", "--random", "--image-size", "28")
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	graph = strings.TrimSpace(graph)
	name := filepath.Base(graph)
	if _, told, _ := musc(t, "doctor", "--verify"); !strings.Contains(told, "ok   checksums      "+name) {
		t.Errorf("whole: %s", told)
	}
	data, err := os.OpenFile(graph+".data", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	if _, err := data.WriteAt([]byte{1, 2, 3, 4}, 1000); err != nil {
		t.Fatal(err)
	}
	code, told, _ := musc(t, "doctor", "--verify")
	if code == exitOK || !strings.Contains(told, "FAIL checksums      "+graph+".data is damaged") {
		t.Errorf("damaged: exit %d: %s", code, told)
	}
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"musc/cgo/cuda"
	"musc/engine/imageio"
)

// doctorLines runs doctor in a process of its own, as libraries and the driver are opened once in
// each, and returns its lines on one subject. Whether the rest is set up does not matter.
func doctorLines(t *testing.T, subject string, environment ...string) string {
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
		if fields := strings.Fields(line); len(fields) > 1 && fields[1] == subject {
			lines = append(lines, strings.Join(fields, " "))
		}
	}
	return strings.Join(lines, "\n")
}

func TestDoctorNamesTheDecoders(t *testing.T) {
	empty := t.TempDir()
	for environment, want := range map[string]string{
		"none": "- decoders Go's, which read fewer kinds of JPEG and TIFF: switched off by $MUSC_CODECS",
		empty:  "- decoders Go's, which read fewer kinds of JPEG and TIFF: " + empty + " holds no libjpeg",
	} {
		if got := doctorLines(t, "decoders", "MUSC_CODECS="+environment); got != want {
			t.Errorf("%s: got %q, want %q", environment, got, want)
		}
	}
	if names, err := imageio.Decoders(); err == nil {
		if got := doctorLines(t, "decoders"); got != "ok decoders "+names {
			t.Errorf("got %q, want %s", got, names)
		}
	}
}

// The program starts without a driver and says that there is none, in one line.
func TestDoctorWithoutDriver(t *testing.T) {
	want := "- CUDA none for mutual scoring: this musc was built without CUDA: build it"
	if cuda.Built {
		want = "- CUDA none for mutual scoring: no NVIDIA driver: /nowhere/libcuda.so: cannot open"
	}
	got := doctorLines(t, "CUDA", "MUSC_LIBCUDA=/nowhere/libcuda.so")
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

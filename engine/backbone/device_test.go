package backbone

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/device"
	"musc/engine/fault"
)

// Device 99 exists nowhere, whatever the library and the machine: asking for it must fail with
// the reason.
func TestDemandedDeviceThatIsNotThere(t *testing.T) {
	_, err := Open(Config{Library: library(t), Model: tinyModel("tiny.onnx"), Device: device.Choice{CUDA: true, Ordinals: []int{99}}})
	if fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), "cuda:99") {
		t.Fatalf("got %v of kind %v", err, fault.KindOf(err))
	}
	if reason := CheckCUDA(library(t), 99); reason == "" || strings.Contains(reason, "\n") {
		t.Errorf("reason %q", reason)
	}
}

// Without a GPU "auto" is the CPU and says why; with one it names the device.
func TestAutoSaysWhatItTook(t *testing.T) {
	info := open(t, Config{Model: tinyModel("tiny.onnx"), Device: device.Auto}).Info()
	onCPU := info.Provider == "CPU" && info.DeviceNote != ""
	onCUDA := info.Provider == "CUDA:0" && info.DeviceNote == ""
	if !onCPU && !onCUDA {
		t.Fatalf("provider %q, note %q", info.Provider, info.DeviceNote)
	}
	if strings.Contains(info.DeviceNote, "\n") {
		t.Fatalf("note of several lines: %q", info.DeviceNote)
	}
	if _, err := os.Stat("/dev/nvidiactl"); err != nil && !onCPU {
		t.Fatalf("a machine without a GPU took %s", info.Provider)
	}
}

// Which models came to the CPU by accident, and what to do, stands in the note.
func TestNoteOnAModelForGPUs(t *testing.T) {
	if HasCUDA(library(t)) {
		t.Skip("a library that may find a GPU")
	}
	for precision, slow := range map[string]bool{"float16": true, "float32": false} {
		model := tinyGraph().declareAll(free)
		model.metadata = [][2]string{{"musc.precision", precision}}
		path := filepath.Join(t.TempDir(), "model.onnx")
		if err := os.WriteFile(path, model.bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		note := open(t, Config{Model: path, Device: device.Auto}).Info().DeviceNote
		if !strings.Contains(note, "is ONNX Runtime without CUDA; ") ||
			strings.Contains(note, "float16, which is slow on a CPU: with --device cpu") != slow {
			t.Errorf("%s: %q", precision, note)
		}
		if note := open(t, Config{Model: path}).Info().DeviceNote; note != "" {
			t.Errorf("%s for the CPU: %q", precision, note)
		}
	}
}

func TestThreadsDoNotSpin(t *testing.T) {
	if err := acquire(library(t)); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = release() }()
	options, err := sessionOptions(2)
	if err != nil {
		t.Fatal(err)
	}
	defer options.Destroy()
	for _, key := range []string{"session.intra_op.allow_spinning", "session.inter_op.allow_spinning"} {
		if value, err := options.GetSessionConfigEntry(key); err != nil || value != "0" {
			t.Errorf("%s is %q, %v", key, value, err)
		}
	}
}

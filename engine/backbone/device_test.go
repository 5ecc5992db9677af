package backbone

import (
	"os"
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

package backbone

import (
	"os"
	"strings"
	"testing"

	"musc/engine/fault"
)

func TestDevices(t *testing.T) {
	for text, want := range map[string]device{
		"": {true, true, 0}, "auto": {true, true, 0}, "cpu": {},
		"cuda": {true, false, 0}, "cuda:3": {true, false, 3},
	} {
		if got, err := parseDevice(text); err != nil || got != want {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"gpu", "cuda:", "cuda:-1", "cuda:x", "CPU", "3"} {
		if _, err := parseDevice(text); fault.KindOf(err) != fault.Usage {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

// Device 99 exists nowhere, whatever the library and the machine: asking for it must fail with
// the reason.
func TestDemandedDeviceThatIsNotThere(t *testing.T) {
	_, err := Open(Config{Library: library(t), Model: tinyModel("tiny.onnx"), Device: "cuda:99"})
	if fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), "cuda:99") {
		t.Fatalf("got %v of kind %v", err, fault.KindOf(err))
	}
	if reason := CheckCUDA(library(t), 99); reason == "" || strings.Contains(reason, "\n") {
		t.Errorf("reason %q", reason)
	}
}

// Without a GPU "auto" is the CPU and says why; with one it names the device.
func TestAutoSaysWhatItTook(t *testing.T) {
	info := open(t, Config{Model: tinyModel("tiny.onnx"), Device: "auto"}).Info()
	onCPU := info.Provider == "CPU" && strings.HasPrefix(info.DeviceNote, "CUDA is not used: ")
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

//go:build cuda && linux

package mutual

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"musc/cgo/cuda"
	"musc/cgo/cuda/fake"
	"musc/engine/fault"
	"musc/engine/features"
)

// A device that fails in the middle of a run is named in one line, with what happened and what to
// do, whichever call finds out.
func TestDeviceFailures(t *testing.T) {
	fake.Only(t)
	shape := features.Shape{Stages: 1, Images: 3, Height: 2, Width: 3, Channels: 8}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1}, Interval: Interval{0, 0.5}}
	for _, c := range []struct {
		code         int
		what, advice string
	}{
		{46, "not available", "dmesg"},
		{100, "no device any more", "dmesg"},
		{101, "not know it any more", "dmesg"},
		{214, "ECC cannot correct", "--gpu-reset"},
		{220, "NVLink", "--gpu-reset"},
		{226, "contained", "--gpu-reset"},
		{700, "none of its memory", "musc doctor --self-test"},
		{702, "longer than the system lets it", "--subsets"},
		{709, "context was destroyed", "dmesg"},
		{710, "assertion", "musc doctor --self-test"},
		{714, "call stack", "musc doctor --self-test"},
		{715, "instruction", "musc doctor --self-test"},
		{716, "not aligned", "musc doctor --self-test"},
		{717, "wrong kind of memory", "musc doctor --self-test"},
		{718, "nowhere", "musc doctor --self-test"},
		{719, "exception", "musc doctor --self-test"},
		{805, "connection to MPS", "start it again"},
		{806, "MPS does not answer", "start it again"},
		{807, "MPS is not ready", "start it again"},
		{999, "lost", "dmesg"},
	} {
		for _, operation := range []string{"run:4", "copy:2", "launch:3"} {
			t.Setenv("MUSC_FAKE_FAIL", fmt.Sprintf("%s=%d", operation, c.code))
			_, err := CUDA{}.PatchScores(context.Background(), problem)
			var failed *DeviceError
			var call *cuda.Error
			if !errors.As(err, &failed) || !errors.As(err, &call) || call.Code != c.code {
				t.Fatalf("%d by %s: %v", c.code, operation, err)
			}
			text := err.Error()
			if !strings.HasPrefix(text, "cuda:0 Fake 0 (compute capability 8.0) failed while scoring: ") ||
				!strings.Contains(failed.What, c.what) || !strings.Contains(failed.Advice, c.advice) ||
				!strings.Contains(text, fmt.Sprint(c.code)) || strings.Contains(text, "\n") ||
				fault.KindOf(err) != fault.Setup {
				t.Errorf("%d by %s: %q of kind %v", c.code, operation, text, fault.KindOf(err))
			}
		}
	}
	for _, c := range []struct{ fault, says string }{
		{"launch:3", "running kernel"}, // 701: the device goes on
		{"copy:2", "copying"},
		{"retain:1=46", "cannot score on cuda:0: opening"}, // before the run
	} {
		t.Setenv("MUSC_FAKE_FAIL", c.fault)
		_, err := CUDA{}.PatchScores(context.Background(), problem)
		var failed *DeviceError
		if err == nil || errors.As(err, &failed) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.fault, err)
		}
	}
}

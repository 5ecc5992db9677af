package device

import (
	"testing"

	"musc/engine/fault"
)

func TestDevices(t *testing.T) {
	for text, want := range map[string]Choice{
		"": {true, true, 0}, "auto": {true, true, 0}, "cpu": {},
		"cuda": {true, false, 0}, "cuda:3": {true, false, 3},
	} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"gpu", "cuda:", "cuda:-1", "cuda:x", "CPU", "3"} {
		if _, err := Parse(text); fault.KindOf(err) != fault.Usage {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

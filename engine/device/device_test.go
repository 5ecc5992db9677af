package device

import (
	"reflect"
	"testing"

	"musc/engine/fault"
)

func TestDevices(t *testing.T) {
	for text, want := range map[string]Choice{
		"": Auto, "auto": Auto, "cpu": {},
		"cuda": {true, false, []int{0}}, "cuda:3": {true, false, []int{3}},
		"cuda:2,0": {true, false, []int{2, 0}},
	} {
		got, err := Parse(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
		if again, err := Parse(got.String()); err != nil || again.String() != got.String() {
			t.Errorf("%q: %q is read as %+v, %v", text, got, again, err)
		}
	}
	if first := CPU.First(); first != 0 {
		t.Errorf("the CPU runs on device %d", first)
	}
	if choice, _ := Parse("cuda:2,0"); choice.First() != 2 {
		t.Errorf("cuda:2,0 begins with device %d", choice.First())
	}
	for _, text := range []string{"gpu", "cuda:", "cuda:-1", "cuda:x", "CPU", "3", "cuda:0,",
		"cuda:0,0", "cuda:0;1"} {
		if _, err := Parse(text); fault.KindOf(err) != fault.Usage {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

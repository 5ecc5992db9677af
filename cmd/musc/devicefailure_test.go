package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/mutual"
)

func TestWhatIsLeftAfterADeviceFailed(t *testing.T) {
	failed := fault.New(fault.Setup, "class nut: %w", &mutual.DeviceError{Device: "cuda:0"})
	for _, c := range []struct {
		err  error
		args string
		want string
	}{
		{failed, "musc eval data -o out", "finished classes are kept"},
		{fmt.Errorf("again: %w", failed), "musc paper -o out zero-shot", "finished classes are kept"},
		{failed, "musc paper -o out time", "nothing of this run is kept"},
		{failed, "musc score photos -o out", "nothing of this run is kept"},
		{failed, "musc mutual --stage x.npy", "the tokens are still in their files"},
		{failed, "musc", ""},
		{errors.New("another"), "musc eval data -o out", ""},
	} {
		got := afterDeviceFailure(c.err, strings.Fields(c.args))
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.args, got, c.want)
		}
	}
}

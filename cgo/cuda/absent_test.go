//go:build !cuda || !linux

package cuda

import (
	"strings"
	"testing"
)

func TestBuiltWithoutCUDA(t *testing.T) {
	devices, err := Devices()
	if Built || len(devices) != 0 || err == nil || !strings.Contains(err.Error(), "make build") {
		t.Errorf("built %v, devices %v, error %v", Built, devices, err)
	}
	if _, _, err := Memory(0); err == nil {
		t.Error("a device that is not there has memory")
	}
}

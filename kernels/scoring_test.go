//go:build cuda && linux

package kernels

import (
	"errors"
	"testing"
	"unsafe"

	"gorgonia.org/cu"

	"musc/cgo/cuda"
	"musc/cgo/cuda/fake"
)

// bare is a device without kernels, for what a Scoring does without any.
func bare(t *testing.T) *Device {
	t.Helper()
	context, err := cuda.Open(0)
	if err != nil {
		t.Fatal(err)
	}
	d := &Device{Device: context.Device, context: context}
	if err := context.Do(func() (err error) {
		if d.computing, err = cu.MakeStream(cu.NonBlocking); err != nil {
			return err
		}
		d.copying, err = cu.MakeStream(cu.NonBlocking)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// What a search reads beyond an image's last patch are numbers: new memory, which the fake driver
// fills with NaN, is cleared.
func TestNewFeaturesAreCleared(t *testing.T) {
	fake.Only(t)
	d := bare(t)
	s, err := d.NewScoring(Sizes{Height: 1, Width: 2, Channels: 3, Degrees: 2, Slots: 3, Rows: 1,
		Scorers: 3, Images: 3})
	if err != nil {
		t.Fatal(err)
	}
	bytes := make([]byte, 2*s.featureBytes())
	for _, memory := range []cu.DevicePtr{s.features, s.residuals} {
		if err := d.context.Do(func() error {
			return errors.Join(d.computing.Synchronize(),
				cu.MemcpyDtoH(unsafe.Pointer(&bytes[0]), memory, int64(len(bytes))))
		}); err != nil {
			t.Fatal(err)
		}
		for k, b := range bytes {
			if b != 0 {
				t.Fatalf("byte %d is %#x", k, b)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

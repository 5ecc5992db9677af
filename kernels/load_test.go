//go:build cuda && linux

package kernels

import (
	"os"
	"strings"
	"testing"

	"musc/cgo/cuda"
	"musc/cgo/cuda/fake"
)

func TestMain(m *testing.M) { fake.Main(m, trials+"/kernels.cpp") }

const trials = "../cgo/cuda/fake/testdata"

// What choose returns is what a driver takes: every image is loaded on its own device and on those
// that it is picked for.
func TestPickedImagesLoad(t *testing.T) {
	fake.Only(t)
	for _, test := range []struct {
		capability string
		want       string
	}{
		{"8.0", "add_sm_80.cubin"}, {"8.6", "add_sm_86.cubin"}, {"8.7", "add_sm_86.cubin"},
		{"8.9", "add_sm_89.cubin"}, {"9.0", "add_sm_90a.cubin"}, {"12.0", "add_compute_80.ptx"},
	} {
		t.Setenv("MUSC_FAKE_CAPABILITY", test.capability)
		context, err := cuda.Open(0)
		if err != nil {
			t.Fatal(err)
		}
		image, err := pick(os.DirFS(trials+"/cubin"), "add", context.Device.Major, context.Device.Minor)
		if err != nil || image.File != test.want {
			t.Errorf("%s: picked %q, %v; want %q", test.capability, image.File, err, test.want)
		}
		if err := context.Do(func() error {
			module, err := load(image)
			if err != nil {
				return err
			}
			if _, err := module.Function("add_scaled"); err != nil {
				return err
			}
			return module.Unload()
		}); err != nil {
			t.Errorf("%s: %v", test.capability, err)
		}
		if err := context.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	fake.Only(t)
	context, err := cuda.Open(0) // of 8.0
	if err != nil {
		t.Fatal(err)
	}
	image, err := pick(os.DirFS(trials+"/cubin"), "add", 9, 0)
	if err != nil {
		t.Fatal(err)
	}
	err = context.Do(func() error { _, err := load(image); return err })
	if err == nil || !strings.HasPrefix(err.Error(),
		"loading add_sm_90a.cubin: CUDA_ERROR_NO_BINARY_FOR_GPU (209)") {
		t.Errorf("got %v", err)
	}
	if err := context.Close(); err != nil {
		t.Error(err)
	}
}

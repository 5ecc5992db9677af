//go:build cuda && linux

package main

import (
	"strings"
	"testing"

	"musc/cgo/cuda/fake"
	"musc/engine/backbone"
)

func TestDoctorFindsDevices(t *testing.T) {
	driver := fakeDriver(t)
	for _, test := range []struct {
		name        string
		environment []string
		want        string
	}{
		{"one", []string{"MUSC_FAKE_CAPABILITY=8.6", "MUSC_FAKE_MEMORY=2000000000"},
			"ok CUDA cuda:0 Fake 0 (compute capability 8.6), 2.0 GB of 2.0 GB free, " +
				"driver for CUDA 12.9"},
		{"none", []string{"MUSC_FAKE_DEVICES=0"}, "- CUDA none for mutual scoring: starting " +
			"NVIDIA's driver: CUDA_ERROR_NO_DEVICE (100): no CUDA-capable device is detected"},
		{"an old one", []string{"MUSC_FAKE_CAPABILITY=7.5"},
			"- CUDA no mutual scoring on cuda:0 Fake 0 (compute capability 7.5): compute capability " +
				"7.5 is too low: musc needs 8.0 (Ampere) or higher"},
		{"one in use", []string{"MUSC_FAKE_FAIL=retain:1=46"},
			"- CUDA no mutual scoring on cuda:0 Fake 0 (compute capability 8.0): opening cuda:0 " +
				"Fake 0 (compute capability 8.0): CUDA error 46"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := doctorLines(t, "CUDA", append(test.environment, fake.LibraryVariable+"="+driver)...)
			if got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// The driver is told, and which libraries would serve it.
func TestDoctorKnowsWhatTheDriverRuns(t *testing.T) {
	driver := fakeDriver(t)
	t.Setenv(fake.LibraryVariable, driver)
	for release, want := range map[string]string{
		"13000": "ok driver NVIDIA driver for CUDA 13.0\n- GPU libraries those of CUDA 13 are not fetched",
		"12020": "ok driver NVIDIA driver for CUDA 12.2\n- GPU libraries those of CUDA 12 are not fetched",
		"11040": "ok driver NVIDIA driver for CUDA 11.4\n- GPU libraries NVIDIA driver for CUDA 11.4 is " +
			"too old for a backbone on the GPU: it takes 525 or newer",
	} {
		// Whatever the cache holds, the library of the tests is the one for CPUs.
		environment := []string{"MUSC_FAKE_VERSION=" + release, "MUSC_CACHE=" + t.TempDir(),
			backbone.LibraryVariable + "=" + cpuLibrary(t)}
		got := doctorLines(t, "driver", environment...) + "\n" + doctorLines(t, "GPU", environment...)
		if !strings.HasPrefix(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

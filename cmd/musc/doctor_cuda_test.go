//go:build cuda && linux

package main

import (
	"testing"

	"musc/cgo/cuda/fake"
)

func TestDoctorFindsDevices(t *testing.T) {
	driver, err := fake.Driver(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
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

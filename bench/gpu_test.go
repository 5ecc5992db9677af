package main

import (
	"strings"
	"testing"

	"musc/bench/gpubench"
)

// Without a device a run says so, and is none the worse.
func TestWithoutAGPUOneLineSaysWhy(t *testing.T) {
	_, why := gpubench.Devices()
	if why == nil {
		t.Skip("there is a CUDA device")
	}
	var stdout, told strings.Builder
	if err := tiny().measureGPU(t.Context(), t.TempDir(), &stdout, &told); err != nil {
		t.Fatal(err)
	}
	if stdout.Len() > 0 || told.String() != "no CUDA device is measured: "+why.Error()+"\n" {
		t.Errorf("%q, %q", stdout.String(), told.String())
	}
}

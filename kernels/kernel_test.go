package kernels

import (
	"slices"
	"strings"
	"testing"
)

func TestKernelsOfDevices(t *testing.T) {
	for _, c := range []struct {
		major, minor int
		want         []Kernel
		says         string // of search_hopper
	}{
		{7, 5, nil, "musc needs 8.0"},
		{8, 0, []Kernel{Search}, "needs a device of compute capability 9.0, not 8.0"},
		{9, 0, []Kernel{SearchHopper, Search}, ""},
		{10, 0, []Kernel{Search}, "not 10.0"},
		{12, 0, []Kernel{Search}, "not 12.0"},
	} {
		if got := KernelsOf(c.major, c.minor); !slices.Equal(got, c.want) {
			t.Errorf("%d.%d has %v, want %v", c.major, c.minor, got, c.want)
		}
		err := SearchHopper.RunsOn(c.major, c.minor)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("search_hopper on %d.%d: %v, want %q", c.major, c.minor, err, c.says)
		}
	}
}

func TestParseKernel(t *testing.T) {
	for _, kernel := range []Kernel{Search, SearchHopper, Box} {
		if got, err := ParseKernel(string(kernel)); got != kernel || err != nil {
			t.Errorf("%s: %v, %v", kernel, got, err)
		}
	}
	for _, name := range []string{"", "Search", "prepare"} {
		if _, err := ParseKernel(name); err == nil ||
			!strings.HasSuffix(err.Error(), "only search_hopper, search, box") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// The hash changes with whatever code the device gets, and is of nothing else.
func TestHashOfCode(t *testing.T) {
	hash := func(kernel Kernel, major, minor int) string {
		t.Helper()
		text, err := kernel.Hash(major, minor)
		if err != nil || len(text) != 64 {
			t.Fatalf("%s for %d.%d: %q, %v", kernel, major, minor, text, err)
		}
		return text
	}
	all := []string{hash(Search, 8, 0), hash(Search, 8, 6), hash(Search, 9, 0),
		hash(SearchHopper, 9, 0), hash(Search, 12, 0), hash(Box, 9, 0)}
	for k, one := range all {
		if slices.Contains(all[:k], one) {
			t.Errorf("hash %d is that of other code: %v", k, all)
		}
	}
	if hash(Search, 10, 0) != hash(Search, 12, 0) { // the same PTX
		t.Error("the same code has two hashes")
	}
	if _, err := SearchHopper.Hash(8, 0); err == nil {
		t.Error("search_hopper has code for 8.0")
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNeedsOfProgram(t *testing.T) {
	for name, test := range map[string]struct {
		needed   []string
		versions map[string][]string
		says     string // "": nothing is wrong
	}{
		"static": {nil, nil, ""},
		"oldest glibc": {[]string{"libc.so.6"}, map[string][]string{"libc.so.6": {"GLIBC_2.2.5",
			"GLIBC_2.28"}}, ""},
		"later glibc": {[]string{"libc.so.6"}, map[string][]string{"libc.so.6": {"GLIBC_2.34"},
			"libm.so.6": {"GLIBC_2.29"}}, "GLIBC_2.29 of libm.so.6, GLIBC_2.34 of libc.so.6"},
		"private":         {nil, map[string][]string{"libc.so.6": {"GLIBC_PRIVATE"}}, "GLIBC_PRIVATE"},
		"the driver":      {[]string{"libc.so.6", "libcuda.so.1"}, nil, "the library libcuda.so.1"},
		"GNU's C++":       {[]string{"libstdc++.so.6"}, nil, "libstdc++.so.6"},
		"another's words": {nil, map[string][]string{"libc.so.6": {"GCC_9.0"}}, ""},
	} {
		err := judgeNeeds("musc", test.needed, test.versions)
		if test.says == "" && err != nil || test.says != "" && (err == nil ||
			!strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "make dist")) {
			t.Errorf("%s: got %v, want %q", name, err, test.says)
		}
	}
}

func TestLaterVersions(t *testing.T) {
	for _, test := range []struct {
		version string
		want    bool
	}{{"2.2.5", false}, {"2.9", false}, {"2.27", false}, {"2.28", false}, {"2.28.1", true}, {"2.29", true},
		{"2.100", true}, {"3", true}} {
		if got := later(test.version, "2.28"); got != test.want {
			t.Errorf("%s later than 2.28: %v", test.version, got)
		}
	}
}

func TestNeedsOfWhatIsNoProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "musc")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := checkNeeds(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
}

// A test program is linked by the system's C compiler or by none; either way the file is readable.
func TestNeedsAreReadFromProgram(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := checkNeeds(self); err != nil && !strings.Contains(err.Error(), "GLIBC_") {
		t.Errorf("got %v", err)
	}
}

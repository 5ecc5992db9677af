//go:build cuda && linux

package trust

import (
	"os"
	"slices"
	"strings"
	"testing"

	"musc/cgo/cuda"
)

// A verdict counts for the same device, driver, code and kernel; a file that is none is replaced.
func TestWhatAVerdictIsAbout(t *testing.T) {
	c := newTrial(t)
	release := ""
	findDriver = func() (cuda.Driver, error) {
		driver, err := cuda.FindDriver()
		driver.Release = release
		return driver, err
	}
	defer func() { findDriver = cuda.FindDriver }()
	tested := func(what string, want int) {
		t.Helper()
		if got := c.choice(); !strings.HasPrefix(got, "[search") || len(c.told) != want {
			t.Errorf("%s: %s, told %q", what, got, c.told)
		}
	}
	tested("at first", 1)
	kept := verdicts(t)
	tested("again", 0)
	t.Setenv("MUSC_FAKE_VERSION", "12080")
	tested("another driver", 1)
	release = "580.95.05"
	tested("another driver of the same CUDA", 1)
	tested("the same", 0)
	t.Setenv("MUSC_FAKE_UUID", "7")
	tested("another device", 1)
	t.Setenv("MUSC_FAKE_CAPABILITY", "8.0")
	tested("other kernel", 1)
	t.Setenv("MUSC_FAKE_CAPABILITY", "8.6")
	tested("other code", 1)
	tested("the same again", 0)

	t.Setenv("MUSC_FAKE_CAPABILITY", "9.0")
	t.Setenv("MUSC_FAKE_UUID", "")
	t.Setenv("MUSC_FAKE_VERSION", "")
	release = ""
	tested("as at first", 0)
	text, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(verdicts(t)[0])
	if err != nil || slices.Contains(kept, verdicts(t)[0]) {
		other, err = os.ReadFile(verdicts(t)[1])
	}
	if err != nil {
		t.Fatal(err)
	}
	for what, damaged := range map[string]string{
		"empty": "", "cut off": string(text[:len(text)/2]), "no verdict": "{}", "a list": "[]",
		"another's":           string(other),
		"of another revision": strings.Replace(string(text), `"revision": 1`, `"revision": 0`, 1),
		"passed and failed":   strings.Replace(string(text), `true,`, `true, "failure": "x",`, 1),
		"neither":             strings.Replace(string(text), `"passed": true`, `"passed": false`, 1),
		"of no time":          strings.Replace(string(text), `"tested"`, `"texted"`, 1),
	} {
		if damaged == string(text) {
			t.Fatalf("%s is not damaged: %s", what, text)
		}
		if err := os.WriteFile(kept[0], []byte(damaged), 0o644); err != nil {
			t.Fatal(err)
		}
		tested(what, 1)
		tested(what+", mended", 0)
	}
}

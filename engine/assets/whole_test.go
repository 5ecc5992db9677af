package assets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/fault"
)

// tools is an artifact of which all is kept.
func tools(t *testing.T, entries ...entry) (Artifact, []byte) {
	t.Helper()
	artifact, wheel := fake(t, "tools", append([]entry{
		{"tools/run", "#!/bin/sh\n"}, {"tools/lib/a b.h", "int a;\n"}, {"tools/lib/empty.h", ""},
	}, entries...))
	artifact.Written, artifact.Whole = nil, true
	artifact.Programs = []string{"tools/run"}
	return artifact, wheel
}

// ensureTools fills the cache of the test.
func ensureTools(t *testing.T, artifact Artifact, wheel []byte) error {
	t.Helper()
	pip, _ := servePip(t, artifact, wheel)
	return Ensure(t.Context(), []Artifact{artifact}, Options{Pip: pip})
}

func TestWholeWheelIsKept(t *testing.T) {
	cache := newCache(t)
	artifact, wheel := tools(t)
	if _, err := Path(&artifact, "tools/run"); fault.KindOf(err) != fault.Setup {
		t.Fatalf("before: %v", err)
	}
	if err := ensureTools(t, artifact, wheel); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		content string
		mode    os.FileMode
	}{
		"tools/run":         {"#!/bin/sh\n", 0o755},
		"tools/lib/a b.h":   {"int a;\n", 0o644},
		"tools/lib/empty.h": {"", 0o644},
	} {
		path, err := Path(&artifact, name)
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil || string(content) != want.content {
			t.Errorf("%s: %q, %v", name, content, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want.mode {
			t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
		}
	}
	if err := Verify(t.Context(), &artifact); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(cache); err != nil || len(entries) != 2 { // the folder and the lock
		t.Errorf("the cache holds %v, %v", entries, err)
	}
}

func TestDamagedWholeWheelIsMended(t *testing.T) {
	for name, damage := range map[string]func(folder string) error{
		"deleted": func(folder string) error { return os.Remove(filepath.Join(folder, "tools/run")) },
		"changed": func(folder string) error { return flip(filepath.Join(folder, "tools/run")) },
		"an empty one deleted": func(folder string) error {
			return os.Remove(filepath.Join(folder, "tools/lib/empty.h"))
		},
		"stamp cut off": func(folder string) error {
			stamp := filepath.Join(folder, stampName)
			info, err := os.Stat(stamp)
			if err != nil {
				return err
			}
			return os.Truncate(stamp, info.Size()-1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			cache := newCache(t)
			artifact, wheel := tools(t)
			if err := ensureTools(t, artifact, wheel); err != nil {
				t.Fatal(err)
			}
			if err := damage(artifact.file(cache, "")); err != nil {
				t.Fatal(err)
			}
			err := Verify(t.Context(), &artifact)
			if fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), "musc setup") {
				t.Fatalf("got %v", err)
			}
			if err := ensureTools(t, artifact, wheel); err != nil {
				t.Fatal(err)
			}
			if err := Verify(t.Context(), &artifact); err != nil {
				t.Errorf("after: %v", err)
			}
		})
	}
}

// The names in a wheel that is kept whole decide where files go, so they are looked at.
func TestNamesOfWholeWheelThatLeadOut(t *testing.T) {
	for _, name := range []string{"../outside", "/tmp/absolute", "a/../../outside", "two\nlines"} {
		cache := newCache(t)
		artifact, wheel := tools(t, entry{name, "evil"})
		err := ensureTools(t, artifact, wheel)
		if fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), "leads out of the cache") {
			t.Errorf("%q: got %v", name, err)
		}
		checkEmpty(t, cache)
	}
}

// A name that is there twice: the second would replace what the list says of the first.
func TestNameTwiceInWholeWheel(t *testing.T) {
	cache := newCache(t)
	artifact, wheel := tools(t, entry{"tools/run", "other"})
	if err := ensureTools(t, artifact, wheel); err == nil {
		t.Error("no error")
	}
	checkEmpty(t, cache)
}

package main

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/sha256sum"
)

func put(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSumsAreThoseOfSha256sum(t *testing.T) {
	folder := t.TempDir()
	put(t, folder, map[string]string{"b": "abc", "a": ""})
	if err := writeSums(folder, []string{"b", "a"}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(folder, sumsName))
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // of FIPS 180-2
	if want := empty + "  a\n" + abc + "  b\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
	sums, err := readSums(folder)
	if err != nil || len(sums) != 2 || sums["a"] != empty || sums["b"] != abc {
		t.Errorf("read back %v, %v", sums, err)
	}
}

// What an earlier build left goes, what somebody else put there stays, within the folder and beside it.
func TestClearDeletesWhatIsListed(t *testing.T) {
	outside := t.TempDir()
	folder := filepath.Join(outside, "dist")
	if err := clear(folder); err != nil {
		t.Fatal(err)
	}
	digest := strings.Repeat("00", sha256.Size)
	put(t, folder, map[string]string{"old": "", "mine": "", sumsName: sha256sum.Line(digest, "old") +
		sha256sum.Line(digest, "gone") + sha256sum.Line(digest, "../beside")})
	put(t, outside, map[string]string{"beside": ""})
	if err := clear(folder); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 || entries[0].Name() != "mine" {
		t.Errorf("%v, %v", entries, err)
	}
	if _, err := os.Stat(filepath.Join(outside, "beside")); err != nil {
		t.Error(err)
	}
}

func TestTwoBuilds(t *testing.T) {
	for name, test := range map[string]struct {
		second map[string]string
		says   string
	}{
		"equal":   {map[string]string{"a": "1", "b": "2"}, ""},
		"differ":  {map[string]string{"a": "1", "b": "3"}, "differ in b"},
		"fewer":   {map[string]string{"a": "1"}, "differ in b"},
		"more":    {map[string]string{"a": "1", "b": "2", "c": "3"}, "differ in c"},
		"nothing": {nil, "differ in a, b"},
	} {
		err := compareSums(map[string]string{"a": "1", "b": "2"}, test.second)
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestCommands(t *testing.T) {
	for _, arguments := range [][]string{nil, {"unknown"}} {
		err := run(t.Context(), arguments)
		if err == nil || !strings.Contains(err.Error(), "setup, build, check, licences") {
			t.Errorf("%q: got %v", arguments, err)
		}
	}
}

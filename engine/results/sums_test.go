package results

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// oddNames are names of files that a list of a line each has trouble with.
var oddNames = []string{"a.png", " b .png", "c\nd.png", `e\f.png`, `g\nh.png`, "i\rj", "k\r", "ü — <b>&'\".png",
	"*star", "\xff.png", "sub/dir.png"}

// TestSumsComeBack: what is written is read again, and sha256sum agrees with it.
func TestSumsComeBack(t *testing.T) {
	t.Chdir(t.TempDir())
	var sums []Sum
	for _, name := range oddNames {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
		sums = append(sums, Sum{name, sha256.Sum256([]byte(name))})
	}
	written, err := WriteSums(InputsFile, slices.Values(sums))
	if err != nil {
		t.Fatal(err)
	}
	got, read, err := ReadSums(InputsFile)
	if err != nil || !slices.Equal(got, sums) || read != written {
		t.Errorf("%v, %v and %v, %v", got, read, written, err)
	}
	text, err := os.ReadFile(InputsFile)
	if err != nil {
		t.Fatal(err)
	}
	whole := sha256.Sum256(text)
	if written.Files != len(sums) || written.SHA256 != hex.EncodeToString(whole[:]) {
		t.Errorf("the list is %v", written)
	}
	program, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip("no sha256sum")
	}
	if said, err := exec.Command(program, "--strict", "--quiet", "-c", InputsFile).CombinedOutput(); err != nil {
		t.Errorf("sha256sum: %v: %s", err, said)
	}
}

func TestNoSumsAreAnEmptyList(t *testing.T) {
	path := filepath.Join(t.TempDir(), InputsFile)
	if _, err := WriteSums(path, slices.Values([]Sum(nil))); err != nil {
		t.Fatal(err)
	}
	if sums, list, err := ReadSums(path); len(sums) != 0 || list.Files != 0 || err != nil {
		t.Errorf("%v, %v, %v", sums, list, err)
	}
}

func TestSumsOfAnotherForm(t *testing.T) {
	digest := strings.Repeat("0f", sha256.Size)
	for name, c := range map[string]struct{ text, want string }{
		"words":          {"hello\n", "line 1: no checksum of a file"},
		"second line":    {digest + "  a\n\n", "line 2: no checksum of a file"},
		"no path":        {digest + "  \n", "line 1"},
		"one space":      {digest + " a\n", "line 1"},
		"no hexadecimal": {"z" + digest[1:] + "  a\n", "line 1: no checksum: "},
		"another digest": {digest[:40] + "  a\n", "line 1"},
	} {
		put(t, map[string]string{InputsFile: c.text})
		if _, _, err := ReadSums(InputsFile); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := ReadSums("absent"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
}

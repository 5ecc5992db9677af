//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestNewFilesTakeTheUmask runs itself under umasks; the inner run writes two files.
func TestNewFilesTakeTheUmask(t *testing.T) {
	if folder := os.Getenv("MUSC_TEST_UMASK"); folder != "" {
		for _, name := range []string{"new", "there"} {
			if err := WriteFile(filepath.Join(folder, name), nil); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	for umask, want := range map[string]fs.FileMode{"022": 0o644, "002": 0o644, "027": 0o640, "077": 0o600} {
		folder := t.TempDir()
		there := filepath.Join(folder, "there") // keeps its own
		if err := os.WriteFile(there, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(there, 0o664); err != nil {
			t.Fatal(err)
		}
		command := exec.Command("sh", "-c", "umask "+umask+`; exec "$0" -test.run '^TestNewFilesTakeTheUmask$'`,
			os.Args[0])
		command.Env = append(os.Environ(), "MUSC_TEST_UMASK="+folder)
		if said, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		for name, want := range map[string]fs.FileMode{"new": want, "there": 0o664} {
			info, err := os.Stat(filepath.Join(folder, name))
			if err != nil || info.Mode() != want {
				t.Errorf("umask %s: %s is %v, %v, want %v", umask, name, info.Mode(), err, want)
			}
		}
	}
}

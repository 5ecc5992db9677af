//go:build unix

package wholefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNoMoreIsReadThanAskedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("12345"), 0o644); err != nil {
		t.Fatal(err)
	}
	for most, want := range map[int64]string{5: "12345", 6: "12345", 4: "", 0: ""} {
		for name, read := range map[string]func(string, int64) ([]byte, error){"Read": Read,
			"ReadRegular": ReadRegular} {
			text, err := read(path, most)
			if string(text) != want || (err == nil) != (want != "") {
				t.Errorf("%s of at most %d: %q, %v", name, most, text, err)
			}
		}
	}
	if _, err := Read("/dev/zero", 1000); err == nil || !strings.Contains(err.Error(), "/dev/zero") {
		t.Errorf("/dev/zero: %v", err)
	}
}

func TestOnlyFilesAreRead(t *testing.T) {
	folder := t.TempDir()
	pipe, link := filepath.Join(folder, "pipe"), filepath.Join(folder, "link")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", link); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{pipe: "a pipe", link: "a device", folder: "a folder"} {
		if _, err := ReadRegular(path, 1000); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
	if _, err := ReadRegular(filepath.Join(folder, "absent"), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
}

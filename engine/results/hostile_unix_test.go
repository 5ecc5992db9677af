//go:build unix

package results

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"musc/engine/fault"
)

// Folders of photos are looked at that anybody may put things into: a run.json that is a pipe, on which
// reading waits for ever, or an endless device, is none; nor is it a list of checksums.
func TestRecogniseWaitsForNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, folder := range []string{"pipe", "zero", "folder", "folder/run.json"} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mkfifo("pipe/run.json", 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", "zero/run.json"); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"pipe", "zero", "folder"} {
		if kind := Recognise(folder); kind != None {
			t.Errorf("%s: %v", folder, kind)
		}
		path := filepath.Join(folder, RunFile)
		if _, _, err := ReadSums(path); fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), path) {
			t.Errorf("%s as checksums: %v", folder, err)
		}
	}
}

//go:build unix

package results

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// Folders of photos are looked at that anybody may put things into: a run.json that is a pipe, on which
// reading waits for ever, or an endless device, is none.
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
	}
}

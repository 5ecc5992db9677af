package tasks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/dataset"
	"musc/engine/fault"
)

// A machine that has none of the photos leaves no part that says that they cannot be read: another one
// may have them.
func TestPhotosOfAnotherMachine(t *testing.T) {
	folder := t.TempDir()
	absent := []dataset.Item{{Path: filepath.Join(folder, "a.png")}, {Path: filepath.Join(folder, "b.png")}}
	err := checkThere(absent)
	if fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), "none of 2 photos is there, as "+
		absent[0].Path) {
		t.Errorf("none is there: %v", err)
	}
	if err := os.WriteFile(absent[1].Path, nil, 0o600); err != nil { // an empty file is no photo, and there
		t.Fatal(err)
	}
	if err := checkThere(absent); err != nil {
		t.Errorf("one is there: %v", err)
	}
}

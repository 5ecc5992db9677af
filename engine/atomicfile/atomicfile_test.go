package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"musc/engine/fault"
)

func TestFailedWriteKeepsFormerFileAndLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "scores.csv")
	if err := WriteFile(path, []byte("before")); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left on device")
	err := Save(path, func(w io.Writer) error {
		if _, err := w.Write([]byte("half")); err != nil {
			return err
		}
		return full
	})
	if !errors.Is(err, full) || fault.KindOf(err) != fault.Output {
		t.Fatalf("got %v of kind %v", err, fault.KindOf(err))
	}
	if got, _ := os.ReadFile(path); string(got) != "before" {
		t.Fatalf("file now holds %q", got)
	}
	entries, _ := os.ReadDir(folder)
	if len(entries) != 1 {
		t.Fatalf("temporary file left behind: %v", entries)
	}
}

func TestMissingFolderNamesTheFile(t *testing.T) {
	err := WriteFile(filepath.Join(t.TempDir(), "absent", "map.tiff"), nil)
	if fault.KindOf(err) != fault.Output || !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("got %v", err)
	}
}

func TestErrorOfTheProducerKeepsItsKind(t *testing.T) {
	want := fault.New(fault.Input, "a.npy: truncated")
	err := Save(filepath.Join(t.TempDir(), "x"), func(io.Writer) error { return want })
	if err != want {
		t.Fatalf("got %v", err)
	}
}

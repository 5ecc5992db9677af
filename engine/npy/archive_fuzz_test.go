package npy

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"musc/engine/fault"
)

// Whatever an archive holds, each file in it is read, within the archive's size, or refused.
func FuzzArchive(f *testing.F) {
	var whole bytes.Buffer
	w := NewArchiveWriter(&whole)
	if err := w.Float32("a", []int{2}, []float32{1, 2}); err != nil {
		f.Fatal(err)
	}
	if err := w.Bytes("note.txt", []byte("text")); err != nil {
		f.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Add(whole.Bytes()[:whole.Len()-4])
	path := filepath.Join(f.TempDir(), "x.npz")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		a, err := OpenArchive(path)
		if err != nil {
			if fault.KindOf(err) != fault.Input {
				t.Fatal(err)
			}
			return
		}
		defer a.Close()
		for name := range a.entries {
			text, err := a.Bytes(name)
			if len(text) > len(content) || err != nil && fault.KindOf(err) != fault.Input {
				t.Fatalf("%q: %d bytes of %d, %v", name, len(text), len(content), err)
			}
		}
		if values, shape, err := a.Float32("a"); err == nil {
			elements := 1
			for _, side := range shape {
				elements *= side
			}
			if len(values) != elements || 4*elements > len(content) {
				t.Fatalf("%d values of shape %v", len(values), shape)
			}
		}
	})
}

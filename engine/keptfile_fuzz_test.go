package engine

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Whatever a kept file holds, its header is read or refused, and tokens come from one that is whole alone.
func FuzzKept(f *testing.F) {
	folder := f.TempDir()
	path := filepath.Join(folder, "whole"+keptSuffix)
	if err := writeKept(path, keptHeader{Base: "b"}, [][]float32{{1, 2}, {3}}); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(fmt.Appendf(nil, keptMagic+"{}", 1<<24))
	f.Fuzz(func(t *testing.T, content []byte) {
		raw, _, err := parseKeptHeader(bytes.NewReader(content))
		if err == nil && !bytes.HasPrefix(content, raw) {
			t.Fatalf("the header %q is not the file's", raw)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		if readKept(path, [][]float32{make([]float32, 2), make([]float32, 1)}) == nil &&
			len(content) != len(raw)+3*4+4 {
			t.Fatalf("a file of %d bytes with a header of %d has three values", len(content), len(raw))
		}
	})
}

package results

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

// Whatever a list of checksums holds, it is refused with its name, or it has a sum for every line, and is the same
// when it was written again.
func FuzzSums(f *testing.F) {
	digest := strings.Repeat("0a", 32)
	f.Add([]byte(digest + "  a.png\n\\" + digest + "  b\\\\c\\nd\n" + strings.ToUpper(digest) + " *e"))
	f.Add([]byte(digest + "  \n"))
	f.Add([]byte("\n"))
	f.Add([]byte("\\" + digest + "  \\x\\"))
	folder := f.TempDir()
	path, again := filepath.Join(folder, "inputs.sha256"), filepath.Join(folder, "again")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		sums, list, err := ReadSums(path)
		if err != nil {
			if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), path) {
				t.Fatal(err)
			}
			return
		}
		lines := bytes.Count(text, []byte("\n"))
		if len(text) > 0 && text[len(text)-1] != '\n' {
			lines++
		}
		if len(sums) != lines || list.Files != lines {
			t.Fatalf("%d sums of %d lines, %+v", len(sums), lines, list)
		}
		written, err := WriteSums(again, slices.Values(sums))
		if err != nil {
			t.Fatal(err)
		}
		if read, whole, err := ReadSums(again); err != nil || !slices.Equal(read, sums) || whole != written {
			t.Fatalf("read again: %v, not %v, %v", read, sums, err)
		}
	})
}

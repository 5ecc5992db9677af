package page

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"musc/engine/fault"
)

// Whatever stands in a page, its data are read or it is refused, and nothing of the page is lost in Cut.
func FuzzRead(f *testing.F) {
	f.Add([]byte(dataStart + `{"photos":[{"name":"\u003c/script>"}]}</script>`))
	f.Add([]byte(dataStart + dataStart + "{}<"))
	path := filepath.Join(f.TempDir(), "report.html")
	f.Fuzz(func(t *testing.T, content []byte) {
		before, data, after, found := Cut(content)
		if whole := bytes.Join([][]byte{before, data, after}, nil); found &&
			len(whole)+len(dataStart) != len(content) || !found && !bytes.Equal(whole, content) {
			t.Fatalf("%q, %q, %q", before, data, after)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err != nil && fault.KindOf(err) != fault.Input || err == nil && !found {
			t.Fatalf("%v, and data found: %v", err, found)
		}
	})
}

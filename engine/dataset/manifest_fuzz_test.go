package dataset

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

// Whatever a manifest names, what is taken of it are files that are there, each once, under names of their own
// that stay below any folder and are sorted; or it is refused with its name. Reading it again gives the same.
func FuzzManifest(f *testing.F) {
	f.Add("image,label\na.png,good\nsub/b.png,crack\nsub/b.png,scratch\nabsent.png,\n", uint8(0))
	f.Add("label;x;image\n1;;a.png\n2;;../out.png\n;;\n", uint8(0))
	f.Add("a.png,1\nsub/../a.png,2\nlink/b.png,3\n", uint8(0))
	f.Add("path\tlabel\nsub\nsub/b.png\n\"c\nd.png\"\n", uint8(1))
	f.Add("a.png\r\n\r\n ./sub/b.png \n/dev/null\nfifo\nC:\\a.png\n", uint8(2))
	f.Add("image\n..\n.\n\xff.png\n", uint8(0))
	top := f.TempDir()
	for _, file := range []string{"out.png", "set/a.png", "set/sub/b.png", "set/sub/a.png", "set/c\nd.png", "set/\xff.png"} {
		write(f, filepath.Join(top, file), file)
	}
	if err := os.Symlink("sub", filepath.Join(top, "set", "link")); err != nil {
		f.Skip("no symbolic links here: ", err)
	}
	f.Fuzz(func(t *testing.T, text string, kind uint8) {
		path := filepath.Join(top, "set", "m"+[]string{".csv", ".tsv", ".txt"}[kind%3])
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		defer os.Remove(path)
		items, skipped, err := Collect([]string{path}, Options{})
		if err != nil {
			if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), path) {
				t.Fatal(err)
			}
			return
		}
		seen := map[string]bool{}
		for _, item := range items {
			info, err := os.Stat(item.Path)
			if err != nil || !info.Mode().IsRegular() {
				t.Fatalf("%+v is no file: %v", item, err)
			}
			real, err := filepath.EvalSymlinks(item.Path)
			if err != nil || seen[real] || seen["name "+item.Name] || !filepath.IsLocal(item.Name) || item.Name == "." {
				t.Fatalf("%+v among %+v, %v", item, items, err)
			}
			seen[real], seen["name "+item.Name] = true, true
		}
		byName := func(a, b Item) int { return strings.Compare(a.Name, b.Name) }
		if len(items) == 0 || !slices.IsSortedFunc(items, byName) {
			t.Fatalf("the items %+v", items)
		}
		for _, left := range skipped {
			if !strings.Contains(left.Reason, "line ") || !strings.Contains(left.Reason, path) {
				t.Fatalf("left out: %+v", left)
			}
		}
		again, _, err := Collect([]string{path}, Options{})
		if err != nil || !reflect.DeepEqual(again, items) {
			t.Fatalf("read again: %+v, not %+v, %v", again, items, err)
		}
	})
}

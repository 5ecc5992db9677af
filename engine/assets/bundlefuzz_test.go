package assets

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"musc/engine/fault"
)

// Whatever a bundle holds, it is opened or refused, and no wheel in it is larger than it is.
func FuzzBundle(f *testing.F) {
	var small bytes.Buffer
	archive := tar.NewWriter(&small)
	for _, name := range []string{"wheels/a.whl", "SHA256SUMS", "../b"} {
		if err := archive.WriteHeader(&tar.Header{Name: name, Size: 1, Mode: 0o644}); err != nil {
			f.Fatal(err)
		}
		if _, err := archive.Write([]byte("x")); err != nil {
			f.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(small.Bytes())
	path := filepath.Join(f.TempDir(), "bundle.tar")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		b, err := OpenBundle(path)
		if err != nil {
			if fault.KindOf(err) != fault.Setup {
				t.Fatal(err)
			}
			return
		}
		defer b.Close()
		for name, wheel := range b.wheels {
			if wheel.Size() > int64(len(content)) {
				t.Fatalf("%s has %d bytes of %d", name, wheel.Size(), len(content))
			}
		}
	})
}

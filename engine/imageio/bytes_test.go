package imageio

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"musc/engine/fault"
)

// A file in memory is read as the same file on a disk is: pixels, warnings and errors.
func TestBytesAreReadAsFilesAre(t *testing.T) {
	paths, err := filepath.Glob(inputs + "/*.*")
	if err != nil || len(paths) < 40 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range [][]byte{data, data[:len(data)/2], nil} {
			copied := filepath.Join(t.TempDir(), filepath.Base(path))
			if err := os.WriteFile(copied, part, 0o600); err != nil {
				t.Fatal(err)
			}
			want, told, wrong := Decode(copied, Options{ApplyOrientation: true})
			got, warnings, err := DecodeBytes(copied, part, Options{ApplyOrientation: true})
			if (err == nil) != (wrong == nil) || err != nil && err.Error() != wrong.Error() {
				t.Errorf("%s: %v, of a file %v", path, err, wrong)
				continue
			}
			if err == nil && !bytes.Equal(got.Pix, want.Pix) || !slices.Equal(warnings, told) {
				t.Errorf("%s: other pixels than of a file, or the warnings %q instead of %q", path, warnings,
					told)
			}
			head, err := HeadOfBytes(copied, part, Options{})
			of, wrong := ReadHead(copied)
			if (err == nil) != (wrong == nil) || err == nil && head != of {
				t.Errorf("%s: the head %+v, %v; of a file %+v, %v", path, head, err, of, wrong)
			}
		}
	}
}

func TestSizesAreRefusedByTheHead(t *testing.T) {
	for _, c := range []struct {
		width, height uint32
		limit         int
		tooLarge      bool
	}{{3, 4, 12, false}, {3, 4, 11, true}, {10000, 10000, 0, false}, {10000, 10001, 0, true},
		{1<<31 - 1, 1<<31 - 1, 0, true}} {
		data := []byte(header(c.width, c.height))
		_, err := HeadOfBytes("bomb.png", data, Options{MaxPixels: c.limit})
		var large *TooLargeError
		if errors.As(err, &large) != c.tooLarge || (err != nil) != c.tooLarge ||
			err != nil && fault.KindOf(err) != fault.Input {
			t.Errorf("%d x %d, at most %d: %v", c.width, c.height, c.limit, err)
		}
		if !c.tooLarge {
			continue
		}
		if _, _, err := DecodeBytes("bomb.png", data, Options{MaxPixels: c.limit}); !errors.As(err, &large) {
			t.Errorf("decoding %d x %d: %v", c.width, c.height, err)
		}
	}
}

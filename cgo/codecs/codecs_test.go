//go:build linux && cgo

package codecs

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"musc/engine/assets"
)

// inputs are small files whose pixels the tests of imageio compare with Pillow's.
const inputs = "../../engine/imageio/testdata/formats"

const width, height = 37, 21 // of all of them

var opened = sync.OnceValues(func() (*Libraries, error) {
	folder, err := fetched()
	if err != nil {
		return nil, err
	}
	return Open(folder)
})

func fetched() (string, error) {
	if folder := os.Getenv("MUSC_CODECS"); folder != "" && folder != "none" {
		return folder, nil
	}
	return assets.CodecsFolder()
}

// need opens the libraries, or skips where they were not fetched.
func need(t testing.TB) *Libraries {
	t.Helper()
	l, err := opened()
	if folder := os.Getenv("MUSC_CODECS"); err != nil && folder != "" && folder != "none" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip("the decoders were not fetched (musc setup codecs): ", err)
	}
	return l
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(inputs, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// check says that err is an Error of that kind whose text holds want.
func check(t *testing.T, name string, err, kind error, want string) {
	t.Helper()
	var known *Error
	if !errors.As(err, &known) || !errors.Is(err, kind) || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want it %v with %q", name, err, kind, want)
	}
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	folder := t.TempDir()
	_, err := Open(folder)
	if err == nil || err.Error() != folder+" holds no libjpeg" {
		t.Errorf("an empty folder: got %v", err)
	}
	for _, name := range []string{"libjpeg.so", "libtiff.so", "libwebp.so", "liblcms2.so"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("text"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err = Open(folder); err == nil || err.Error() != folder+" holds no libwebpdemux" {
		t.Errorf("a library less: got %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "libwebpdemux.so"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = Open(folder); err == nil || !strings.Contains(err.Error(), "libjpeg.so: ") {
		t.Errorf("no library: got %v", err)
	}
	if _, err = Open("[a"); err == nil || !strings.Contains(err.Error(), "syntax error in pattern") {
		t.Errorf("a folder that is no pattern: got %v", err)
	}
}

// Libraries under each other's names lack the functions that are looked for.
func TestOpenSaysWhichFunctionIsMissing(t *testing.T) {
	need(t)
	source, err := fetched()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		instead [5]int
		want    string
	}{
		{[5]int{2, 1, 2, 3, 4}, "has no jpeg_std_error"},
		{[5]int{0, 0, 2, 3, 4}, "has no TIFFGetVersion"},
		{[5]int{0, 1, 0, 3, 4}, "has no WebPGetDecoderVersion"},
		{[5]int{0, 1, 2, 2, 4}, "has no WebPAnimDecoderNewInternal"},
		{[5]int{0, 1, 2, 3, 1}, "has no cmsCreateLab2Profile"},
	} {
		folder := t.TempDir()
		for i, name := range names {
			path, err := find(source, names[c.instead[i]])
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(path, filepath.Join(folder, name+".so")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Open(folder); err == nil || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

func TestVersions(t *testing.T) {
	want := "libjpeg-turbo 3.2.0, libtiff 4.7.2, libwebp 1.6.0"
	if got := need(t).Versions(); os.Getenv("MUSC_CODECS") == "" && got != want {
		t.Errorf("got %s, want %s", got, want)
	} else if strings.Count(got, ", lib") != 2 {
		t.Errorf("got %s", got)
	}
	path := filepath.Join(t.TempDir(), "libjpeg.so")
	if got := jpegVersion(path); got != "libjpeg" {
		t.Errorf("no file: %s", got)
	}
	if err := os.WriteFile(path, []byte("JPEG 6b"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := jpegVersion(path); got != "libjpeg" {
		t.Errorf("another library: %s", got)
	}
}

// The shim's own allocations and libjpeg's are freed when libjpeg jumps out of a decoding.
func TestFailuresLeaveNoMemoryBehind(t *testing.T) {
	l := need(t)
	broken := map[string]func() error{}
	jpeg := read(t, "progressive.jpg")
	broken["JPEG"] = func() error { _, err := l.JPEG(jpeg[:len(jpeg)/2], width, height, 3, 8); return err }
	webp := read(t, "animated.webp")
	broken["WebP"] = func() error { _, err := l.WebP(webp[:len(webp)/2], width, height); return err }
	tiff := read(t, "zstd.tif")
	broken["TIFF"] = func() error {
		f, err := open(l, tiff, 1<<26)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.Read(2)
		return err
	}
	text := []byte("II*\x00\x08\x00\x00\x00nothing")
	broken["no TIFF"] = func() error { _, err := open(l, text, 1<<26); return err }
	for name, fail := range broken {
		for range 200 { // what is kept for good is there by now
			if fail() == nil {
				t.Fatalf("%s: no error", name)
			}
		}
		before := resident(t)
		for range 3000 {
			fail()
		}
		// 3000 decodings of a kilobyte each would be 3 MB, and each keeps far more.
		if grown := resident(t) - before; grown > 12<<20 {
			t.Errorf("%s: %d bytes more after 3000 failures", name, grown)
		}
	}
}

// resident is this process's resident memory in bytes.
func resident(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	var all, pages int
	if _, err := fmt.Sscan(string(text), &all, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

func TestManyGoroutinesDecodeAtOnce(t *testing.T) {
	l := need(t)
	jpeg, tiff := read(t, "sampling_2x2.jpg"), read(t, "jpeg_tiles.tif")
	want, err := l.JPEG(jpeg, width, height, 3, 8)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				got, err := l.JPEG(jpeg, width, height, 3, 8)
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("other pixels, %v", err)
				}
				f, err := open(l, tiff, 1<<26)
				if err != nil {
					t.Error(err)
					return
				}
				if pixels, err := f.Read(1); err != nil || len(pixels) != 3*width*height {
					t.Errorf("%d bytes, %v", len(pixels), err)
				}
				f.Close()
			}
		})
	}
	group.Wait()
}

func TestWebP(t *testing.T) {
	l := need(t)
	data := read(t, "animated_alpha.webp")
	pixels, err := l.WebP(data, width, height)
	if err != nil || len(pixels) != 4*width*height {
		t.Fatalf("%d bytes, %v", len(pixels), err)
	}
	if got := [4]uint8{pixels[3], pixels[7], pixels[11], pixels[15]}; got != [4]uint8{0, 255, 1, 0} {
		t.Errorf("alpha begins with %v", got)
	}
	for name, c := range map[string]struct {
		data          []byte
		width, height int
		want          string
	}{
		"wider":     {data, width + 1, height, "contradicts itself"},
		"lower":     {data, width, height - 1, "contradicts itself"},
		"no data":   {nil, width, height, "no picture"},
		"no width":  {data, 0, height, "no picture"},
		"no height": {data, width, 0, "no picture"},
		"text":      {[]byte("RIFF, but of what?"), width, height, "head cannot be read"},
		"cut":       {data[:len(data)/2], width, height, "no frame"},
		"broken": {append(bytes.Clone(data[:110]), make([]byte, len(data)-110)...), width, height,
			"libwebp"},
	} {
		_, err := l.WebP(c.data, c.width, c.height)
		check(t, name, err, ErrDamaged, c.want)
	}
}

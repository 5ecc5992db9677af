package frame

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/imageio"
)

// seedMask is a PNG of 3 x 2 pixels, the last one of that colour.
func seedMask(f *testing.F, last color.Color) []byte {
	picture := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	picture.Set(2, 1, last)
	var text bytes.Buffer
	if err := png.Encode(&text, picture); err != nil {
		f.Fatal(err)
	}
	return text.Bytes()
}

// Whatever a mask's file holds, it is refused with its name, or it is black or white, leaves something, is within
// the limit, and reads the same when it is saved again.
func FuzzMask(f *testing.F) {
	for _, last := range []color.Color{grey(255), grey(127), color.NRGBA{255, 255, 255, 90}, color.NRGBA{0, 200, 0, 255}} {
		f.Add(seedMask(f, last))
	}
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02L\x01\x00;"))
	folder := f.TempDir()
	file, again := filepath.Join(folder, "a mask.png"), filepath.Join(folder, "again.png")
	opts := imageio.Options{MaxPixels: 1 << 12, ApplyOrientation: true}
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(file, content, 0o644); err != nil {
			t.Fatal(err)
		}
		roi, err := ReadROI(file, opts)
		if err != nil {
			if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), file) {
				t.Fatal(err)
			}
			return
		}
		mask := roi.One().Pixels
		white := bytes.Count(mask.Pix, []byte{255})
		if len(mask.Pix) != mask.Width*mask.Height || len(mask.Pix) > opts.MaxPixels || white == 0 ||
			white+bytes.Count(mask.Pix, []byte{0}) != len(mask.Pix) {
			t.Fatalf("%d x %d pixels, %d of %d are white", mask.Width, mask.Height, white, len(mask.Pix))
		}
		var saved bytes.Buffer
		if err := png.Encode(&saved, &image.Gray{Pix: mask.Pix, Stride: mask.Width,
			Rect: image.Rect(0, 0, mask.Width, mask.Height)}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(again, saved.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		if read, err := ReadROI(again, opts); err != nil || read.SHA256() != roi.SHA256() {
			t.Fatalf("saved again it is another mask: %v", err)
		}
	})
}

// Whatever the names of a folder's masks are, a photo gets the one that is its own by a slow look at all of them,
// or a message that names the folder: its own name with fewer folders before it, then with more.
func FuzzMaskNames(f *testing.F) {
	f.Add("a.png\nb/a.png\nb/a_mask.png", "b/a.jpg")
	f.Add("x/c.v2.png\nc.v2.tif\n/c.v2", "deep/x/c.v2.bmp")
	f.Add("_mask.png\n.png\na/.png", "_mask")
	f.Add("a/b.png\nc/b.png", "b")
	f.Add("ö <b>'7.png\n\xff.png\n\" \t.png", "\xff.jpg")
	f.Fuzz(func(t *testing.T, list, photo string) {
		files := strings.Split(list, "\n")
		if len(files) > 50 {
			return
		}
		roi := &ROI{path: "masks", whole: map[string]string{}, tails: map[string]string{}}
		for k, file := range files {
			roi.add(strings.TrimSuffix(file, path.Ext(file)), fmt.Sprint(k))
		}
		got, want := roi.find(stem(photo)), ownMask(files, stem(photo))
		if got != want {
			t.Fatalf("%q of %q gets %q, not %q", photo, files, got, want)
		}
		if got == "" || got == several {
			if _, err := roi.Of(photo); fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "masks") {
				t.Fatal(err)
			}
		}
	})
}

// ownMask is the number of the mask of a photo, or several, or "", by comparing with all of them.
func ownMask(files []string, photo string) string {
	pick := func(is func(mask string) bool) (found string) {
		for k, file := range files {
			if !is(stem(file)) {
				continue
			}
			if found != "" {
				return several
			}
			found = fmt.Sprint(k)
		}
		return found
	}
	parts := strings.Split(photo, "/")
	for k := range parts { // the photo's path has more folders
		rest := strings.Join(parts[k:], "/")
		for _, name := range []string{rest, rest + maskSuffix} {
			if found := pick(func(mask string) bool { return mask == name }); found != "" {
				return found
			}
		}
	}
	for _, name := range []string{photo, photo + maskSuffix} { // the mask's path has more
		if found := pick(func(mask string) bool { return strings.HasSuffix(mask, "/"+name) }); found != "" {
			return found
		}
	}
	return ""
}

package imageio

import (
	"bytes"
	"strings"
	"testing"
)

// Among them what image/gif refuses: bytes between blocks, more data than pixels, large frames.
func TestGIFsOfAllKinds(t *testing.T) { pillowsBytes(t, "gif.zip", 37) }

func TestDamagedGIFsAreErrors(t *testing.T) {
	for name, content := range archived(t, "gif.zip") {
		if !strings.HasPrefix(name, "damaged") {
			continue
		}
		want, ok := map[string]string{
			"damaged_codes.gif":      "its GIF data is damaged (a code that is not in use yet)",
			"damaged_size.gif":       "its GIF data is damaged (pixels of 12 bits)",
			"damaged_small_size.gif": "its GIF data is damaged (pixels of 1 bits)",
			"damaged_no_frame.gif":   "its GIF data is damaged (it holds no frame)",
		}[name]
		if !ok {
			want = "its GIF data ends too early"
		}
		_, _, err := decode("a.gif", sectionOf(content), Options{})
		checkMessage(t, name, err, "a.gif", want)
	}
}

func TestIndicesAndAlphaOfGIF(t *testing.T) {
	files := archived(t, "gif.zip")
	for name, want := range map[string]struct {
		colours     int
		transparent int // an index, or -1
	}{
		"interlaced.gif":            {256, -1},
		"no_palette.gif":            {0, -1},
		"grey_palette.gif":          {0, -1},
		"two_colours.gif":           {2, -1},
		"on_transparent_canvas.gif": {256, 7},
		"transparent_unused.gif":    {256, -1},
		"long_control.gif":          {256, 7},
	} {
		r, _, err := decode(name, sectionOf(files[name]), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Channels != 1 || len(r.Palette) != want.colours ||
			(r.Alpha != nil) != (want.transparent >= 0) {
			t.Errorf("%s: %d channels, %d colours, alpha %v", name, r.Channels, len(r.Palette),
				r.Alpha != nil)
		}
		for i, alpha := range r.Alpha {
			if (int(r.Pix[i]) == want.transparent) != (alpha == 0) || alpha != 0 && alpha != 255 {
				t.Fatalf("%s: alpha %d of index %d", name, alpha, r.Pix[i])
			}
		}
	}
}

func TestGIFIsCutAtEveryByte(t *testing.T) {
	content := archived(t, "gif.zip")["interlaced.gif"]
	whole, err := decodeGIF(sectionOf(content))
	if err != nil {
		t.Fatal(err)
	}
	for length := range content {
		r, err := decodeGIF(sectionOf(content[:length]))
		if err == nil && (length < len(content)-4 || !bytes.Equal(r.Pix, whole.Pix)) {
			t.Fatalf("%d of %d bytes are decoded", length, len(content))
		}
	}
}

func FuzzGIF(f *testing.F) { fuzzDecoder(f, "gif.zip", "GIF", decodeGIF, headOfGIF) }

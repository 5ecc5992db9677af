package imageio

import (
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRasterIsWhatTheFileStores(t *testing.T) {
	for name, want := range map[string]struct {
		channels, bits              int
		deep, palette, alpha, lossy bool
	}{
		"rgb.png":              {channels: 3},
		"grey_alpha.png":       {channels: 1, alpha: true},
		"alpha.png":            {channels: 3, alpha: true},
		"palette_alpha.png":    {channels: 1, palette: true, alpha: true},
		"grey_transparent.png": {channels: 1, alpha: true},
		"grey16.png":           {channels: 1, bits: 16, deep: true},
		"rgb16.png":            {channels: 3, bits: 16, deep: true},
		"alpha16.png":          {channels: 3, bits: 16, deep: true, alpha: true},
		"palette.gif":          {channels: 1, palette: true},
		"transparent.gif":      {channels: 1, palette: true, alpha: true},
		"palette.bmp":          {channels: 1, palette: true},
		"grey16.tif":           {channels: 1, bits: 16, deep: true},
		"rgb16.tif":            {channels: 3, bits: 16, deep: true},
		"chroma_420.jpg":       {channels: 3, lossy: true},
		"grey.jpg":             {channels: 1, lossy: true},
		"lossless_alpha.webp":  {channels: 3, alpha: true},
		"lossy_alpha.webp":     {channels: 3, alpha: true, lossy: true},
	} {
		r, _, err := DecodeRaster(filepath.Join(inputs, name), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Channels != want.channels || r.Bits != want.bits || r.Lossy != want.lossy ||
			(r.Deep != nil) != want.deep || (r.Pix != nil) == want.deep ||
			(r.Palette != nil) != want.palette || (r.Alpha != nil) != want.alpha {
			t.Errorf("%s: %d channels, %d bits, %d colours, alpha %v, lossy %v; want %+v", name,
				r.Channels, r.Bits, len(r.Palette), r.Alpha != nil, r.Lossy, want)
		}
	}
}

// What the head tells of depth is what decides whether a photo is looked at for the batch's range.
func TestTheHeadTellsTheDepth(t *testing.T) {
	paths, err := filepath.Glob(inputs + "/*")
	if err != nil || len(paths) < 70 {
		t.Fatalf("%d inputs, %v", len(paths), err)
	}
	for _, path := range paths {
		if filepath.Ext(path) == ".rgb" {
			continue
		}
		head, err := ReadHead(path)
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := DecodeRaster(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.Contains(path, "16"); head.Deep != want || (r.Deep != nil) != want {
			t.Errorf("%s: deep %v by its head, %v by its samples", path, head.Deep, r.Deep != nil)
		}
		if width, height, err := Size(path); width != r.Width || height != r.Height || err != nil {
			t.Errorf("%s: %d x %d by its head, %d x %d decoded, %v", path, width, height, r.Width,
				r.Height, err)
		}
	}
}

func TestRastersThatContradictTheirHead(t *testing.T) {
	head, six := Head{Width: 2, Height: 3}, make([]uint8, 6)
	for name, c := range map[string]struct {
		raster Raster
		want   string
	}{
		"grey":        {Raster{Width: 2, Height: 3, Channels: 1, Pix: six}, ""},
		"deep colour": {Raster{Width: 2, Height: 3, Channels: 3, Deep: make([]float32, 18)}, ""},
		"alpha":       {Raster{Width: 2, Height: 3, Channels: 1, Pix: six, Alpha: six}, ""},
		"width": {Raster{Width: 3, Height: 2, Channels: 1, Pix: six},
			"3 x 2 pixels instead of 2 x 3"},
		"height": {Raster{Width: 2, Height: 2, Channels: 1, Pix: six[:4]},
			"2 x 2 pixels instead of 2 x 3"},
		"width only": {Raster{Width: 3, Height: 3, Channels: 1, Pix: make([]uint8, 9)},
			"3 x 3 pixels instead of 2 x 3"},
		"few samples": {Raster{Width: 2, Height: 3, Channels: 3, Pix: six}, "6 samples for 2 x 3 pixels"},
		"both": {Raster{Width: 2, Height: 3, Channels: 1, Pix: six, Deep: make([]float32, 6)},
			"12 samples for 2 x 3 pixels"},
		"alpha too short": {Raster{Width: 2, Height: 3, Channels: 1, Pix: six, Alpha: six[:5]},
			"6 samples for 2 x 3 pixels"},
	} {
		got := ""
		if err := c.raster.fits(head); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// A photo with NaN is refused by name; a mask with it is its reader's business.
func TestPhotosWithoutNumbersAreErrors(t *testing.T) {
	known := formats
	t.Cleanup(func() { formats = known })
	head := func(*io.SectionReader) (Head, error) { return Head{Width: 2, Height: 1, Deep: true}, nil }
	values := []float32{0, float32(math.NaN())}
	formats = append(slices.Clone(known), format{"floats", magic("floats"), head,
		func(*io.SectionReader) (*Raster, error) {
			return &Raster{Width: 2, Height: 1, Channels: 1, Deep: values}, nil
		}, describeBMP})
	path := filepath.Join(t.TempDir(), "a.tif")
	if err := os.WriteFile(path, []byte("floats"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := Decode(path, Options{})
	checkMessage(t, "NaN", err, path, "it holds NaN in row 0, column 1, which no shade stands for")
	if r, _, err := DecodeRaster(path, Options{}); err != nil || len(r.Deep) != 2 {
		t.Errorf("the raster: %v", err)
	}
	values = []float32{1, 3}
	m, _, err := Decode(path, Options{Depth: Depth{Floats: Range{0, 4}}})
	if err != nil || m.Pix[0] != 64 || m.Pix[3] != 191 {
		t.Errorf("by the range of the options: %v, %v", m, err)
	}
}

func TestRowsLeaveOutWhatLiesBetween(t *testing.T) {
	pix := []uint8{1, 2, 9, 3, 4, 9, 5, 6}
	if got, want := rows(pix, 3, 2, 3), []uint8{1, 2, 3, 4, 5, 6}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := rows(pix, 2, 2, 3), pix[:6]; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

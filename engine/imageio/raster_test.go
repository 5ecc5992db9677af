package imageio

import (
	"os"
	"path/filepath"
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

func TestSniffLooksAtTheContent(t *testing.T) {
	folder := t.TempDir()
	for name, want := range map[string]struct {
		content, format string
		supported       bool
	}{
		"photo":     {"\xff\xd8\xff\xe0", "JPEG", true},
		"photo.dat": {"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d", "PNG", true},
		"phone.jpg": {"\x00\x00\x00\x18ftypheic", "HEIC or AVIF", false},
		"notes.png": {"these are notes", "", false},
		"empty.png": {"", "", false},
	} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(want.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if format, supported := Sniff(path); format != want.format || supported != want.supported {
			t.Errorf("%s: got %q, %v, want %q, %v", name, format, supported, want.format, want.supported)
		}
	}
	for _, path := range []string{folder, filepath.Join(folder, "absent.png")} {
		if format, supported := Sniff(path); format != "" || supported {
			t.Errorf("%s: got %q, %v", path, format, supported)
		}
	}
}

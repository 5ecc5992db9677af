package imageio

import (
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

//go:build linux && cgo

package codecs

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"testing"
)

const enough = 1 << 26 // bytes for libtiff, of small files

func open(l *Libraries, data []byte, memory int64) (*TIFF, error) {
	return l.OpenTIFF(bytes.NewReader(data), int64(len(data)), memory)
}

func openTIFF(t *testing.T, name string) *TIFF {
	t.Helper()
	f, err := open(need(t), read(t, name), enough)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

func TestTIFFHead(t *testing.T) {
	for name, want := range map[string]TIFFHead{
		"planar12.tif": {Width: width, Height: height, Bits: 12, Samples: 3, Separate: true,
			Photometric: 2, Format: 1, Compression: 1, InkSet: 1, Chroma: [2]int{2, 2}},
		"rgba_x.tif": {Width: width, Height: height, Bits: 8, Samples: 5, Photometric: 2, Format: 1,
			Compression: 1, InkSet: 1, Extras: 2, FirstExtra: 2, Chroma: [2]int{2, 2}},
		"float32.tif": {Width: width, Height: height, Bits: 32, Samples: 1, Photometric: 1, Format: 3,
			Compression: 1, InkSet: 1, Chroma: [2]int{2, 2}},
		"inks.tif": {Width: width, Height: height, Bits: 8, Samples: 4, Photometric: 5, Format: 1,
			Compression: 1, InkSet: 2, Chroma: [2]int{2, 2}},
		"ycbcr.tif": {Width: width, Height: height, Bits: 8, Samples: 3, Photometric: 6, Format: 1,
			Compression: 1, InkSet: 1, Chroma: [2]int{1, 1}},
		"no_photometric_grey.tif": {Width: width, Height: height, Bits: 8, Samples: 1, Photometric: -1,
			Format: 1, Compression: 1, InkSet: 1, Chroma: [2]int{2, 2}},
	} {
		if got := openTIFF(t, name).TIFFHead; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	palette := openTIFF(t, "palette1.tif").TIFFHead
	if len(palette.Red) != 2 || len(palette.Green) != 2 || len(palette.Blue) != 2 {
		t.Errorf("palette: %+v", palette)
	}
}

func TestTIFFSamples(t *testing.T) {
	rgb, err := openTIFF(t, "strips.tif").Read(1)
	if err != nil || len(rgb) != 3*width*height {
		t.Fatalf("%d bytes, %v", len(rgb), err)
	}
	for _, name := range []string{"tiles.tif", "tiles_large.tif", "tiles_deflate.tif", "zstd.tif",
		"lzma_predictor.tif", "big_endian.tif", "bigtiff.tif", "no_byte_counts.tif", "unsorted.tif"} {
		if got, err := openTIFF(t, name).Read(1); err != nil || !bytes.Equal(got, rgb) {
			t.Errorf("%s: other samples, %v", name, err)
		}
	}
	for _, name := range []string{"planar.tif", "planar_strips.tif", "tiles_planar.tif"} {
		f := openTIFF(t, name)
		for planes := 1; planes <= 3; planes++ {
			got, err := f.Read(planes)
			if err != nil || len(got) != planes*width*height {
				t.Fatalf("%s: %d bytes, %v", name, len(got), err)
			}
			for i, value := range got {
				if at := i % (width * height); value != rgb[3*at+i/(width*height)] {
					t.Fatalf("%s: another sample at %d", name, i)
				}
			}
		}
	}
	packed := openTIFF(t, "rgb12.tif")
	if got, want := packed.RowBytes(), (width*36+7)/8; got != want {
		t.Errorf("rows of %d bytes, want %d", got, want)
	}
	plane := openTIFF(t, "planar12.tif")
	if got, want := plane.RowBytes(), (width*12+7)/8; got != want {
		t.Errorf("rows of %d bytes, want %d", got, want)
	}
	for planes, f := range map[int]*TIFF{0: plane, 4: plane, 2: packed} {
		_, err := f.Read(planes)
		check(t, "planes that are not there", err, ErrDamaged, "no picture")
	}
}

// Luma and chroma come as libtiff's colours; turned pictures stay as they are stored.
func TestTIFFColours(t *testing.T) {
	f := openTIFF(t, "ycbcr_subsampled.tif")
	pixels, err := f.Colours()
	if err != nil || len(pixels) != 4*width*height || pixels[3] != 255 {
		t.Fatalf("%d bytes, %v", len(pixels), err)
	}
	_, err = f.Read(1)
	check(t, "rows of blocks", err, ErrUnsupported, "rows of an odd length")
	data := bytes.Clone(read(t, "ycbcr_subsampled.tif"))
	turned := bytes.Clone(data)
	at := int(binary.LittleEndian.Uint32(turned[4:]))
	count := binary.LittleEndian.Uint16(turned[at:])
	directory := bytes.Clone(turned[at+2 : at+2+12*int(count)])
	added := append(binary.LittleEndian.AppendUint16(nil, count+1), directory...)
	added = append(added, 18, 1, 3, 0, 1, 0, 0, 0, 3, 0, 0, 0) // orientation: upside down
	added = append(added, 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(turned[4:], uint32(len(turned)))
	turned = append(turned, added...)
	other, err := open(need(t), turned, enough)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if got, err := other.Colours(); err != nil || !bytes.Equal(got, pixels) {
		t.Errorf("the picture was turned, %v", err)
	}
}

func TestTIFFsThatCannotBeRead(t *testing.T) {
	l := need(t)
	for name, c := range map[string]struct {
		data []byte
		kind error
		want string
	}{
		"no data":      {nil, ErrEndsEarly, "Cannot read"},
		"text":         {[]byte("these are notes"), ErrDamaged, "Not a TIFF"},
		"no directory": {[]byte("II*\x00\xff\x00\x00\x00"), ErrEndsEarly, ""},
		"WebP":         {read(t, "webp.tif"), ErrUnsupported, "compression 50001"},
	} {
		_, err := open(l, c.data, enough)
		check(t, name, err, c.kind, c.want)
	}
	// A directory at the start, and the pixels cut off.
	whole := read(t, "zlib.tif")
	short, err := open(l, whole[:len(whole)-100], enough)
	if err != nil {
		t.Fatal(err)
	}
	defer short.Close()
	_, err = short.Read(1)
	check(t, "cut", err, ErrEndsEarly, "")
	broken := bytes.Clone(whole)
	for i := len(broken) - 300; i < len(broken)-200; i++ {
		broken[i] ^= 0x55
	}
	damaged, err := open(l, broken, enough)
	if err != nil {
		t.Fatal(err)
	}
	defer damaged.Close()
	if _, err = damaged.Read(1); err == nil {
		t.Error("broken deflate data decode")
	}
	little, err := open(l, read(t, "tiles_large.tif"), 8000)
	if err != nil {
		t.Fatal(err)
	}
	defer little.Close()
	_, err = little.Read(1)
	check(t, "a tile of 12 kB in 8 kB", err, ErrUnsupported, "tiles far larger")
}

// Whatever the bytes are, the answer is as many samples as the head says, or an error.
func FuzzTIFF(f *testing.F) {
	l := need(f)
	for _, name := range []string{"strips.tif", "tiles_planar.tif", "bigtiff_tiles.tif", "lzw.tif",
		"zstd_predictor16.tif", "lzma.tif", "predictor3.tif", "packbits.tif", "bilevel_group3.tif",
		"group3_2d.tif", "bilevel_group4.tif", "bilevel_tiff_ccitt.tif", "jpeg_tiles.tif",
		"jpeg_subsampled.tif", "old_jpeg.tif", "ycbcr_subsampled.tif", "palette4.tif", "rgb12.tif",
		"jpeg_cmyk.tif", "unsorted.tif", "no_byte_counts.tif"} {
		f.Add(read(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := open(l, data, enough)
		if err != nil {
			return
		}
		defer file.Close()
		if file.Width < 1 || file.Height < 1 || file.Width > 1<<14/file.Height ||
			file.Samples > 16 || file.Bits > 64 {
			return
		}
		planes := 1
		if file.Separate {
			planes = file.Samples
		}
		samples, err := file.Read(planes)
		if err == nil && len(samples) != planes*file.Height*file.RowBytes() {
			t.Fatalf("%d bytes of samples", len(samples))
		}
		if pixels, err := file.Colours(); err == nil && len(pixels) != 4*file.Width*file.Height {
			t.Fatalf("%d bytes of colours", len(pixels))
		}
	})
}

// Whatever the bytes are, the answer is a picture of the size asked for, or an error.
func FuzzWebP(f *testing.F) {
	l := need(f)
	for _, name := range []string{"animated.webp", "animated_lossy.webp", "animated_alpha.webp",
		"animated_part.webp", "profile.webp"} {
		f.Add(read(f, name), uint8(width), uint8(height))
	}
	f.Fuzz(func(t *testing.T, data []byte, width, height uint8) {
		pixels, err := l.WebP(data, int(width), int(height))
		if err == nil && len(pixels) != 4*int(width)*int(height) {
			t.Fatalf("%d bytes", len(pixels))
		}
	})
}

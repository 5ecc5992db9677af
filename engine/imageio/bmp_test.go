package imageio

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"testing"
)

// archived are the files of an archive in testdata by their names.
func archived(t testing.TB, name string) map[string][]byte {
	t.Helper()
	archive, err := zip.OpenReader("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	files := map[string][]byte{}
	for _, entry := range archive.File {
		file, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[entry.Name], err = io.ReadAll(file); err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
	return files
}

// pillowsBytes decodes every file of the archive that has its bytes beside it.
func pillowsBytes(t *testing.T, archive string, atLeast int) {
	files := archived(t, archive)
	count := 0
	for name, content := range files {
		want, ok := files[name+".rgb"]
		if !ok {
			continue
		}
		count++
		r, warnings, err := decode(name, sectionOf(content), Options{})
		if err != nil || len(warnings) > 0 {
			t.Errorf("%v, warnings %q", err, warnings)
			continue
		}
		if got := r.RGB(Depth{}).Pix; !bytes.Equal(got, want) {
			t.Errorf("%s: %d x %d pixels differ by %d levels", name, r.Width, r.Height,
				farthest(t, got, want))
		}
	}
	if count < atLeast {
		t.Fatalf("the archive holds %d files, want %d or more", count, atLeast)
	}
}

func TestBMPsOfAllKinds(t *testing.T) { pillowsBytes(t, "bmp.zip", 80) }

func TestAlphaOfBMP(t *testing.T) {
	files := archived(t, "bmp.zip")
	for name, want := range map[string]bool{
		"alpha56.bmp": true, "alpha108.bmp": true, "alpha124.bmp": true, "v3_8888.bmp": true,
		"alpha_fields.bmp": true, "zero_masks.bmp": true,
		"rgb32.bmp": false, "raw_v4_32.bmp": false, "v4_565.bmp": false, "fields888.bmp": false,
	} {
		r, _, err := decode(name, sectionOf(files[name]), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if want && !bytes.Equal(r.Alpha, files["alpha"]) || !want && r.Alpha != nil {
			t.Errorf("%s: alpha %v", name, r.Alpha)
		}
	}
}

// A palette of greys is how BMP stores grey; indices stand for a mask's classes otherwise.
func TestIndicesAndGreyOfBMP(t *testing.T) {
	files := archived(t, "bmp.zip")
	for name, want := range map[string]struct {
		colours int
		values  []uint8
	}{
		"palette8.bmp":          {256, nil},
		"palette_used.bmp":      {5, []uint8{0, 1, 2, 3, 4}},
		"core4.bmp":             {16, nil},
		"core8_short.bmp":       {200, nil},
		"oversized_palette.dib": {256, nil},
		"palette1.bmp":          {2, []uint8{0, 1}},
		"black_white.bmp":       {0, []uint8{0, 255}},
		"white_black.bmp":       {0, []uint8{0, 255}},
		"grey8.bmp":             {0, nil},
	} {
		r, _, err := decode(name, sectionOf(files[name]), Options{})
		if err != nil {
			t.Fatal(err)
		}
		values := slices.Compact(slices.Sorted(slices.Values(r.Pix)))
		if r.Channels != 1 || len(r.Palette) != want.colours ||
			want.values != nil && !slices.Equal(values, want.values) {
			t.Errorf("%s: %d channels, %d colours, values %v", name, r.Channels, len(r.Palette), values)
		}
	}
}

func TestBrokenBMPsAreExplained(t *testing.T) {
	files := archived(t, "bmp.zip")
	// edited is the file with one little-endian number of it changed.
	edited := func(name string, at int, value uint32) []byte {
		content := slices.Clone(files[name])
		binary.LittleEndian.PutUint32(content[at:], value)
		return content
	}
	part := func(name string, length int) []byte {
		content := files[name]
		return content[:(len(content)+length)%len(content)]
	}
	const bits, compression = 28, 30
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"jpeg":    {edited("rgb24.bmp", compression, bmpJPEG), "not supported (a JPEG inside)"},
		"png":     {edited("rgb24.bmp", compression, bmpPNG), "not supported (a PNG inside)"},
		"unknown": {edited("rgb24.bmp", compression, 9), "not supported (compression 9 of 24 bits)"},
		"rle8 of 4": {edited("palette4.bmp", compression, bmpRLE8),
			"not supported (compression 1 of 4 bits)"},
		"rle4 of 8": {edited("palette8.bmp", compression, bmpRLE4),
			"not supported (compression 2 of 8 bits)"},
		"fields of 8": {edited("palette8.bmp", compression, bmpBitFields),
			"not supported (compression 3 of 8"},
		"fax": {edited("header64_24.bmp", compression, bmpBitFields),
			"not supported (fax coding of OS/2)"},
		"os/2": {edited("header64_24.bmp", compression, bmpJPEG),
			"not supported (run lengths of 24 bits of OS/2)"},
		"64 bits":   {edited("rgb24.bmp", bits, 64), "not supported (64 bits a pixel)"},
		"12 bits":   {edited("core24.bmp", 24, 12), "not supported (12 bits a pixel)"},
		"gaps":      {edited("fields888.bmp", 54, 0xff00ff), "damaged (a mask with gaps, 0xff00ff)"},
		"no width":  {edited("rgb24.bmp", 18, 0), "it is 0 x 7 pixels"},
		"negative":  {edited("rgb24.bmp", 18, 0xffffffff), "it is -1 x 7 pixels"},
		"too large": {edited("rgb24.bmp", 18, 1<<30), "over the limit"},
		"header":    {part("rgb24.bmp", 30), "ends too early"},
		"masks":     {part("fields888.bmp", 60), "ends too early"},
		"palette":   {part("palette8.bmp", 200), "ends too early"},
		"pixels":    {part("rgb24.bmp", -10), "ends too early"},
		"indices":   {part("palette8.bmp", -10), "ends too early"},
		"runs":      {part("rle8.bmp", -10), "ends too early"},
		"singles":   {part("rle8_literal.bmp", -10), "ends too early"},
		"delta":     {part("rle8_delta.bmp", -5), "ends too early"},
		"dib":       {part("rgb24.dib", -10), "ends too early"},
	} {
		_, _, err := decode("a.bmp", sectionOf(c.content), Options{})
		checkMessage(t, name, err, "a.bmp", c.want)
	}
}

// The last row may lack its padding, and 16-bit padding of run lengths may be cut.
func TestPaddingAtTheEndOfBMPIsNotMissed(t *testing.T) {
	files := archived(t, "bmp.zip")
	for name, cut := range map[string]int{"rgb24.bmp": 1, "palette8.bmp": 3, "rle8_no_end.bmp": 0} {
		content := files[name]
		if _, _, err := decode(name, sectionOf(content[:len(content)-cut]), Options{}); err != nil {
			t.Error(err)
		}
		_, _, err := decode(name, sectionOf(content[:len(content)-cut-1]), Options{})
		checkMessage(t, name, err, name, "ends too early")
	}
}

func TestSniffingBMP(t *testing.T) {
	files := archived(t, "bmp.zip")
	for name, content := range files {
		want := strings.HasSuffix(name, ".bmp") || strings.HasSuffix(name, ".dib")
		head, err := start(sectionOf(content))
		if err != nil {
			t.Fatal(err)
		}
		if got := isBMP(head) || isDIB(head); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, text := range []string{"", "B", "BM", "BMW is no bitmap", "BMW is no bitmap but a maker of cars",
		"\x28\x00\x00\x00", "\x28\x00\x00\x00\x05\x00\x00\x00\x05\x00\x00\x00\x02\x00\x18\x00",
		"\x28\x00\x00\x00\x05\x00\x00\x00\x05\x00\x00\x00\x01\x00\x19\x00",
		"\x29\x00\x00\x00\x05\x00\x00\x00\x05\x00\x00\x00\x01\x00\x18",
		"\x0c\x00\x00\x00\x05\x00\x05\x00\x02\x00\x18\x00\x00\x00\x00\x00",
		"\x41\x00\x00\x00\x05\x00\x00\x00\x05\x00\x00\x00\x01\x00\x18\x00",
		"\x0f\x00\x00\x00\x05\x00\x00\x00\x05\x00\x00\x00\x01\x00\x18\x00",
		"BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\xc8\x00\x00\x00"} {
		if isBMP(text) || isDIB(text) {
			t.Errorf("%q is taken for a BMP", text)
		}
	}
	for _, head := range []string{"BM\x00",
		"BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00",
		"BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00",
		"\x28\x00\x00\x00\x05\x00\x00\x00\x05\x00\x00\x00\x01\x00\x18\x00",
		"\x10\x00\x00\x00\x05\x00\x00\x00\x05\x00\x00\x00\x01\x00\x18\x00",
		"\x40\x00\x00\x00\x05\x00\x00\x00\x05\x00\x00\x00\x01\x00\x18\x00",
		"\x0c\x00\x00\x00\x05\x00\x05\x00\x01\x00\x18\x00\x00\x00\x00\x00"} {
		if !isBMP(head) && !isDIB(head) {
			t.Errorf("%q is not taken for a BMP", head)
		}
	}
}

func FuzzBMP(f *testing.F) { fuzzDecoder(f, "bmp.zip", "BMP", decodeBMP, headOfBMP) }

// fuzzDecoder feeds a decoder with the archive's files and what becomes of them: the answer is an
// error, or a raster of the head's size.
func fuzzDecoder(f *testing.F, archive, format string, decode func(*io.SectionReader) (*Raster, error),
	head func(*io.SectionReader) (Head, error)) {
	for name, content := range archived(f, archive) {
		if !strings.HasSuffix(name, ".rgb") {
			f.Add(content)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		tells, err := head(sectionOf(content))
		if err != nil || tells.Width < 1 || tells.Height < 1 || tells.Width > 1<<14/tells.Height {
			return
		}
		r, err := decode(sectionOf(content))
		if err != nil {
			return
		}
		if err := r.fits(tells); err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		r.RGB(Depth{})
	})
}

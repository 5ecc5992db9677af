package imageio

import (
	"encoding/binary"
	"strings"
	"testing"
)

// All colour types and depths, plain and interlaced; faults that viewers overlook.
func TestPNGsOfAllKinds(t *testing.T) { pillowsBytes(t, "png.zip", 68) }

func TestDamagedPNGsAreErrors(t *testing.T) {
	files := archived(t, "png.zip")
	for name, want := range map[string]string{
		"damaged_pixels_cut.png": "its PNG data ends too early",
		"damaged_pixels_few.png": "its PNG data ends too early",
		"damaged_no_pixels.png":  "its PNG data ends too early",
		"damaged_both_sums.png":  "its PNG data is damaged (the checksums of its pixels are wrong)",
		"damaged_deflate.png":    "its PNG data is damaged (flate: corrupt input",
		"damaged_header.png":     "its PNG data is damaged (the header's checksum is wrong)",
		"damaged_no_palette.png": "its PNG data is damaged (it has no palette)",
		"damaged_filter.png":     "its PNG data is damaged (png: invalid format: bad filter type)",
		"unsupported_iphone.png": "a kind of PNG that is not supported (Apple's own",
	} {
		_, _, err := decode("a.png", sectionOf(files[name]), Options{})
		checkMessage(t, name, err, "a.png", want)
		delete(files, name)
	}
	for name := range files {
		if strings.HasPrefix(name, "damaged") {
			t.Errorf("nothing is expected of %s", name)
		}
	}
}

func TestDeepGreyKeepsItsValues(t *testing.T) {
	files := archived(t, "png.zip")
	for _, name := range []string{"type0_16.png", "type0_16_interlaced.png"} {
		r, _, err := decode(name, sectionOf(files[name]), Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := files[name+".u16"]
		if len(r.Deep) != len(want)/2 || r.Bits != 16 {
			t.Fatalf("%s: %d samples of %d bits", name, len(r.Deep), r.Bits)
		}
		for i, value := range r.Deep {
			if value != float32(binary.LittleEndian.Uint16(want[2*i:])) {
				t.Fatalf("%s: sample %d is %v", name, i, value)
			}
		}
	}
}

func FuzzPNG(f *testing.F) { fuzzDecoder(f, "png.zip", "PNG", decodePNG, headOfPNG) }

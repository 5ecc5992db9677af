package imageio

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// All colour types and depths, plain and interlaced; faults that viewers overlook.
func TestPNGsOfAllKinds(t *testing.T) { pillowsBytes(t, "png.zip", 73) }

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

func TestPNGsWithoutAHeaderAreErrors(t *testing.T) {
	whole := string(archived(t, "png.zip")["type0_8.png"])
	for name, content := range map[string]string{
		"another chunk first": strings.Replace(whole, "IHDR", "tEXt", 1),
		"a longer header":     strings.Replace(whole, "\x0dIHDR", "\x0eIHDR", 1),
	} {
		_, _, err := decode("a.png", sectionOf([]byte(content)), Options{})
		checkMessage(t, name, err, "a.png", "its PNG data is damaged (it does not start with a header)")
	}
	for _, length := range []int{8, 20, 32} {
		_, _, err := decode("a.png", sectionOf([]byte(whole[:length])), Options{})
		checkMessage(t, "cut", err, "a.png", "its PNG data ends too early")
	}
}

func TestRepairedPNGsKeepTheirAlpha(t *testing.T) {
	files := archived(t, "png.zip")
	for _, name := range []string{"repaired_palette.png", "repaired_rgb.png", "repaired_rgba0.png",
		"repaired_rgba1.png"} {
		r, _, err := decode(name, sectionOf(files[name]), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if want := files[name+".alpha"]; !bytes.Equal(r.Alpha, want) || len(want) == 0 {
			t.Errorf("%s: alpha %v, want %v", name, r.Alpha, want)
		}
	}
}

func TestChunksHaveLetters(t *testing.T) {
	for kind, want := range map[string]bool{"IDAT": true, "azAZ": true, "`aaa": false, "a{aa": false,
		"aa@a": false, "aaa[": false, "\x00\x00\x00\x00": false} {
		if isChunk(kind) != want {
			t.Errorf("%q: %v", kind, !want)
		}
	}
}

// The size of interlaced pixels is that of the pixels which a pass picks, row by row.
func TestBytesOfInterlacedPixels(t *testing.T) {
	// The pass of each pixel in a square of 8, as the specification of PNG draws it.
	const passes = "16462646" + "77777777" + "56565656" + "77777777" +
		"36463646" + "77777777" + "56565656" + "77777777"
	for _, kind := range []struct{ colour, depth, bits int }{{0, 1, 1}, {0, 4, 4}, {3, 2, 2}, {2, 8, 24},
		{4, 16, 32}, {6, 16, 64}} {
		for width := 1; width < 19; width++ {
			for height := 1; height < 19; height++ {
				var header pngHeader
				binary.BigEndian.PutUint32(header[:], uint32(width))
				binary.BigEndian.PutUint32(header[4:], uint32(height))
				header[8], header[9] = uint8(kind.depth), uint8(kind.colour)
				plain := int64(height * (1 + (width*kind.bits+7)/8))
				if got := header.rawBytes(); got != plain {
					t.Fatalf("%d x %d of %d bits: %d bytes, want %d", width, height, kind.bits, got, plain)
				}
				header[12] = 1
				want := int64(0)
				for y := range height {
					var pixels [8]int // of each pass in this row
					for x := range width {
						pixels[passes[8*(y%8)+x%8]-'0']++
					}
					for _, count := range pixels {
						if count > 0 {
							want += int64(1 + (count*kind.bits+7)/8)
						}
					}
				}
				if got := header.rawBytes(); got != want {
					t.Fatalf("%d x %d of %d bits, interlaced: %d bytes, want %d", width, height,
						kind.bits, got, want)
				}
			}
		}
	}
}

func FuzzPNG(f *testing.F) { fuzzDecoder(f, "png.zip", "PNG", decodePNG, headOfPNG) }

package imageio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"slices"
	"testing"
)

// encoded is a PNG of random pixels, rough enough for every filter.
func encoded(t *testing.T, random *rand.Rand, width, height int, grey bool,
	level png.CompressionLevel) []byte {
	t.Helper()
	area := image.Rect(0, 0, width, height)
	rgb, one := image.NewRGBA(area), image.NewGray(area)
	for y := range height {
		for x := range width {
			rough := []int{1, 9, 256}[y%3]
			value := uint8(x*(y%5) + 3*y + random.IntN(rough))
			rgb.SetRGBA(x, y, color.RGBA{value, value / 2, value + uint8(random.IntN(rough)), 255})
			one.SetGray(x, y, color.Gray{Y: value})
		}
	}
	var picture image.Image = rgb
	if grey {
		picture = one
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: level}
	if err := encoder.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPlainPNGsArePNGs(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range [][2]int{{1, 1}, {1, 7}, {7, 1}, {2, 3}, {31, 5}, {64, 64}, {301, 203}, {1000, 90}} {
		for _, grey := range []bool{false, true} {
			for _, level := range []png.CompressionLevel{png.BestSpeed, png.DefaultCompression, png.NoCompression} {
				name := fmt.Sprint(size, grey, level)
				content := encoded(t, random, size[0], size[1], grey, level)
				header, err := readPNGHeader(sectionOf(content))
				if err != nil {
					t.Fatal(err)
				}
				picture, err := png.Decode(bytes.NewReader(content))
				if err != nil {
					t.Fatal(err)
				}
				want := rasterOf(picture, grey)
				got := plainPNG(sectionOf(content), header)
				if got == nil {
					t.Fatalf("%s: left to image/png", name)
				}
				if got.Width != want.Width || got.Height != want.Height || got.Channels != want.Channels ||
					!slices.Equal(got.Pix, want.Pix) || got.Alpha != nil || got.Lossy {
					t.Errorf("%s: other than image/png's", name)
				}
			}
		}
	}
}

// A file with one byte changed, or cut short, is either refused or of the same pixels as image/png's.
func TestPlainPNGLeavesFaultsToGo(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	content := encoded(t, random, 9, 7, false, png.BestSpeed)
	check := func(what string, broken []byte) {
		t.Helper()
		header, err := readPNGHeader(sectionOf(broken))
		if err != nil {
			return
		}
		got := plainPNG(sectionOf(broken), header)
		picture, err := png.Decode(bytes.NewReader(broken))
		if got != nil && (err != nil || !slices.Equal(got.Pix, rasterOf(picture, false).Pix)) {
			t.Errorf("%s: decoded, while image/png says %v", what, err)
		}
	}
	for at := len(pngMagic); at < len(content); at++ { // sniff has looked at what is before
		for _, change := range []byte{1, 0x20, 0x80, 0xff} {
			broken := slices.Clone(content)
			broken[at] ^= change
			check(fmt.Sprintf("byte %d changed by %d", at, change), broken)
		}
		check(fmt.Sprintf("cut to %d bytes", at), content[:at])
	}
}

func TestPlainPNGKnowsWhatChunksMean(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	content := encoded(t, random, 60, 40, false, png.NoCompression)
	header, err := readPNGHeader(sectionOf(content))
	if err != nil {
		t.Fatal(err)
	}
	const behindHeader = 33
	end := len(content) - 12
	with := func(at int, kind string, data []byte) []byte {
		chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		chunk = append(append(chunk, kind...), data...)
		chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
		return slices.Concat(content[:at], chunk, content[at:])
	}
	for name, c := range map[string]struct {
		content []byte
		plain   bool
	}{
		"as it is":                  {content, true},
		"a text before the pixels":  {with(behindHeader, "tEXt", []byte("a\x00b")), true},
		"a text behind the pixels":  {with(end, "tEXt", []byte("a\x00b")), true},
		"bytes behind the end":      {append(slices.Clone(content), "rubbish"...), true},
		"a transparent colour":      {with(behindHeader, "tRNS", make([]byte, 6)), false},
		"a palette":                 {with(behindHeader, "PLTE", make([]byte, 6)), false},
		"a second header":           {with(behindHeader, "IHDR", header[:]), false},
		"pixels behind the pixels":  {with(end, "IDAT", []byte{1}), false},
		"an unknown critical chunk": {with(end, "NEWS", nil), false},
		"no end":                    {content[:end], false},
		"a chunk that is no letter": {with(end, "a1cd", nil), false},
	} {
		if got := plainPNG(sectionOf(c.content), header); (got != nil) != c.plain {
			t.Errorf("%s: decoded %v, want %v", name, got != nil, c.plain)
		}
	}
}

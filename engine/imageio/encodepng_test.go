package imageio

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"testing"
)

// pictures are of all that makes image/png choose one filter or another.
var pictures = map[string]func(random *rand.Rand, x, y, channel int) uint8{
	"noise":     func(random *rand.Rand, _, _, _ int) uint8 { return uint8(random.Uint32()) },
	"white":     func(*rand.Rand, int, int, int) uint8 { return 255 },
	"half":      func(*rand.Rand, int, int, int) uint8 { return 128 }, // as far from 0 as bytes go
	"across":    func(_ *rand.Rand, x, _, channel int) uint8 { return uint8(3*x + channel) },
	"down":      func(_ *rand.Rand, _, y, _ int) uint8 { return uint8(5 * y) },
	"slope":     func(_ *rand.Rand, x, y, _ int) uint8 { return uint8(2*x + 3*y) },
	"few":       func(random *rand.Rand, _, _, _ int) uint8 { return uint8(random.IntN(3)) },
	"rough":     func(random *rand.Rand, x, y, _ int) uint8 { return uint8(x + 2*y + random.IntN(9)) },
	"stripes":   func(_ *rand.Rand, x, _, _ int) uint8 { return uint8(x & 1 * 255) },
	"by halves": func(_ *rand.Rand, x, y, _ int) uint8 { return uint8(x/2 + y/3) },
}

func TestEncodePNGIsThatOfGo(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, of := range pictures {
		for _, size := range [][2]int{{1, 1}, {1, 9}, {9, 1}, {2, 3}, {10, 10}, {11, 7}, {21, 5}, {22, 4}, {43, 6},
			{300, 200}} {
			for _, opaque := range []bool{true, false} {
				m := image.NewRGBA(image.Rect(3, 4, 3+size[0], 4+size[1]))
				for i := range m.Pix {
					x, y, channel := i%m.Stride/4, i/m.Stride, i%4
					if m.Pix[i] = of(random, x, y, channel); channel == 3 {
						m.Pix[i] = 255
					}
				}
				if !opaque {
					copy(m.Pix[len(m.Pix)-4:], []byte{1, 2, 3, 40})
				}
				t.Run(fmt.Sprint(name, size, opaque), func(t *testing.T) { checkPNG(t, m) })
				part := m.SubImage(image.Rect(4, 4, 3+size[0], 3+size[1])).(*image.RGBA)
				if !part.Bounds().Empty() {
					t.Run(fmt.Sprint("part of ", name, size, opaque), func(t *testing.T) { checkPNG(t, part) })
				}
			}
		}
	}
}

func checkPNG(t *testing.T, m *image.RGBA) {
	t.Helper()
	var got, want bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := errors.Join(encoder.Encode(&want, m), EncodePNG(&got, m)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Fatalf("%d bytes, other than image/png's %d", got.Len(), want.Len())
	}
}

// full takes some bytes and no more.
type full int

func (f *full) Write(p []byte) (int, error) {
	if *f -= full(len(p)); *f < 0 {
		return 0, errors.New("no room")
	}
	return len(p), nil
}

// What the file system refuses is told at every place of the file.
func TestEncodePNGTellsThatThereIsNoRoom(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 300, 200))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		if m.Pix[i] = uint8(random.Uint32()); i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	for _, room := range []full{0, 7, 20, 40, 41, 1000, 100000, 180000} {
		if err := EncodePNG(&room, m); err == nil {
			t.Errorf("%d bytes of room are left of too few", room)
		}
	}
	if err := EncodePNG(new(full), image.NewRGBA(image.Rect(0, 0, 0, 3))); err == nil {
		t.Error("a picture without pixels was written")
	}
}

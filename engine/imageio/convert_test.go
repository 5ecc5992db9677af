package imageio

import (
	"image"
	"image/color"
	"slices"
	"testing"
)

// A plane of one value must stay one value, at every subsampling and size: samples outside the
// image, with which decoders pad their planes, must not leak in.
func TestChromaOfOneValueStaysOneValue(t *testing.T) {
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		for _, size := range [][2]int{{1, 1}, {2, 2}, {3, 5}, {5, 3}, {8, 7}, {17, 16}} {
			padded := image.NewYCbCr(image.Rect(0, 0, 32, 32), ratio)
			across, down := steps(ratio)
			for y := range size[1] {
				for x := range size[0] {
					padded.Y[y*padded.YStride+x] = 90
				}
			}
			for y := range (size[1] + down - 1) / down {
				for x := range (size[0] + across - 1) / across {
					padded.Cb[y*padded.CStride+x], padded.Cr[y*padded.CStride+x] = 100, 180
				}
			}
			cropped := padded.SubImage(image.Rect(0, 0, size[0], size[1])).(*image.YCbCr)
			for _, webp := range []bool{false, true} {
				if webp && ratio != image.YCbCrSubsampleRatio420 {
					continue
				}
				m := fromYCbCr(cropped, webp)
				if m.Width != size[0] || m.Height != size[1] {
					t.Fatalf("%v %v: %d x %d", ratio, size, m.Width, m.Height)
				}
				for i := range m.Pix {
					if m.Pix[i] != m.Pix[i%3] {
						t.Fatalf("%v %v webp %v: %v", ratio, size, webp, m.Pix)
					}
				}
			}
		}
	}
}

// Two samples down, one across: 3/4 and 1/4 with alternating rounding, the edges repeated.
func TestVerticalChroma(t *testing.T) {
	p := plane{pix: []uint8{0, 10, 101}, stride: 1, width: 1, height: 3}
	var got []uint8
	for y := range 6 {
		sample := make([]uint8, 1)
		jpegChroma(sample, p, y, 1, 2, make([]int, 1))
		got = append(got, sample...)
	}
	if want := []uint8{0, 3, 7, 33, 78, 101}; !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestColoursOfEveryImageType(t *testing.T) {
	square := image.Rect(0, 0, 1, 1)
	premultiplied := &image.RGBA{Pix: []uint8{50, 100, 0, 128}, Stride: 4, Rect: square}
	hidden := &image.RGBA{Pix: []uint8{50, 100, 7, 0}, Stride: 4, Rect: square}
	deep := &image.RGBA64{Pix: []uint8{0x40, 0, 0x20, 0, 0, 0, 0x80, 0}, Stride: 8, Rect: square}
	beyond := &image.Paletted{Pix: []uint8{3}, Stride: 1, Rect: square, Palette: color.Palette{color.White}}
	for name, c := range map[string]struct {
		picture image.Image
		want    [3]uint8
	}{
		"premultiplied":       {premultiplied, [3]uint8{99, 199, 0}},
		"hidden under alpha":  {hidden, [3]uint8{}},
		"premultiplied 16":    {deep, [3]uint8{0x7f, 0x3f, 0}},
		"beyond the palette":  {beyond, [3]uint8{0, 0, 0}},
		"any other":           {image.NewUniform(color.NRGBA{9, 8, 7, 200}), [3]uint8{9, 8, 7}},
		"no ink":              {&image.CMYK{Pix: make([]uint8, 4), Stride: 4, Rect: square}, [3]uint8{255, 255, 255}},
		"black and other ink": {&image.CMYK{Pix: []uint8{9, 9, 9, 255}, Stride: 4, Rect: square}, [3]uint8{}},
	} {
		if uniform, ok := c.picture.(*image.Uniform); ok {
			c.picture = cropped{uniform, square}
		}
		if m := rasterOf(c.picture, false).RGB(Depth{}); !slices.Equal(m.Pix, c.want[:]) {
			t.Errorf("%s: got %v, want %v", name, m.Pix, c.want)
		}
	}
}

// cropped is an image type that convert does not know.
type cropped struct {
	image.Image
	bounds image.Rectangle
}

func (c cropped) Bounds() image.Rectangle { return c.bounds }

func TestGreyOfColours(t *testing.T) {
	m := &RGB{Width: 4, Height: 1, Pix: []uint8{255, 0, 0, 0, 255, 0, 0, 0, 255, 77, 77, 77}}
	if got, want := m.Grey().Pix, []uint8{76, 150, 29, 77}; !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

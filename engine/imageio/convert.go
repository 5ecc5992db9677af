package imageio

import (
	"errors"
	"image"
	"image/color"
)

func newRGB(width, height int) *RGB {
	return &RGB{Width: width, Height: height, Pix: make([]uint8, width*height*3)}
}

// convert expands what a decoder gives to 8-bit RGB, as Pillow's convert("RGB") does. webp says
// that luma and chroma are scaled as in WebP, not as in JPEG.
func convert(picture image.Image, webp bool) *RGB {
	switch m := picture.(type) {
	case *image.YCbCr:
		return fromYCbCr(m, webp)
	case *image.NYCbCrA:
		return fromYCbCr(&m.YCbCr, webp)
	case *image.Paletted:
		return fromPaletted(m, m.Palette)
	case *image.Gray:
		return each(m.Rect, m.Pix, m.Stride, 1, fromGrey)
	case *image.Gray16: // big endian: the high byte comes first
		return each(m.Rect, m.Pix, m.Stride, 2, fromGrey)
	case *image.NRGBA:
		return each(m.Rect, m.Pix, m.Stride, 4, fromColours)
	case *image.NRGBA64:
		return each(m.Rect, m.Pix, m.Stride, 8, fromColours16)
	case *image.RGBA:
		return each(m.Rect, m.Pix, m.Stride, 4, fromPremultiplied)
	case *image.RGBA64:
		return each(m.Rect, m.Pix, m.Stride, 8, fromPremultiplied16)
	case *image.CMYK:
		return each(m.Rect, m.Pix, m.Stride, 4, fromCMYK)
	}
	return fromAny(picture)
}

// each applies pixel to every pixel of size bytes.
func each(bounds image.Rectangle, pix []uint8, stride, size int, pixel func(to, from []uint8)) *RGB {
	out := newRGB(bounds.Dx(), bounds.Dy())
	for y := range out.Height {
		row := pix[y*stride:][:out.Width*size]
		to := out.Pix[y*out.Width*3:][:out.Width*3]
		for ; len(to) >= 3; to, row = to[3:], row[size:] {
			pixel(to[:3], row[:size])
		}
	}
	return out
}

func fromGrey(to, from []uint8)      { to[0], to[1], to[2] = from[0], from[0], from[0] }
func fromColours(to, from []uint8)   { to[0], to[1], to[2] = from[0], from[1], from[2] }
func fromColours16(to, from []uint8) { to[0], to[1], to[2] = from[0], from[2], from[4] }

// fromPremultiplied divides by alpha as Pillow does: rounded down, and unchanged where alpha is 0.
func fromPremultiplied(to, from []uint8) {
	copy(to, from[:3])
	if alpha := int(from[3]); alpha != 0 && alpha != 255 {
		for i := range to {
			to[i] = uint8(min(int(from[i])*255/alpha, 255))
		}
	}
}

func fromPremultiplied16(to, from []uint8) {
	alpha := int(from[6])<<8 | int(from[7])
	for i := range to {
		value := int(from[2*i])<<8 | int(from[2*i+1])
		if alpha != 0 {
			value = min(value*0xffff/alpha, 0xffff)
		}
		to[i] = uint8(value >> 8)
	}
}

// fromCMYK is (255-C)(255-K)/255 and so on, in Pillow's rounding. Go's decoder has undone the
// inversion with which Adobe writes CMYK JPEGs.
func fromCMYK(to, from []uint8) {
	light := 255 - int(from[3])
	for i := range to {
		ink := int(from[i])*light + 128
		to[i] = uint8(max(light-((ink>>8+ink)>>8), 0))
	}
}

// fromPaletted looks colours up; an index beyond the palette is black.
func fromPaletted(m *image.Paletted, palette color.Palette) *RGB {
	var table [256][3]uint8
	for i := range min(len(palette), len(table)) {
		table[i] = opaque(palette[i])
	}
	return each(m.Rect, m.Pix, m.Stride, 1, func(to, from []uint8) { copy(to, table[from[0]][:]) })
}

// opaque is the colour without its alpha.
func opaque(c color.Color) [3]uint8 {
	switch c := c.(type) {
	case color.NRGBA:
		return [3]uint8{c.R, c.G, c.B}
	case color.RGBA:
		if c.A == 255 {
			return [3]uint8{c.R, c.G, c.B}
		}
	}
	n := color.NRGBA64Model.Convert(c).(color.NRGBA64)
	return [3]uint8{uint8(n.R >> 8), uint8(n.G >> 8), uint8(n.B >> 8)}
}

// fromAny is slow and for image types that no decoder gives today.
func fromAny(picture image.Image) *RGB {
	bounds := picture.Bounds()
	out := newRGB(bounds.Dx(), bounds.Dy())
	to := out.Pix
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			pixel := opaque(picture.At(x, y))
			to = to[copy(to, pixel[:]):]
		}
	}
	return out
}

// gifCanvas puts the first frame of a GIF, which may be smaller, on the canvas. Around it is the
// transparent colour if there is one, else the first of the palette, as Pillow has it.
func gifCanvas(picture image.Image, config image.Config) (*RGB, error) {
	frame, ok := picture.(*image.Paletted)
	if !ok || !frame.Rect.In(image.Rect(0, 0, config.Width, config.Height)) {
		return nil, errors.New("the first frame is outside the canvas")
	}
	// Go blanks the transparent entry of the palette; the global one in config still has it.
	palette := append(color.Palette(nil), frame.Palette...)
	global, _ := config.ColorModel.(color.Palette)
	around := 0
	for i, entry := range palette {
		if _, _, _, alpha := entry.RGBA(); alpha == 0 && i < len(global) {
			palette[i], around = global[i], i
		}
	}
	rgb := fromPaletted(frame, palette)
	if rgb.Width == config.Width && rgb.Height == config.Height {
		return rgb, nil
	}
	canvas := newRGB(config.Width, config.Height)
	if around < len(palette) {
		pixel := opaque(palette[around])
		for to := canvas.Pix; len(to) > 0; {
			to = to[copy(to, pixel[:]):]
		}
	}
	for y := range rgb.Height {
		at := (frame.Rect.Min.Y+y)*canvas.Width + frame.Rect.Min.X
		copy(canvas.Pix[3*at:], rgb.Pix[3*y*rgb.Width:][:3*rgb.Width])
	}
	return canvas, nil
}

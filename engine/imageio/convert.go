package imageio

import (
	"encoding/binary"
	"image"
	"image/color"
)

// rasterOf takes over what a decoder of the image packages gives, all but luma and chroma. grey
// says that the file holds grey, which these decoders spread over RGB where there is alpha.
func rasterOf(picture image.Image, grey bool) *Raster {
	bounds := picture.Bounds()
	r := &Raster{Width: bounds.Dx(), Height: bounds.Dy(), Channels: 3}
	if grey {
		r.Channels = 1
	}
	switch m := picture.(type) {
	case *image.Paletted:
		r.Channels, r.Pix = 1, rows(m.Pix, m.Stride, r.Width, r.Height)
		r.setPalette(m.Palette)
	case *image.Gray:
		r.Channels, r.Pix = 1, rows(m.Pix, m.Stride, r.Width, r.Height)
	case *image.Gray16:
		r.Channels = 1
		r.deepen(m.Pix, m.Stride, 1)
	case *image.NRGBA:
		r.each(m.Pix, m.Stride, fromColours)
	case *image.NRGBA64:
		r.deepen(m.Pix, m.Stride, 4)
	case *image.RGBA:
		if m.Opaque() { // such as all PNGs without alpha
			r.opaque(m.Pix, m.Stride)
		} else {
			r.each(m.Pix, m.Stride, fromPremultiplied)
		}
	case *image.RGBA64:
		r.deepen(m.Pix, m.Stride, 4)
		if !m.Opaque() {
			r.divide(m.Pix, m.Stride)
		}
	case *image.CMYK:
		r.each(m.Pix, m.Stride, fromCMYK)
		r.Alpha = nil
	default:
		r.any(picture)
	}
	r.dropOpaque()
	return r
}

// rows are height rows of width bytes without what lies between them.
func rows(pix []uint8, stride, width, height int) []uint8 {
	if stride == width {
		return pix[:width*height]
	}
	out := make([]uint8, 0, width*height)
	for y := range height {
		out = append(out, pix[y*stride:][:width]...)
	}
	return out
}

// dropOpaque leaves alpha out where it says nothing.
func (r *Raster) dropOpaque() {
	for _, alpha := range r.Alpha {
		if alpha != 255 {
			return
		}
	}
	r.Alpha = nil
}

// setPalette sets the colours, and the alpha of the pixels if they have one.
func (r *Raster) setPalette(palette color.Palette) {
	var alpha [256]uint8 // an index beyond the palette is black, not transparent
	for i := range alpha {
		alpha[i] = 255
	}
	for i, entry := range palette[:min(len(palette), len(alpha))] {
		r.Palette = append(r.Palette, withoutAlpha(entry))
		_, _, _, a := entry.RGBA()
		alpha[i] = uint8(a >> 8)
	}
	r.Alpha = make([]uint8, len(r.Pix))
	for i, index := range r.Pix {
		r.Alpha[i] = alpha[index]
	}
	r.greyPalette()
}

// greyPalette brings indices to grey levels if the whole palette is grey and no two indices in use
// share a level: some formats know grey by its palette only, and some programs save grey so, whose
// order then means nothing.
func (r *Raster) greyPalette() {
	var levels [256]uint8 // an index beyond the palette is black
	for i, colour := range r.Palette {
		if colour[0] != colour[1] || colour[1] != colour[2] {
			return
		}
		levels[i] = colour[0]
	}
	var used [256]bool
	for _, index := range r.Pix {
		used[index] = true
	}
	var taken [256]bool
	for i, level := range levels {
		if used[i] && taken[level] {
			return
		}
		taken[level] = taken[level] || used[i]
	}
	for i, index := range r.Pix {
		r.Pix[i] = levels[index]
	}
	r.Palette = nil
}

// each applies pixel to every pixel of 4 bytes, of which the last is alpha.
func (r *Raster) each(pix []uint8, stride int, pixel func(to, from []uint8)) {
	r.Pix = make([]uint8, r.Width*r.Height*r.Channels)
	r.Alpha = make([]uint8, r.Width*r.Height)
	to, alpha := r.Pix, r.Alpha
	var colours [3]uint8
	for y := range r.Height {
		for row := pix[y*stride:][:4*r.Width]; len(row) >= 4; row = row[4:] {
			pixel(colours[:], row[:4])
			to = to[copy(to[:r.Channels], colours[:]):]
			alpha[0], alpha = row[3], alpha[1:]
		}
	}
}

// opaque takes over pixels of 4 bytes without their alpha.
func (r *Raster) opaque(pix []uint8, stride int) {
	r.Pix = make([]uint8, r.Width*r.Height*r.Channels)
	to := r.Pix
	for y := range r.Height {
		for row := pix[y*stride:][:4*r.Width]; len(row) >= 4; row = row[4:] {
			to = to[copy(to, row[:r.Channels]):]
		}
	}
}

// deepen takes over big-endian samples of 16 bits: one of grey a pixel, or 3 and alpha.
func (r *Raster) deepen(pix []uint8, stride, samples int) {
	r.Bits, r.Deep = 16, make([]float32, r.Width*r.Height*r.Channels)
	if samples == 4 {
		r.Alpha = make([]uint8, r.Width*r.Height)
	}
	for y := range r.Height {
		row, to := pix[y*stride:][:2*samples*r.Width], r.Deep[y*r.Width*r.Channels:]
		for x := range r.Width {
			for channel := range r.Channels {
				to[x*r.Channels+channel] = float32(binary.BigEndian.Uint16(row[2*channel:]))
			}
			if samples == 4 {
				r.Alpha[y*r.Width+x] = row[6]
			}
			row = row[2*samples:]
		}
	}
}

// divide undoes the multiplication of deep samples by their alpha, as fromPremultiplied does.
func (r *Raster) divide(pix []uint8, stride int) {
	for i := range r.Alpha {
		pixel := pix[i/r.Width*stride+8*(i%r.Width):]
		alpha := int(pixel[6])<<8 | int(pixel[7])
		for channel := range r.Channels {
			value := int(pixel[2*channel])<<8 | int(pixel[2*channel+1])
			if r.Deep[i*r.Channels+channel] = 0; alpha != 0 {
				r.Deep[i*r.Channels+channel] = float32(min(value*0xffff/alpha, 0xffff))
			}
		}
	}
}

func fromColours(to, from []uint8) { copy(to, from[:3]) }

// fromPremultiplied divides by alpha as Pillow does: rounded down, and 0 where alpha is 0.
func fromPremultiplied(to, from []uint8) {
	for i := range to {
		if to[i] = 0; from[3] != 0 {
			to[i] = uint8(min(int(from[i])*255/int(from[3]), 255))
		}
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

// withoutAlpha is the colour as it is beneath its alpha.
func withoutAlpha(c color.Color) [3]uint8 {
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

// any is slow and for image types that no decoder gives today.
func (r *Raster) any(picture image.Image) {
	bounds := picture.Bounds()
	r.Channels = 3
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			pixel := withoutAlpha(picture.At(x, y))
			r.Pix = append(r.Pix, pixel[:]...)
		}
	}
}

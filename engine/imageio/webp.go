package imageio

import (
	"image"
	"io"

	"golang.org/x/image/webp"
)

func decodeWebP(file *io.SectionReader) (*Raster, error) {
	picture, err := webp.Decode(file)
	if err != nil {
		return nil, err
	}
	var luma *image.YCbCr
	var alpha []uint8
	switch m := picture.(type) {
	case *image.YCbCr:
		luma = m
	case *image.NYCbCrA:
		luma, alpha = &m.YCbCr, rows(m.A, m.AStride, m.Rect.Dx(), m.Rect.Dy())
	default:
		return rasterOf(picture, false), nil
	}
	rgb := fromYCbCr(luma, true)
	r := &Raster{Width: rgb.Width, Height: rgb.Height, Channels: 3, Pix: rgb.Pix, Alpha: alpha,
		Lossy: true}
	r.dropOpaque()
	return r, nil
}

package imageio

import (
	"image"
	"image/jpeg"
	"io"
)

func decodeJPEG(file *io.SectionReader) (*Raster, error) {
	picture, err := jpeg.Decode(file)
	if err != nil {
		return nil, err
	}
	var r *Raster
	if m, ok := picture.(*image.YCbCr); ok {
		rgb := fromYCbCr(m, false)
		r = &Raster{Width: rgb.Width, Height: rgb.Height, Channels: 3, Pix: rgb.Pix}
	} else {
		r = rasterOf(picture, false)
	}
	r.Lossy = true
	return r, nil
}

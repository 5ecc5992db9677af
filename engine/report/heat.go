package report

import (
	"image"
	"image/color"
	"image/png"
	"io"

	"musc/engine/fault"
)

// EncodeMap writes to w what WriteMap writes to a TIFF file. A value that is not finite is of kind
// fault.Input.
func EncodeMap(w io.Writer, width, height int, values []float32) error {
	if err := checkMap("the map", width, height, values); err != nil {
		return err
	}
	return encodeTIFF(w, width, height, values)
}

// EncodeHeat writes an anomaly map [height,width] as a PNG of the scale's colours, which lies over the
// photo: a pixel is as transparent as WriteOverlay shows of the photo there. Errors are those of
// EncodeMap.
func EncodeHeat(w io.Writer, width, height int, values []float32, scale Scale) error {
	if err := checkMap("the map", width, height, values); err != nil {
		return err
	}
	picture := image.NewPaletted(image.Rect(0, 0, width, height), make(color.Palette, 256))
	for level, h := range scale.levels() {
		picture.Palette[level] = color.NRGBA{h.colour.R, h.colour.G, h.colour.B, uint8(h.opacity)}
	}
	for i, value := range values {
		picture.Pix[i] = uint8(scale.Level(float64(value)))
	}
	return png.Encode(w, picture)
}

// checkMap says what is wrong with the values of a map [height,width]; path stands for it.
func checkMap(path string, width, height int, values []float32) error {
	if width < 1 || height < 1 || len(values) != width*height {
		return fault.New(fault.Internal, "cannot write %s: %d values do not make a map of %d x %d",
			path, len(values), width, height)
	}
	if i := firstNotFinite(values); i >= 0 {
		return notFinite(path, values[i], i%width, i/width)
	}
	return nil
}

// firstNotFinite is the index of the first value that is NaN or infinite; -1 if there is none.
func firstNotFinite(values []float32) int {
	for i, value := range values {
		if value-value != 0 {
			return i
		}
	}
	return -1
}

func notFinite(path string, value float32, x, y int) error {
	return fault.New(fault.Input, "cannot write %s: the anomaly map is %v at column %d, row %d; "+
		"leave that image out or use another model", path, value, x, y)
}

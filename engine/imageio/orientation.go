package imageio

// orientation is the value of the EXIF and TIFF tag: how the stored pixels must be turned to
// stand upright.
type orientation int

const upright orientation = 1

// String says how the stored image lies.
func (o orientation) String() string {
	return map[orientation]string{
		1: "upright", 2: "mirrored", 3: "upside down", 4: "mirrored and upside down",
		5: "mirrored and turned to the left", 6: "turned to the left",
		7: "mirrored and turned to the right", 8: "turned to the right",
	}[o]
}

// turn makes the image upright.
func (r *Raster) turn(o orientation) {
	r.Pix = turned(r.Pix, r.Width, r.Height, r.Channels, o)
	r.Deep = turned(r.Deep, r.Width, r.Height, r.Channels, o)
	r.Alpha = turned(r.Alpha, r.Width, r.Height, 1, o)
	if o > 4 {
		r.Width, r.Height = r.Height, r.Width
	}
}

// turned gives the upright samples, [H,W,channels]; nil stays nil. In terms of the stored columns
// x and rows y, a row of the result runs along x, or along y for the four orientations above 4,
// forwards or backwards.
func turned[T uint8 | float32](stored []T, width, height, channels int, o orientation) []T {
	if stored == nil {
		return nil
	}
	rows, columns := height, width
	if o > 4 {
		rows, columns = width, height
	}
	mirrorX := o == 2 || o == 3 || o == 7 || o == 8
	mirrorY := o == 3 || o == 4 || o == 6 || o == 7
	out := make([]T, len(stored))
	to := out
	for row := range rows {
		for column := range columns {
			x, y := column, row
			if o > 4 {
				x, y = row, column
			}
			if mirrorX {
				x = width - 1 - x
			}
			if mirrorY {
				y = height - 1 - y
			}
			to = to[copy(to, stored[channels*(y*width+x):][:channels]):]
		}
	}
	return out
}

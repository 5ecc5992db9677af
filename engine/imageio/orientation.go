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

// turn gives the upright image. In terms of the stored columns x and rows y, a row of the result
// runs along x, or along y for the four orientations above 4, forwards or backwards.
func (m *RGB) turn(o orientation) *RGB {
	if o <= upright || o > 8 {
		return m
	}
	out := newRGB(m.Width, m.Height)
	if o > 4 {
		out.Width, out.Height = m.Height, m.Width
	}
	mirrorX := o == 2 || o == 3 || o == 7 || o == 8
	mirrorY := o == 3 || o == 4 || o == 6 || o == 7
	to := out.Pix
	for row := range out.Height {
		for column := range out.Width {
			x, y := column, row
			if o > 4 {
				x, y = row, column
			}
			if mirrorX {
				x = m.Width - 1 - x
			}
			if mirrorY {
				y = m.Height - 1 - y
			}
			to = to[copy(to, m.Pix[3*(y*m.Width+x):][:3]):]
		}
	}
	return out
}

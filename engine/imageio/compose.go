package imageio

import "math"

// Crop is the part of m of width x height pixels whose first one is (x,y). It panics unless that lies
// within m.
func (m *RGB) Crop(x, y, width, height int) *RGB {
	if x < 0 || y < 0 || width < 0 || height < 0 || x > m.Width-width || y > m.Height-height {
		panic("imageio: crop outside the picture")
	}
	out := newRGB(width, height)
	for row := range height {
		copy(out.Pix[3*row*width:][:3*width], m.Pix[3*((y+row)*m.Width+x):])
	}
	return out
}

// Plain is a picture of one colour.
func Plain(width, height int, colour [3]uint8) *RGB {
	out := newRGB(width, height)
	for to := out.Pix; len(to) > 0; to = to[3:] {
		copy(to, colour[:])
	}
	return out
}

// Paste puts all of part into m, its first pixel at (x,y). It panics unless it lies within m.
func (m *RGB) Paste(part *RGB, x, y int) {
	if x < 0 || y < 0 || x > m.Width-part.Width || y > m.Height-part.Height {
		panic("imageio: paste outside the picture")
	}
	for row := range part.Height {
		copy(m.Pix[3*((y+row)*m.Width+x):][:3*part.Width], part.Pix[3*row*part.Width:])
	}
}

// Turn is a turn about the middle of a picture, clockwise, by Part/Of of a whole one.
type Turn struct{ Part, Of int }

// quarters is how many quarters the turn is, and whether it is a whole number of them.
func (t Turn) quarters() (count int, exact bool) {
	return 4 * t.Part / t.Of % 4, 4*t.Part%t.Of == 0
}

// From calls use for every pixel (x,y) of a turned picture of width x height, row by row, with the place
// (fromX,fromY) in the upright one that it shows; centres of pixels are whole numbers. Quarters give whole
// numbers, where the sides differ by an odd number by half a pixel less to the left and upwards.
func (t Turn) From(width, height int, use func(x, y int, fromX, fromY float64)) {
	quarters, exact := t.quarters()
	sin, cos := math.Sincos(2 * math.Pi * float64(t.Part) / float64(t.Of))
	for y := range height {
		for x := range width {
			if !exact {
				dx, dy := float64(x)-float64(width-1)/2, float64(y)-float64(height-1)/2
				use(x, y, float64(dx*cos)+float64(dy*sin)+float64(width-1)/2,
					float64(dy*cos)-float64(dx*sin)+float64(height-1)/2)
				continue
			}
			fromX, fromY := x, y
			lower := (width - height) >> 1 // rounds down, for negative ones as well
			switch quarters {
			case 1:
				fromX, fromY = y+lower, width-1-x-lower-(width-height)&1
			case 2:
				fromX, fromY = width-1-x, height-1-y
			case 3:
				fromX, fromY = height-1-y+lower, x-lower-(width-height)&1
			}
			use(x, y, float64(fromX), float64(fromY))
		}
	}
}

// Turned is m turned within its own size; what comes from outside m has the colour given. Quarters move
// pixels; other turns take Keys' cubic (Bicubic) of the 16 pixels around, those beyond the border as the
// nearest on it.
func (m *RGB) Turned(t Turn, outside [3]uint8) *RGB {
	out := newRGB(m.Width, m.Height)
	_, exact := t.quarters()
	t.From(m.Width, m.Height, func(x, y int, fromX, fromY float64) {
		to := out.Pix[3*(y*m.Width+x):][:3]
		switch {
		case !Within(fromX, fromY, m.Width, m.Height):
			copy(to, outside[:])
		case exact:
			copy(to, m.Pix[3*(int(fromY)*m.Width+int(fromX)):][:3])
		default:
			m.sample(to, fromX, fromY)
		}
	})
	return out
}

// Within says that a place lies on a pixel of a picture of width x height.
func Within(x, y float64, width, height int) bool {
	return x >= -0.5 && y >= -0.5 && x < float64(width)-0.5 && y < float64(height)-0.5
}

// sample sets a pixel to m at a place.
func (m *RGB) sample(to []uint8, x, y float64) {
	left, top := int(math.Floor(x)), int(math.Floor(y))
	var across, down [4]float64
	for k := range 4 {
		across[k] = cubic(x - float64(left+k-1))
		down[k] = cubic(y - float64(top+k-1))
	}
	var sums [3]float64
	for i := range 4 {
		row := m.Pix[3*min(max(top+i-1, 0), m.Height-1)*m.Width:]
		for j := range 4 {
			weight := float64(down[i] * across[j])
			pixel := row[3*min(max(left+j-1, 0), m.Width-1):][:3]
			for c, value := range pixel {
				sums[c] += float64(weight * float64(value))
			}
		}
	}
	for c, sum := range sums {
		to[c] = uint8(min(max(math.Floor(sum+0.5), 0), 255))
	}
}

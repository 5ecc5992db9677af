package health

import (
	"math"

	"musc/engine/imageio"
)

const (
	pictureSide = 224 // pixels; photos of any shape are brought to it
	highPass    = 3   // radius of the mean that is taken off
	clipAt      = 1.5 // standard deviations
	shiftAtMost = 3   // pixels, in each direction
	rowsApart   = 4   // of those that the shift is looked for with
)

// picture is the fine pattern of a photo: its luma at [224,224] less the mean of the 7 x 7 pixels
// around each, clipped at 1.5 standard deviations (as robust has them). Noise of the sensor and texture
// stay, light and shade go, and edges, which look-alikes share, count no more than noise does.
type picture []float32

// readPicture reads a photo; nil if it cannot be read any more.
func readPicture(path string) picture {
	if path == "" {
		return nil
	}
	photo, _, err := imageio.Decode(path, imageio.Options{})
	if err != nil {
		return nil
	}
	return pictureOf(photo.Resize(pictureSide, pictureSide, imageio.Bilinear).Grey())
}

// pictureOf takes a picture of 224 x 224 pixels. At its border the mean is that of the pixels there are.
func pictureOf(grey *imageio.Grey) picture {
	const side = pictureSide
	var sums [side + 1][side + 1]int32 // of all pixels above and to the left
	for y := range side {
		row := int32(0)
		for x := range side {
			row += int32(grey.Pix[y*side+x])
			sums[y+1][x+1] = sums[y][x+1] + row
		}
	}
	high := make(picture, side*side)
	for y := range side {
		top, bottom := max(y-highPass, 0), min(y+highPass+1, side)
		for x := range side {
			left, right := max(x-highPass, 0), min(x+highPass+1, side)
			sum := sums[bottom][right] - sums[top][right] - sums[bottom][left] + sums[top][left]
			high[y*side+x] = float32(grey.Pix[y*side+x]) - float32(sum)/float32((bottom-top)*(right-left))
		}
	}
	away := make(picture, len(high))
	for i, value := range high {
		away[i] = max(value, -value)
	}
	limit := clipAt * normalMAD * selected(away, len(away)/2)
	for i, value := range high {
		high[i] = min(max(value, -limit), limit)
	}
	return high
}

// alike is the correlation coefficient of two pictures when one is moved by up to 3 pixels, as they fit
// best: 1 for the same shot. A picture of one shade is like no other: 0.
func alike(a, b picture) float64 {
	best, bestY, bestX := 0.0, 0, 0
	for dy := range 2*shiftAtMost + 1 {
		for dx := range 2*shiftAtMost + 1 {
			if r := moved(a, b, dy, dx, rowsApart); r > best {
				best, bestY, bestX = r, dy, dx
			}
		}
	}
	return moved(a, b, bestY, bestX, 1)
}

// moved is the correlation of the inner part of a with b, moved, by every rows-th row.
func moved(a, b picture, dy, dx, rows int) float64 {
	const side, inner = pictureSide, pictureSide - 2*shiftAtMost
	var s products
	n := 0.0
	for y := 0; y < inner; y += rows {
		s.add(a[(y+shiftAtMost)*side+shiftAtMost:][:inner], b[(y+dy)*side+dx:][:inner])
		n += inner
	}
	return s.correlation(n)
}

// products are sums over pairs of pixels.
type products struct{ a, b, aa, bb, ab float64 }

func (s *products) add(a, b []float32) {
	var sa, sb, saa, sbb, sab float32
	for i, x := range a {
		y := b[i]
		sa, sb = sa+x, sb+y
		saa, sbb, sab = saa+float32(x*x), sbb+float32(y*y), sab+float32(x*y)
	}
	s.a, s.b = s.a+float64(sa), s.b+float64(sb)
	s.aa, s.bb, s.ab = s.aa+float64(saa), s.bb+float64(sbb), s.ab+float64(sab)
}

func (s *products) correlation(n float64) float64 {
	a, b := s.aa-float64(s.a*s.a)/n, s.bb-float64(s.b*s.b)/n
	if !(a > 0 && b > 0) {
		return 0
	}
	return (s.ab - float64(s.a*s.b)/n) / math.Sqrt(float64(a*b))
}

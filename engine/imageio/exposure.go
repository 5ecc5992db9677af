package imageio

// Exposure is how bright and how sharp a picture is. Both come from the luma Y of Grey.
type Exposure struct {
	// Brightness is the mean of Y, from 0 (black) to 255 (white).
	Brightness float64
	// Sharpness is var(L) / var(Y), where L = Y(x-1,y) + Y(x+1,y) + Y(x,y-1) + Y(x,y+1) - 4 Y(x,y) is
	// the Laplacian of the pixels that have four neighbours. The quotient is free of contrast: a
	// picture that is twice as light, or half as contrasted, keeps it. It is near 0 for slow shades,
	// about 20 for noise without any pattern and at most 64 for a
	// chequerboard of single pixels. A picture of one shade, or less than 3 pixels wide or high, has 0.
	//
	// It depends on the scale: compare pictures that were brought to one size, and only those of the
	// same subject.
	Sharpness float64
}

// Exposure measures m. All sums are integers, so that every machine gets the same values.
func (m *RGB) Exposure() Exposure {
	grey := m.Grey()
	width, height, y := m.Width, m.Height, grey.Pix
	if len(y) == 0 {
		return Exposure{}
	}
	all, edges := moments{count: int64(width * height)}, moments{}
	edges.count = int64(max(width-2, 0) * max(height-2, 0))
	for _, value := range y {
		all.sum += int64(value)
		all.squares += int64(value) * int64(value)
	}
	for row := 1; row < height-1; row++ {
		above, here, below := y[(row-1)*width:][:width], y[row*width:][:width], y[(row+1)*width:][:width]
		for x := 2; x < len(here) && x <= len(above) && x <= len(below); x++ { // around x-1
			l := int64(here[x-2]) + int64(here[x]) + int64(above[x-1]) + int64(below[x-1]) -
				4*int64(here[x-1])
			edges.sum += l
			edges.squares += l * l
		}
	}
	found := Exposure{Brightness: float64(all.sum) / float64(all.count)}
	if shades := all.variance(); shades > 0 && edges.count > 0 {
		found.Sharpness = edges.variance() / shades
	}
	return found
}

// moments are the sums of values of at most 1020: the squares of 2^42 of them fit.
type moments struct{ count, sum, squares int64 }

func (m *moments) variance() float64 {
	mean := float64(m.sum) / float64(m.count)
	return float64(m.squares)/float64(m.count) - float64(mean*mean)
}

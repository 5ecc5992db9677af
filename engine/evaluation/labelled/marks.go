package labelled

import (
	"fmt"
	"math"
	"slices"

	"musc/engine/imageio"
)

// What the values of a mask mean. Tools write defects as white, as 1, as numbers of instances or
// types of defect, as colours of a palette, in 8 or 16 bits, with soft edges or as JPEG:
//
//	a pixel's value     the largest of its colours; of a palette's grey its level, else whether it is
//	                    not black (without black: not the first colour)
//	with alpha          alpha, if the colour is the same everywhere; else the colours that are visible
//	one value but 0     is the defect
//	none above 127      whole numbers: each but 0 is a defect
//	several values      in flat areas, or at most three of them: numbers, each but 0 is a defect;
//	                    else soft edges: above half of the largest is a defect
//	lossy (JPEG)        above half of the largest is a defect, or of the smallest in flat areas; what
//	                    is not above 32 is noise
const (
	labelImage = 127 // the largest value of a mask that cannot be white with soft edges
	fewNumbers = 3   // different values that are numbers without a look at areas
	noise      = 32  // of JPEG, beside edges of black and white
	lossyFlat  = 8   // by how much values of a flat area differ in a JPEG
	hidden     = 127 // the highest alpha of what cannot be seen
)

// plane is a mask's values, 0 for no defect.
type plane struct {
	width, height int
	values        []float32 // [height,width]
	highest       float32
}

// marks finds out what a mask's values mean.
func marks(r *imageio.Raster) (*mask, error) {
	p := &plane{width: r.Width, height: r.Height, values: valuesOf(r)}
	m := &mask{Grey: &imageio.Grey{Width: r.Width, Height: r.Height,
		Pix: make([]uint8, len(p.values))}}
	if r.Alpha != nil {
		m.notes = append(m.notes, p.see(r.Alpha))
	}
	for i, value := range p.values {
		if !(value >= 0) || math.IsInf(float64(value), 1) {
			return nil, fmt.Errorf("it holds %v at column %d, row %d; make it again with 0 for no defect "+
				"and 255 for one", value, i%r.Width, i/r.Width)
		}
		p.highest = max(p.highest, value)
	}
	switch {
	case r.Lossy:
		p.lossy(m)
	case p.numbers():
		p.above(m, 0)
	default:
		p.scale(m)
	}
	return m, nil
}

// above marks what is above a value.
func (p *plane) above(m *mask, limit float32) {
	for i, value := range p.values {
		if value > limit {
			m.Pix[i] = 255
		}
	}
}

// scale brings the largest value to white.
func (p *plane) scale(m *mask) {
	for i, value := range p.values {
		m.Pix[i] = uint8(math.Round(255 * float64(value) / float64(p.highest)))
	}
}

// numbers is whether the values are numbers of defects, instances or types, rather than soft edges.
func (p *plane) numbers() bool {
	var distinct []float32
	whole := true
	for _, value := range p.values {
		if value > 0 && len(distinct) <= fewNumbers && !slices.Contains(distinct, value) {
			distinct = append(distinct, value)
		}
		whole = whole && value == float32(int64(value))
	}
	if len(distinct) <= fewNumbers || whole && p.highest <= labelImage {
		return true
	}
	flat, between := p.flat(0, p.highest, 0)
	return 2*len(flat) >= between
}

// flat lists the values above low and below high that lie in flat areas: a neighbour left or right
// and one above or below differ by no more than tolerance. between counts all in that range.
func (p *plane) flat(low, high, tolerance float32) (values []float32, between int) {
	like := func(x, y int, value float32) bool {
		if x < 0 || y < 0 || x >= p.width || y >= p.height {
			return false
		}
		other := p.values[y*p.width+x]
		return max(other, value)-min(other, value) <= tolerance
	}
	for i, value := range p.values {
		if value <= low || value >= high {
			continue
		}
		between++
		x, y := i%p.width, i/p.width
		if (like(x-1, y, value) || like(x+1, y, value)) && (like(x, y-1, value) || like(x, y+1, value)) {
			values = append(values, value)
		}
	}
	return values, between
}

// lossy marks what is above half of white, or half of the darkest flat area that is no noise.
func (p *plane) lossy(m *mask) {
	if p.highest <= noise {
		return
	}
	if p.highest <= labelImage {
		m.notes = append(m.notes, fmt.Sprintf("it is compressed with losses and its brightest value is "+
			"%.0f: what is above half of that counts", p.highest))
	}
	limit := p.highest / 2
	for {
		flat, between := p.flat(noise, limit, lossyFlat)
		if len(flat) == 0 || 2*len(flat) < between {
			break
		}
		slices.Sort(flat)
		limit = max(flat[len(flat)/2]/2, noise)
	}
	if limit == p.highest/2 {
		p.scale(m)
		return
	}
	p.above(m, limit)
}

// see takes alpha into account, and says how.
func (p *plane) see(alpha []uint8) string {
	varies, coloured := false, false
	for i, value := range alpha {
		varies = varies || value != alpha[0]
		coloured = coloured || p.values[i] != p.values[0]
	}
	switch {
	case !coloured && (varies || alpha[0] == 0):
		for i, value := range alpha {
			p.values[i] = float32(value)
		}
		return "it has an alpha channel, which is taken for the mask, since its colour is the same everywhere"
	case varies:
		for i, value := range alpha {
			if value <= hidden {
				p.values[i] = 0
			}
		}
		return "it has an alpha channel; what is transparent counts as good"
	}
	return "it has an alpha channel that is the same everywhere; its colours are taken for the mask"
}

// valuesOf are the values of a file's pixels, its alpha left aside.
func valuesOf(r *imageio.Raster) []float32 {
	if r.Palette != nil {
		return valuesOfPalette(r)
	}
	values := make([]float32, r.Width*r.Height)
	for i := range values {
		if r.Deep != nil {
			values[i] = slices.Max(r.Deep[i*r.Channels : (i+1)*r.Channels])
		} else {
			values[i] = float32(slices.Max(r.Pix[i*r.Channels : (i+1)*r.Channels]))
		}
	}
	return values
}

// valuesOfPalette are levels of grey if all used colours are grey, else 255 for what is not black or,
// where no black is used, not the first colour.
func valuesOfPalette(r *imageio.Raster) []float32 {
	var used [256]bool
	for _, index := range r.Pix {
		used[index] = true
	}
	grey, black := true, false
	var levels, notBlack, notFirst [256]float32
	for index := range used {
		var colour [3]uint8
		if index < len(r.Palette) {
			colour = r.Palette[index]
		}
		levels[index] = float32(max(colour[0], colour[1], colour[2]))
		if colour != [3]uint8{} {
			notBlack[index] = 255
		}
		if index > 0 {
			notFirst[index] = 255
		}
		if used[index] {
			grey = grey && colour[0] == colour[1] && colour[1] == colour[2]
			black = black || colour == [3]uint8{}
		}
	}
	table := notFirst
	if grey {
		table = levels
	} else if black {
		table = notBlack
	}
	values := make([]float32, len(r.Pix))
	for i, index := range r.Pix {
		values[i] = table[index]
	}
	return values
}

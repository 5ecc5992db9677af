package frame

import "musc/engine/imageio"

// shares says of every pixel of a canvas, row-major, whether it takes part; nil: all do.
type shares []uint8

// The shares of a pixel.
const (
	beyond  = iota // it shows nothing of the Area
	masked         // it shows what the mask leaves out
	partner        // it takes part
)

// shares are those of the canvas of a photo of width x height pixels. A pixel of the content is masked by
// the mask's pixel at its centre.
func (o Options) shares(place Place, m Model, width, height int, mask *Mask) (shares, error) {
	canvasRows, canvasColumns := o.Canvas(m)
	top, left, rows, columns := place.Content(canvasRows, canvasColumns)
	if mask == nil && rows == canvasRows && columns == canvasColumns {
		return nil, nil
	}
	if mask == nil {
		mask = everything
	} else if err := mask.fits(width, height); err != nil {
		return nil, err
	}
	area := place.Photo(width, height)
	xs := centres(columns*m.Patch, area.X, area.Width, width, mask.Pixels.Width)
	ys := centres(rows*m.Patch, area.Y, area.Height, height, mask.Pixels.Height)
	stride := canvasColumns * m.Patch
	of := make(shares, canvasRows*m.Patch*stride)
	for y, from := range ys {
		row := mask.Pixels.Pix[from*mask.Pixels.Width:][:mask.Pixels.Width]
		to := of[(top*m.Patch+y)*stride+left*m.Patch:][:len(xs)]
		for x, at := range xs {
			if to[x] = masked; row[at] > dark {
				to[x] = partner
			}
		}
	}
	return of, nil
}

// centres are the pixels, along an axis of a mask of so many, under the centres of count pixels that
// divide the part [start,start+length) of the axis of a photo of whole pixels:
//
//	floor((start + (k + 1/2) length/count) mask/whole)
func centres(count, start, length, whole, mask int) []int {
	at := make([]int, count)
	for k := range at {
		at[k] = (2*count*start + (2*k+1)*length) * mask / (2 * count * whole)
	}
	return at
}

// turned are the shares of the turned canvas, of which each pixel has that of the nearest one.
func (of shares) turned(t imageio.Turn, width, height int) shares {
	out := make(shares, width*height)
	t.From(width, height, func(x, y int, fromX, fromY float64) {
		switch {
		case !imageio.Within(fromX, fromY, width, height):
		case of == nil:
			out[y*width+x] = partner
		default:
			out[y*width+x] = of[int(fromY+0.5)*width+int(fromX+0.5)]
		}
	})
	return out
}

// active are the patches of so many pixels along a side, of a canvas of that width in pixels, that take
// part: no pixel is beyond the content, and at least half are no masked ones. nil stands for all.
func (of shares) active(patch, width int) []bool {
	if of == nil {
		return nil
	}
	columns := width / patch
	active := make([]bool, len(of)/(patch*patch))
	for p := range active {
		var count [partner + 1]int
		for y := p / columns * patch; y < (p/columns+1)*patch; y++ {
			for _, share := range of[y*width+p%columns*patch:][:patch] {
				count[share]++
			}
		}
		active[p] = count[beyond] == 0 && 2*count[partner] >= patch*patch
	}
	return active
}

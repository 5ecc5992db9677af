// Package anomalymap turns the patch scores of one image into its anomaly map: bilinear
// interpolation with the corners aligned (SPEC section 4).
//
// A grid of H x W patch scores s becomes an H' x W' map m. Output row y reads position
//
//	p = y (H-1) / (H'-1),  0 when H' = 1
//
// between the grid rows floor(p) and floor(p)+1 with weight f = p - floor(p); columns likewise:
//
//	m(y,x) = lerp(lerp(s00, s10, f_y), lerp(s01, s11, f_y), f_x),  lerp(a, b, f) = a + f (b-a)
//
// The corners of the map are the corners of the grid. Every value of the map lies between the
// smallest and the largest patch score, and equal patch scores give exactly that score.
//
// The classification score of an image is the maximum of its anomaly map at the model's square
// input size, where the paper takes it, unless the caller configures another side. It depends on
// that resolution: where (H'-1) is no multiple of (H-1) the map steps over the patch centres, and
// its maximum lies a little below the largest patch score. The maps of original size that are
// written to files are interpolated from the same patch scores, never from the square map.
package anomalymap

import (
	"math"
	"slices"

	"musc/cgo/resample"
	"musc/engine/fault"
)

// Upsampler interpolates grids of one size to maps of one size. It holds the weights of both axes
// and no scratch memory, so goroutines may share it.
type Upsampler struct {
	rows, columns axis
	spans         *resample.Spans // of the columns
}

// axis holds the two neighbours on the grid and the weight of the second one for each output.
type axis struct {
	size   int       // grid points
	low    []int     // [out]
	high   []int     // [out], low+1 within the grid
	weight []float64 // [out], in [0,1)
}

// New prepares the step from [height,width] patch scores to [outHeight,outWidth] maps. Sizes below
// one are of kind fault.Usage.
func New(height, width, outHeight, outWidth int) (*Upsampler, error) {
	if min(height, width, outHeight, outWidth) < 1 {
		return nil, fault.New(fault.Usage, "cannot interpolate %d x %d patch scores (rows x columns) "+
			"to a map of %d x %d: every side must be at least 1", height, width, outHeight, outWidth)
	}
	u := &Upsampler{rows: newAxis(height, outHeight), columns: newAxis(width, outWidth)}
	u.spans = resample.NewSpans(u.columns.weight)
	for _, s := range u.columns.spans() {
		u.spans.Add(s.From, s.To, s.Low, s.High)
	}
	return u, nil
}

func newAxis(size, out int) axis {
	a := axis{size, make([]int, out), make([]int, out), make([]float64, out)}
	if out == 1 { // the only output reads the first grid point
		return a
	}
	for o := range out {
		a.low[o] = o * (size - 1) / (out - 1)
		a.high[o] = min(a.low[o]+1, size-1)
		a.weight[o] = float64(o*(size-1)%(out-1)) / float64(out-1)
	}
	return a
}

// OutSize is the height and the width of the maps.
func (u *Upsampler) OutSize() (height, width int) {
	return len(u.rows.low), len(u.columns.low)
}

// Upsample64 writes the anomaly map [outHeight,outWidth] of scores [height,width] to dst. It
// panics when a slice is shorter than its size says.
func (u *Upsampler) Upsample64(dst, scores []float64) {
	_, width := u.OutSize()
	u.eachRow(scores, func(y int, row []float64) {
		copy(dst[y*width:(y+1)*width], row)
	})
}

// Upsample is Upsample64 with each value rounded to float32, the form of the files.
func (u *Upsampler) Upsample(dst []float32, scores []float64) {
	height, width := u.OutSize()
	r := u.Reader(scores)
	for y := range height {
		r.Seek(y)
		r.ReadSingle(dst[y*width : (y+1)*width])
	}
}

// Max is the largest value of the anomaly map of scores [height,width] without storing the map:
// the image's classification score at this output size. It is NaN if any patch score is NaN, even
// one that the map steps over.
func (u *Upsampler) Max(scores []float64) float64 {
	for _, score := range scores[:u.rows.size*u.columns.size] {
		if math.IsNaN(score) {
			return score
		}
	}
	largest := math.Inf(-1)
	u.eachRow(scores, func(_ int, row []float64) {
		largest = max(largest, slices.Max(row))
	})
	return largest
}

// eachRow calls emit with every row of the map in turn; the row is overwritten by the next one.
func (u *Upsampler) eachRow(scores []float64, emit func(y int, row []float64)) {
	r := u.Reader(scores)
	row := make([]float64, len(u.columns.low))
	for y := range u.rows.low {
		r.Seek(y)
		r.Read(row, 0)
		emit(y, row)
	}
}

// lerp is a at weight 0 and moves towards b. The conversion keeps the compiler from fusing the two
// operations, so that every architecture rounds alike.
func lerp(a, b, weight float64) float64 {
	return a + float64(weight*(b-a))
}

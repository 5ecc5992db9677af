package anomalymap

// Span is the output rows or columns From to To-1 that lie between the same two grid rows or columns
// Low and High. From Low towards High the map does not turn: along a span it only rises or only
// falls, also as rounded, and every value lies between those at Low and High.
type Span struct{ From, To, Low, High int }

// RowSpans are all rows of the map, from above.
func (u *Upsampler) RowSpans() []Span { return u.rows.spans() }

// ColumnSpans are all columns of the map, from the left.
func (u *Upsampler) ColumnSpans() []Span { return u.columns.spans() }

func (a *axis) spans() (list []Span) {
	for o, low := range a.low {
		if last := len(list) - 1; last >= 0 && list[last].Low == low {
			list[last].To++
		} else {
			list = append(list, Span{o, o + 1, low, a.high[o]})
		}
	}
	return list
}

// Reader reads parts of one map, rounded as Upsample64 rounds, without the rest being made.
type Reader struct {
	upsampler *Upsampler
	scores    []float64
	blended   []float64 // [grid columns]
	y         int
}

// Reader reads the map of scores [height,width], from its first row on.
func (u *Upsampler) Reader(scores []float64) *Reader {
	r := &Reader{u, scores[:u.rows.size*u.columns.size], make([]float64, u.columns.size), -1}
	r.Seek(0)
	return r
}

// Seek goes to row y.
func (r *Reader) Seek(y int) {
	if y == r.y {
		return
	}
	r.y = y
	rows, width := &r.upsampler.rows, len(r.blended)
	above := r.scores[rows.low[y]*width:][:width]
	below := r.scores[rows.high[y]*width:][:width]
	weight := rows.weight[y]
	for x := range r.blended {
		r.blended[x] = lerp(above[x], below[x], weight)
	}
}

// Grid is the row at the grid's columns; Seek overwrites it.
func (r *Reader) Grid() []float64 { return r.blended }

// At is the row's value at column x.
func (r *Reader) At(x int) float64 {
	columns := &r.upsampler.columns
	return lerp(r.blended[columns.low[x]], r.blended[columns.high[x]], columns.weight[x])
}

// Read fills dst with the row's values from column from on.
func (r *Reader) Read(dst []float64, from int) {
	columns := &r.upsampler.columns
	low, high := columns.low[from:][:len(dst)], columns.high[from:][:len(dst)]
	weight := columns.weight[from:][:len(dst)]
	for i := range dst {
		dst[i] = lerp(r.blended[low[i]], r.blended[high[i]], weight[i])
	}
}

// ReadSingle fills dst, as long as the row, with its values rounded to float32, the form of the files.
func (r *Reader) ReadSingle(dst []float32) {
	columns := &r.upsampler.columns
	dst = dst[:len(columns.low)]
	if r.upsampler.spans.Blend(dst, r.blended) {
		return
	}
	for x := range dst {
		dst[x] = float32(r.At(x))
	}
}

package anomalymap

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// A reader's parts are those of the whole map, bit by bit, and no value lies outside its span's ends
// or turns within it.
func TestReaderAgreesWithTheMap(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, grid := range [][2]int{{1, 1}, {1, 7}, {2, 2}, {3, 5}, {16, 16}} {
		for _, out := range [][2]int{{1, 1}, {1, 9}, {2, 3}, {5, 1}, {13, 31}, {36, 338}} {
			t.Run(fmt.Sprintf("%dx%d to %dx%d", grid[0], grid[1], out[0], out[1]), func(t *testing.T) {
				scores := make([]float64, grid[0]*grid[1])
				for i := range scores {
					scores[i] = float64(random.IntN(4))/3 + .1 // with equal neighbours
				}
				u := newUpsampler(t, grid[0], grid[1], out[0], out[1])
				whole := make([]float64, out[0]*out[1])
				u.Upsample64(whole, scores)
				r := u.Reader(scores)
				rows := 0
				for _, row := range u.RowSpans() {
					for y := row.From; y < row.To; y++ {
						if y != rows {
							t.Fatalf("row %d, want %d", y, rows)
						}
						rows++
						r.Seek(y)
						checkRow(t, r, u.ColumnSpans(), whole[y*out[1]:][:out[1]])
					}
				}
				if rows != out[0] {
					t.Fatalf("%d rows, want %d", rows, out[0])
				}
				checkSingles(t, r, whole)
				r.Seek(0)
				part := make([]float64, (out[1]+1)/2)
				r.Read(part, out[1]/2)
				for i, value := range part {
					if value != whole[out[1]/2+i] {
						t.Fatalf("row 0, column %d: %v, want %v", out[1]/2+i, value, whole[out[1]/2+i])
					}
				}
			})
		}
	}
}

// checkSingles compares the rows in float32, and that nothing is written behind them.
func checkSingles(t *testing.T, r *Reader, whole []float64) {
	t.Helper()
	height, width := r.upsampler.OutSize()
	row := make([]float32, width+1)
	for y := range height {
		row[width] = 7
		r.Seek(y)
		r.ReadSingle(row)
		for x, want := range whole[y*width:][:width] {
			if row[x] != float32(want) || row[width] != 7 {
				t.Fatalf("row %d, column %d: %v, want %v; %v behind it", y, x, row[x], float32(want), row[width])
			}
		}
	}
}

func checkRow(t *testing.T, r *Reader, spans []Span, want []float64) {
	t.Helper()
	columns := 0
	for _, span := range spans {
		low, high := r.Grid()[span.Low], r.Grid()[span.High]
		before := low
		for x := span.From; x < span.To; x++ {
			value := r.At(x)
			if x != columns || value != want[x] {
				t.Fatalf("column %d is %v, want column %d, %v", x, value, columns, want[x])
			}
			columns++
			if value < min(low, high) || value > max(low, high) || (value-before)*(high-low) < 0 {
				t.Fatalf("%v follows %v between %v and %v", value, before, low, high)
			}
			before = value
		}
	}
	if columns != len(want) {
		t.Fatalf("%d columns, want %d", columns, len(want))
	}
}

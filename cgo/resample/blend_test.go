package resample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestBlendIsItsDefinition(t *testing.T) {
	need(t)
	random := rand.New(rand.NewPCG(5, 6))
	for _, length := range []int{1, 2, 3, 7, 8, 9, 31, 257, 4000} {
		for _, points := range []int{1, 2, 3, 16} {
			grid, weights := make([]float64, points), make([]float64, length)
			for k := range grid {
				grid[k] = math.Ldexp(random.Float64()-0.5, random.IntN(60)-30)
			}
			for k := range weights {
				weights[k] = random.Float64()
			}
			spans := NewSpans(weights)
			want := make([]float32, length+1)
			for from := 0; from < length; {
				to, low := from+1+random.IntN(length-from), random.IntN(points)
				high := min(low+1, points-1)
				spans.Add(from, to, low, high)
				for x := from; x < to; x++ {
					want[x] = float32(grid[low] + float64(weights[x]*(grid[high]-grid[low])))
				}
				from = to
			}
			got := make([]float32, length+1)
			got[length], want[length] = 7, 7
			if !spans.Blend(got[:length], grid) {
				t.Fatal("not done")
			}
			for x, value := range got {
				if math.Float32bits(value) != math.Float32bits(want[x]) {
					t.Fatalf("%d values, %d points: at %d %v instead of %v", length, points, x, value, want[x])
				}
			}
		}
	}
}

func TestBlendMistakesPanic(t *testing.T) {
	need(t)
	for name, mistake := range map[string]func(*Spans){
		"short row":   func(s *Spans) { s.Blend(make([]float32, 4), make([]float64, 2)) },
		"short grid":  func(s *Spans) { s.Blend(make([]float32, 5), make([]float64, 1)) },
		"beyond":      func(s *Spans) { s.Add(0, 6, 0, 1) },
		"before":      func(s *Spans) { s.Add(-1, 5, 0, 1) },
		"before grid": func(s *Spans) { s.Add(0, 5, -1, 1) },
	} {
		func() {
			defer func() {
				if text := fmt.Sprint(recover()); len(text) < 9 || text[:9] != "resample:" {
					t.Errorf("%s: got %v", name, text)
				}
			}()
			spans := NewSpans(make([]float64, 5))
			spans.Add(0, 5, 0, 1)
			mistake(spans)
		}()
	}
}

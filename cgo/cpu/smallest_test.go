package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// numbers are hard on a selection: of the i-th of n.
var numbers = map[string]func(random *rand.Rand, i, n int) float32{
	"random":    func(random *rand.Rand, i, n int) float32 { return random.Float32() },
	"distances": func(random *rand.Rand, i, n int) float32 { return 0.6 + 0.1*random.Float32() },
	"rising":    func(random *rand.Rand, i, n int) float32 { return float32(i) },
	"falling":   func(random *rand.Rand, i, n int) float32 { return float32(n - i) },
	"equal":     func(random *rand.Rand, i, n int) float32 { return 0.5 },
	"zeros":     func(random *rand.Rand, i, n int) float32 { return 0 },
	"few":       func(random *rand.Rand, i, n int) float32 { return float32(random.IntN(3)) },
	"every size": func(random *rand.Rand, i, n int) float32 {
		return math.Float32frombits(random.Uint32N(0x7f800000))
	},
	"neighbours": func(random *rand.Rand, i, n int) float32 {
		return math.Float32frombits(1<<29 + random.Uint32N(5))
	},
	"one far above": func(random *rand.Rand, i, n int) float32 {
		return [2]float32{float32(1 + i%7), 1e30}[i/max(n-1, 1)%2]
	},
	"infinite": func(random *rand.Rand, i, n int) float32 {
		return [2]float32{random.Float32(), float32(math.Inf(1))}[i%2]
	},
	"NaN": func(random *rand.Rand, i, n int) float32 {
		negative := math.Float32frombits(0xffc00000)
		return [3]float32{random.Float32(), float32(math.NaN()), negative}[i%3]
	},
}

// defineSmallest is SumSmallest of one column, by a sort of the bits without the sign.
func defineSmallest(column []float32, k int) (sum float64, greatest float32) {
	keys := make([]uint32, len(column))
	for i, x := range column {
		keys[i] = math.Float32bits(x) &^ (1 << 31)
	}
	sorted := slices.Sorted(slices.Values(keys))
	last, below := sorted[k-1], 0
	for _, key := range keys {
		if key < last {
			sum += float64(math.Float32frombits(key))
			below++
		}
	}
	greatest = math.Float32frombits(last)
	return sum + float64(k-below)*float64(greatest), greatest
}

// The same bits at every level, for blocks of columns that are whole and not, and any k.
func TestSumsOfTheSmallest(t *testing.T) {
	for name, number := range numbers {
		for _, rows := range []int{1, 2, 3, 7, 30, 64, 257, 500, 999} {
			for _, columns := range []int{1, 3, 16, 17, 37} {
				random := rand.New(rand.NewPCG(uint64(rows), uint64(columns)))
				stride := columns + random.IntN(3)
				if columns == 1 {
					stride = 1 + rows%2 // side by side, or not
				}
				x := make([]float32, (rows-1)*stride+columns)
				for i := range x {
					x[i] = number(random, i/stride, rows)
				}
				for _, k := range []int{1, (rows + 2) / 3, (rows + 1) / 2, rows} {
					eachLevel(t, func() {
						checkSmallest(t, fmt.Sprintf("%s, %s: the %d smallest of %d, %d columns",
							Level(), name, k, rows, columns), x, rows, stride, columns, k)
					})
				}
			}
		}
	}
}

func checkSmallest(t *testing.T, what string, x []float32, rows, stride, columns, k int) {
	t.Helper()
	sums, greatest := make([]float64, columns), make([]float32, columns)
	scratch := make([]uint32, SmallestScratch(rows))
	SumSmallest(sums, greatest, x, rows, stride, k, scratch)
	column := make([]float32, rows)
	for j := range columns {
		for i := range column {
			column[i] = x[i*stride+j]
		}
		sum, last := defineSmallest(column, k)
		if math.Float64bits(sum) != math.Float64bits(sums[j]) && !(math.IsNaN(sum) && math.IsNaN(sums[j])) ||
			math.Float32bits(last) != math.Float32bits(greatest[j]) {
			t.Fatalf("%s: column %d: %v up to %v, want %v up to %v", what, j, sums[j], greatest[j],
				sum, last)
		}
	}
}

func TestSumsOfTheSmallestTouchNothingOutsideTheSlices(t *testing.T) {
	for _, columns := range []int{1, 15, 16, 33} {
		x := guarded(t, 4*(columns+1)+columns)
		sums, greatest := make([]float64, columns), guarded(t, columns)
		scratch := make([]uint32, SmallestScratch(5))
		eachLevel(t, func() { SumSmallest(sums, greatest, x, 5, columns+1, 2, scratch) })
	}
	x := guarded(t, 37)
	eachLevel(t, func() {
		SumSmallest(make([]float64, 1), make([]float32, 1), x, 37, 1, 5, make([]uint32, SmallestScratch(37)))
	})
}

func TestMistakesOfSumSmallest(t *testing.T) {
	call := func(sums, greatest, x, rows, stride, k, scratch int) func() {
		return func() {
			SumSmallest(make([]float64, sums), make([]float32, greatest), make([]float32, x), rows, stride, k,
				make([]uint32, scratch))
		}
	}
	for name, c := range map[string]struct {
		want string
		call func()
	}{
		"no rows":       {badSmallest, call(1, 1, 9, 0, 1, 1, 99)},
		"none":          {badSmallest, call(1, 1, 9, 3, 1, 0, 99)},
		"too many":      {badSmallest, call(1, 1, 9, 3, 1, 4, 99)},
		"short rows":    {shortSums, call(2, 2, 5, 3, 2, 1, 99)},
		"narrow rows":   {shortSums, call(2, 2, 9, 3, 1, 1, 99)},
		"greatest":      {shortSums, call(2, 1, 9, 3, 2, 1, 99)},
		"short scratch": {shortSums, call(1, 1, 9, 3, 1, 1, 47)},
	} {
		func() {
			defer func() {
				if got := recover(); got != c.want {
					t.Errorf("%s: %v, want %s", name, got, c.want)
				}
			}()
			c.call()
		}()
	}
}

// The sums of the smallest 30 % of 999, for 256 patches of three degrees.
func BenchmarkSumSmallest(b *testing.B) {
	for _, rows := range []int{63, 249, 999} {
		const columns = 768
		random := rand.New(rand.NewPCG(1, 2))
		x := make([]float32, rows*columns)
		for i := range x {
			x[i] = 0.6 + 0.1*float32(random.NormFloat64())
		}
		sums, greatest := make([]float64, columns), make([]float32, columns)
		scratch := make([]uint32, SmallestScratch(rows))
		for _, level := range []string{"portable", "avx2", "avx512"} {
			b.Run(fmt.Sprint(rows, "/", level), func(b *testing.B) {
				before := Level()
				defer func() { _ = Use(before) }()
				if Use(level) != nil {
					b.Skip("not on this machine")
				}
				for b.Loop() {
					SumSmallest(sums, greatest, x, rows, columns, rows*3/10, scratch)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows*columns), "ns/value")
			})
		}
	}
}

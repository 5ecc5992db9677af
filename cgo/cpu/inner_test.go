package cpu

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Rows and columns around the tiles (2, 6, 8; 16, 48), panels (48) and blocks (96), entries around
// the runs (128). Small integers make every sum exact; others stay within the bound.
func TestInnerProductsAreTheDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	entries := map[string]func() float32{
		"small integers": func() float32 { return float32(random.IntN(9) - 4) },
		"of both signs":  func() float32 { return float32(random.NormFloat64()) },
		"positive":       func() float32 { return random.Float32() + 1 },
		"huge and tiny":  func() float32 { return float32(math.Exp(80*random.Float64() - 50)) },
		"subnormal":      func() float32 { return float32(random.NormFloat64()) * 0x1p-70 },
	}
	for _, size := range []struct{ rows, columns, d int }{
		{1, 1, 1}, {1, 2, 3}, {2, 1, 7}, {3, 4, 127}, {5, 15, 128}, {6, 16, 129}, {7, 17, 255},
		{8, 47, 256}, {9, 48, 257}, {11, 49, 384}, {95, 31, 20}, {96, 33, 130}, {97, 95, 64},
		{193, 97, 33}, {13, 145, 1024}, {0, 5, 4}, {5, 0, 4},
	} {
		for name, entry := range entries {
			a, b := make([]float32, size.rows*size.d), make([]float32, size.columns*size.d)
			for _, x := range [][]float32{a, b} {
				for k := range x {
					x[k] = entry()
				}
			}
			want, sizes := defineInnerProducts(a, b, size.d)
			relative, absolute := InnerProductError(size.d)
			if name == "small integers" {
				relative, absolute = 0, 0
			}
			packed := slices.Repeat([]float32{9}, PackedLen(size.columns, size.d))
			eachLevel(t, func() {
				dst := slices.Repeat([]float32{9}, len(want))
				Pack(packed, b, size.d)
				InnerProducts(dst, a, packed, size.columns, size.d)
				for k, got := range dst {
					if !(math.Abs(float64(got)-want[k]) <= relative*sizes[k]+absolute) {
						t.Fatalf("%s, %v, %s: entry %d is %g, want %g", name, size, Level(), k,
							got, want[k])
					}
				}
			})
		}
	}
}

// A product is the same bits wherever its row and column stand.
func TestAnInnerProductDependsOnItsRowAndColumnOnly(t *testing.T) {
	const rows, columns, d = 101, 99, 200
	random := rand.New(rand.NewPCG(1, 3))
	a, b := make([]float32, rows*d), make([]float32, columns*d)
	for _, x := range [][]float32{a, b} {
		for k := range x {
			x[k] = float32(random.NormFloat64())
		}
	}
	eachLevel(t, func() {
		dst, packed := make([]float32, rows*columns), make([]float32, PackedLen(columns, d))
		Pack(packed, b, d)
		InnerProducts(dst, a, packed, columns, d)
		for _, at := range [][2]int{{0, 0}, {7, 98}, {96, 48}, {100, 50}} {
			one := make([]float32, 1)
			Pack(packed, b[at[1]*d:][:d], d)
			InnerProducts(one, a[at[0]*d:][:d], packed, 1, d)
			if want := dst[at[0]*columns+at[1]]; one[0] != want {
				t.Errorf("%s: row %d, column %d: %g alone, %g among others", Level(), at[0],
					at[1], one[0], want)
			}
		}
	})
}

func TestNotBelow(t *testing.T) {
	nan, infinite := float32(math.NaN()), float32(math.Inf(1))
	random := rand.New(rand.NewPCG(1, 4))
	for _, n := range []int{0, 1, 3, 4, 15, 16, 17, 63, 64, 65, 1000} {
		for _, limit := range []float32{-infinite, -1, 0, 2, infinite} {
			values := make([]float32, n)
			var want []int32
			for k := range values {
				values[k] = []float32{nan, infinite, -infinite, -1, 0, 1, 2, 3}[random.IntN(8)]
				if !(values[k] < limit) {
					want = append(want, int32(k))
				}
			}
			eachLevel(t, func() {
				got := make([]int32, n)
				got = got[:NotBelow(got, values, limit)]
				if !slices.Equal(got, want) {
					t.Fatalf("%s: %d values, limit %g: %v, want %v", Level(), n, limit, got, want)
				}
			})
		}
	}
}

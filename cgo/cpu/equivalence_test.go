package cpu

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Every grid up to 6 by 6, with channels around the words (1, 2, 4) and vectors (4 to 64) of the
// levels, and radii that reach beyond the grid.
func TestSmallShapesAreTheDefinition(t *testing.T) {
	for height := 1; height <= 6; height++ {
		for width := 1; width <= 6; width++ {
			for _, channels := range []int{1, 2, 3, 4, 5, 16, 17, 67} {
				for _, radii := range [][]int{{0}, {0, 1, 2}, {1, 3}} {
					if channels == 1 && len(radii) > 1 {
						continue // a window that is the grid sums to zero: there is no direction
					}
					shape := grid(height, width, channels, radii...)
					a, b := lookAlikes(uint64(height), shape)
					check(t, "look-alikes", shape, a, b, tolerance, tolerance)
				}
			}
		}
	}
}

// Patches around the tiles (6, 8 rows; 16, 48 columns), the panels (48), the rows that are searched
// at once (8) and the blocks (48, 96), and primes; the last has blocks of one panel.
func TestLargerShapesAreTheDefinition(t *testing.T) {
	for _, shape := range []Shape{
		grid(1, 47, 33, 0, 1, 2), grid(1, 48, 33, 0, 1, 2), grid(7, 7, 96, 0, 1, 2),
		grid(49, 1, 16, 0, 1, 2), grid(5, 19, 64, 0, 2), grid(16, 6, 64, 1),
		grid(97, 1, 40, 0, 3), grid(9, 16, 384, 0, 1, 2), grid(17, 17, 48, 0, 1, 2, 5),
		grid(2, 101, 20, 4), grid(13, 11, 31, 0, 1, 2, 3, 4, 5, 6, 7),
		grid(10, 10, 5000, 0, 1),
	} {
		a, b := lookAlikes(5, shape)
		check(t, "look-alikes", shape, a, b, tolerance, tolerance)
	}
}

// What makes a search in few digits go wrong. Each case changes the look-alikes.
func TestHardImagesAreTheDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 1))
	for name, change := range map[string]func(a, b []float32, k, channel int){
		"one channel dwarfs the others": func(a, b []float32, k, channel int) {
			if channel == 2 {
				a[k], b[k] = a[k]+400, b[k]+400
			}
		},
		"one channel varies more": func(a, b []float32, k, channel int) {
			if channel == 2 {
				a[k], b[k] = a[k]*20, b[k]*20
			}
		},
		"one channel of some patches does": func(a, b []float32, k, channel int) {
			if channel == 1 && k%5 == 0 {
				a[k] += 900
			}
		},
		"the same image twice": func(a, b []float32, k, channel int) {
			b[k] = a[k]
		},
		"opposite images": func(a, b []float32, k, channel int) {
			b[k] = -a[k]
		},
		"a tiny difference": func(a, b []float32, k, channel int) {
			b[k] = a[k] * (1 + 1e-6*float32(k%3))
		},
		"all patches alike": func(a, b []float32, k, channel int) {
			a[k], b[k] = float32(channel), float32(channel*channel)
		},
		"a constant image": func(a, b []float32, k, channel int) {
			b[k] = 7
		},
		"two constant images": func(a, b []float32, k, channel int) {
			a[k], b[k] = 0, 0
		},
		"huge values": func(a, b []float32, k, channel int) {
			a[k], b[k] = a[k]*1e15, b[k]*1e15
		},
		"tiny values": func(a, b []float32, k, channel int) {
			a[k], b[k] = a[k]*1e-15, b[k]*1e-15
		},
		"integers, many ties": func(a, b []float32, k, channel int) {
			a[k], b[k] = float32(k*k%5)-2, float32(k*7%3)-1
		},
		"patches in two kinds": func(a, b []float32, k, channel int) {
			a[k] = float32((k/40)%2*channel) - b[k]*1e-4
		},
		"noise without a match": func(a, b []float32, k, channel int) {
			b[k] = float32(random.NormFloat64())
		},
	} {
		for _, shape := range []Shape{grid(7, 7, 40, 0, 1, 2), grid(3, 20, 131, 0, 1)} {
			a, b := lookAlikes(9, shape)
			for k := range a {
				change(a, b, k, k%shape.Channels)
			}
			// Where hundreds of patches nearly coincide only some can be compared: SIMD.md.
			check(t, name, shape, a, b, 1e-4, 1e-4)
		}
	}
}

// The float32 levels are exact by themselves; the others must find the same patches all the same.
func TestLevelsAgree(t *testing.T) {
	for _, shape := range []Shape{grid(16, 16, 384, 0, 1, 2), grid(24, 24, 96, 0, 1, 2)} {
		a, b := lookAlikes(11, shape)
		var wantRows, wantColumns []float32
		eachLevel(t, func() {
			rows, columns := compare(shape, a, b)
			if wantRows == nil {
				wantRows, wantColumns = rows, columns
			}
			for k := range rows {
				if math.Abs(float64(rows[k]-wantRows[k])) > tolerance ||
					math.Abs(float64(columns[k]-wantColumns[k])) > tolerance {
					t.Fatalf("%v, %s: %d: %g and %g, want %g and %g", shape, Level(), k,
						rows[k], columns[k], wantRows[k], wantColumns[k])
				}
			}
		})
	}
}

// FuzzDistances draws shapes and tokens from bytes: small integers, so ties and duplicates abound, and more
// patches nearly coincide than a search in few digits keeps (SIMD.md). 2.3e-2 is the most it was seen to
// miss the nearest by.
func FuzzDistances(f *testing.F) {
	f.Add([]byte{3, 4, 5, 7, 1, 2, 3, 4, 200, 100, 0, 0, 255})
	f.Add([]byte{1, 1, 1, 1})
	f.Add([]byte{8, 6, 33, 2, 9, 9, 9, 9, 9, 8})
	f.Add([]byte{24, 15, 66, 7, 1, 200, 31, 7, 77, 90, 3, 140})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 4 {
			return
		}
		shape := grid(1+int(data[0])%9, 1+int(data[1])%9, 1+int(data[2])%70)
		for radius := range 8 {
			if data[3]>>radius&1 != 0 {
				shape.Radii = append(shape.Radii, radius)
			}
		}
		if shape.Radii == nil {
			shape.Radii = []int{0}
		}
		a, b := make([]float32, shape.Patches()*shape.Channels),
			make([]float32, shape.Patches()*shape.Channels)
		for k := range a {
			x := data[k%len(data)]
			a[k], b[k] = float32(int8(x)), float32(int8(x>>(k%5)))*float32(1+k%3)
		}
		shape.Near = int(data[0]) / 9 % 9
		activeA, activeB := fuzzedMask(shape, data, 1), fuzzedMask(shape, data, 2)
		if !directed(shape, a, activeA) || !directed(shape, b, activeB) {
			return
		}
		checkActive(t, "fuzzed", shape, a, b, activeA, activeB, 1e-4, 1e-1)
	})
}

// fuzzedMask draws a mask from bytes: none of every other.
func fuzzedMask(shape Shape, data []byte, k int) []bool {
	if data[k]/9%2 == 0 {
		return nil
	}
	mask := make([]bool, shape.Patches())
	for p := range mask {
		mask[p] = data[(p*k+p/7)%len(data)]%4 != byte(k)
	}
	return mask
}

// directed tells whether the sums over windows have a direction that few digits can tell. All tokens
// of an image add up to nearly nothing, and so may those of a window about as large as the grid:
// rounding errors are then as large as the sum.
func directed(shape Shape, raw []float32, active []bool) bool {
	zero := make([]float64, shape.Channels)
	tokens := defineSums(shape, raw, active, 0)
	for _, radius := range shape.Radii {
		for p, sum := range defineSums(shape, raw, active, radius) {
			lengths := 0.0
			for q, token := range tokens {
				if takesPart(active, q) && inWindow(shape, p, q, radius) {
					lengths += distance(token, zero)
				}
			}
			if takesPart(active, p) && distance(sum, zero) < 0.2*lengths {
				return false
			}
		}
	}
	return true
}

func TestNaNEndsInNaN(t *testing.T) {
	shape := grid(3, 3, 5, 0, 1)
	a, b := lookAlikes(1, shape)
	a[7] = float32(math.NaN())
	eachLevel(t, func() {
		rows, _ := compare(shape, a, b) // must come to an end, within its slices
		if !math.IsNaN(float64(rows[0])) && !math.IsInf(float64(rows[0]), 1) {
			t.Errorf("%s: %v", Level(), rows)
		}
	})
}

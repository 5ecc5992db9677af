package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// patchBatch is images of one patch, prepared one after the other.
type patchBatch struct {
	search *Search
	stride int
	images []float32
	count  int
}

// newPatchBatch prepares raw tokens [n,d], of which some take no part; their centre is the mean.
func newPatchBatch(shape Shape, raw []float32, active []bool) patchBatch {
	d := shape.Channels
	b := patchBatch{search: NewSearch(shape), stride: shape.ImageLen() + 7, count: len(raw) / d}
	b.images = make([]float32, b.count*b.stride)
	var all [][]float32
	for k := range b.count {
		if takesPart(active, k) && !slices.ContainsFunc(raw[k*d:][:d], isNaN) {
			all = append(all, raw[k*d:][:d])
		}
	}
	centre := centreOf(shape, all...)
	for k := range b.count {
		mask := []bool{takesPart(active, k)}
		b.search.Prepare(b.images[k*b.stride:], poison(shape, raw[k*d:][:d], mask), mask, centre)
	}
	return b
}

func isNaN(x float32) bool { return x != x }

// distances are those of images [i, i+rows) to [j, j+columns).
func (b patchBatch) distances(i, rows, j, columns int) []float32 {
	dst := slices.Repeat([]float32{9}, rows*columns)
	packed := slices.Repeat([]float32{9}, PackedPatchesLen(columns, int(b.search.shape.channels)))
	b.search.PackPatches(packed, b.images[j*b.stride:], columns, b.stride)
	b.search.PatchDistances(dst, b.images[i*b.stride:], rows, b.images[j*b.stride:], packed, columns,
		b.stride)
	return dst
}

// kindsOfPatches draw raw tokens [n,d] by name.
var kindsOfPatches = map[string]func(random *rand.Rand, n, d int) []float32{
	"strangers": func(random *rand.Rand, n, d int) []float32 { return aroundKinds(random, n, d, n, 1) },
	"look-alikes with a loud channel": func(random *rand.Rand, n, d int) []float32 {
		raw := aroundKinds(random, n, d, 1, 0.3)
		for k := d / 3; k < len(raw); k += d {
			raw[k] += 25
		}
		return raw
	},
	"of a few kinds":        func(random *rand.Rand, n, d int) []float32 { return aroundKinds(random, n, d, 3, 0.1) },
	"1e-3 from each other":  func(random *rand.Rand, n, d int) []float32 { return aroundKinds(random, n, d, 2, 1e-3) },
	"1e-5 from each other":  func(random *rand.Rand, n, d int) []float32 { return aroundKinds(random, n, d, 2, 1e-5) },
	"1e-7 from each other":  func(random *rand.Rand, n, d int) []float32 { return aroundKinds(random, n, d, 2, 1e-7) },
	"duplicates":            func(random *rand.Rand, n, d int) []float32 { return aroundKinds(random, n, d, 2, 0) },
	"one image again, zero": func(_ *rand.Rand, n, d int) []float32 { return make([]float32, n*d) },
}

// aroundKinds are tokens around as many others, by so much on either side.
func aroundKinds(random *rand.Rand, n, d, kinds int, spread float64) []float32 {
	kind := make([]float64, kinds*d)
	for k := range kind {
		kind[k] = random.NormFloat64()
	}
	raw := make([]float32, n*d)
	for k := range raw {
		raw[k] = float32(kind[k/d%kinds*d+k%d] + spread*random.NormFloat64())
	}
	return raw
}

// Numbers of images around tiles, panels and blocks, of channels around the runs. As few channels as
// one leave a token no direction but two.
func TestPatchDistancesAreTheDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 1))
	for _, size := range []struct{ rows, columns, d int }{
		{1, 1, 1}, {1, 2, 2}, {2, 1, 5}, {3, 4, 31}, {5, 15, 128}, {7, 17, 129}, {9, 48, 33},
		{11, 49, 384}, {97, 33, 64}, {13, 145, 768}, {1, 400, 37},
	} {
		shape := grid(1, 1, size.d, 0, 2)
		for name, draw := range kindsOfPatches {
			raw := draw(random, size.rows+size.columns, size.d)
			var tokens [][][][]float64
			for k := range size.rows + size.columns {
				tokens = append(tokens, defineTokens(shape, raw[k*size.d:][:size.d], nil))
			}
			eachLevel(t, func() {
				got := newPatchBatch(shape, raw, nil).distances(0, size.rows, size.rows, size.columns)
				for k, x := range got {
					i, j := k/size.columns, size.rows+k%size.columns
					want := defineDistances(shape, tokens[i], tokens[j])[0][0]
					// entries of a token are off by 2^-24 of their own, normalised ones by twice that
					if !within(x, want, 2e-7+1e-6*want) {
						t.Fatalf("%s, %v, %s: images %d and %d: %g, want %g", name, size, Level(), i, j,
							x, want)
					}
					if slices.Equal(raw[i*size.d:][:size.d], raw[j*size.d:][:size.d]) && x != 0 {
						t.Fatalf("%s, %v, %s: the same image again is %g away", name, size, Level(), x)
					}
				}
			})
		}
	}
}

// Against the centred tokens themselves, which are exact: within what is stated at worst.
func TestPatchDistancesKeepToTheirBound(t *testing.T) {
	const n, d = 60, 300
	random := rand.New(rand.NewPCG(8, 2))
	relative, _ := InnerProductError(d)
	for name, draw := range kindsOfPatches {
		raw := draw(random, n, d)
		eachLevel(t, func() {
			b := newPatchBatch(grid(1, 1, d, 0), raw, nil)
			tokens := tokensOf(b, d)
			products, _ := defineInnerProducts(tokens, tokens, d)
			for k, x := range b.distances(0, n, 0, n) {
				i, j := k/n, k%n
				sum := products[i*n+i] + products[j*n+j]
				want := 0.0
				for c := range d {
					difference := float64(tokens[i*d+c]) - float64(tokens[j*d+c])
					want += difference * difference
				}
				want = math.Sqrt(want)
				if bound := (relative + 0x1p-22) * sum / want; i != j && !within(x, want, bound) {
					t.Fatalf("%s, %s: images %d and %d: %g, want %g within %g", name, Level(), i, j, x,
						want, bound)
				}
			}
		})
	}
}

// tokensOf are the centred tokens [n,d], as they are packed.
func tokensOf(b patchBatch, d int) []float32 {
	packed, tokens := make([]float32, PackedPatchesLen(1, d)), make([]float32, 0, b.count*d)
	for k := range b.count {
		b.search.PackPatches(packed, b.images[k*b.stride:], 1, b.stride)
		for c := range d {
			tokens = append(tokens, packed[c*PackedLen(1, 1)])
		}
	}
	return tokens
}

// The same bits wherever a pair stands, whichever is the row, and however many others there are.
func TestAPatchDistanceDependsOnItsImagesOnly(t *testing.T) {
	const n, d = 131, 150
	random := rand.New(rand.NewPCG(8, 3))
	for name, draw := range kindsOfPatches {
		raw := draw(random, n, d)
		eachLevel(t, func() {
			b := newPatchBatch(grid(1, 1, d, 0), raw, nil)
			all := b.distances(0, n, 0, n)
			for i := range n {
				for j := range n {
					if all[i*n+j] != all[j*n+i] {
						t.Fatalf("%s, %s: %g from %d to %d, %g back", name, Level(), all[i*n+j], i, j,
							all[j*n+i])
					}
				}
			}
			for _, at := range [][2]int{{0, 1}, {7, 98}, {96, 48}, {100, 50}, {130, 129}} {
				one := b.distances(at[0], 1, at[1], 1)
				if want := all[at[0]*n+at[1]]; one[0] != want {
					t.Errorf("%s, %s: images %v: %g alone, %g among others", name, Level(), at, one[0],
						want)
				}
			}
		})
	}
}

// Images of which some take no part, and some are NaNs: those are infinitely far from all, these NaN.
func TestPatchDistancesOfImagesThatTakeNoPart(t *testing.T) {
	const n, d = 50, 40
	raw := aroundKinds(rand.New(rand.NewPCG(8, 4)), n, d, 3, 0.3)
	active := make([]bool, n)
	for k := range active {
		active[k] = k%4 != 1
	}
	raw[6*d+3] = float32(math.NaN())
	raw[47*d] = float32(math.Inf(1))
	eachLevel(t, func() {
		b := newPatchBatch(grid(1, 1, d, 0), raw, active)
		for k, x := range b.distances(0, n, 0, n) {
			i, j := k/n, k%n
			infinite := !active[i] || !active[j]
			nan := !infinite && (i == 6 || j == 6 || i == 47 || j == 47)
			if math.IsInf(float64(x), 1) != infinite || isNaN(x) != nan {
				t.Fatalf("%s: %g between images %d and %d", Level(), x, i, j)
			}
		}
	})
}

// A centre that is no number takes nothing away.
func TestPatchDistancesWithoutACentre(t *testing.T) {
	shape := grid(1, 1, 40, 0)
	raw := aroundKinds(rand.New(rand.NewPCG(8, 5)), 2, 40, 2, 0)
	centre := make([]float32, 40)
	eachLevel(t, func() {
		search, size := NewSearch(shape), shape.ImageLen()
		var got []string
		for _, x := range []float32{0, float32(math.NaN()), float32(math.Inf(-1))} {
			centre[7] = x
			images := make([]float32, 2*size)
			search.Prepare(images, raw, nil, centre)
			search.Prepare(images[size:], raw[40:], nil, centre)
			b := patchBatch{search, size, images, 2}
			got = append(got, fmt.Sprint(b.distances(0, 2, 0, 2)))
		}
		if got[1] != got[0] || got[2] != got[0] {
			t.Errorf("%s: %v", Level(), got)
		}
	})
}

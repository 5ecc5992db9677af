package cpu

import (
	"math"
	"math/rand/v2"
	"testing"
)

// group is how many words groups.h sums in 16 bits.
const group = 8

// eachGroupLevel runs a test once for every level of this machine that sums in 16 bits.
func eachGroupLevel(t *testing.T, test func()) {
	t.Helper()
	eachLevel(t, func() {
		if active == avx2int8 || active == avx512int8 {
			test()
		}
	})
}

// packedToken is what a prepared image holds of a patch: the signed bytes of its channels, filled up
// to words, and what the two lanes of each group begin at.
func packedToken(shape Shape, image []float32, patch int) (bytes []int, begins [][2]int16) {
	at := (len(shape.Radii)*shape.Patches()*shape.Channels + 15) / 16 * 16
	words := (shape.Channels + 3) / 4
	all := words + (words+group-1)/group
	for w := range all {
		bits := math.Float32bits(image[at+(patch/48*all+w)*48+patch%48]) ^ 0x80808080
		if w%(group+1) == 0 {
			begins = append(begins, [2]int16{int16(bits), int16(bits >> 16)})
			continue
		}
		for k := range 4 {
			bytes = append(bytes, int(int8(bits>>(8*k))))
		}
	}
	return bytes, begins
}

// mixed is mix of prepare.h of a token whose channels are 16 times a power of two, and unmixed undoes it.
func mixed(token []float64) []float64 { return hadamard(signed(token)) }

func unmixed(token []float64) []float64 { return signed(hadamard(token)) }

func signed(token []float64) []float64 {
	signs := make([]float64, len(token))
	for c, x := range token {
		signs[c] = x
		if uint32(c)*2654435761>>31 != 0 {
			signs[c] = -x
		}
	}
	return signs
}

func hadamard(token []float64) []float64 {
	runs := len(token) / 16
	sums := make([]float64, len(token))
	for c := range token {
		for r := range runs {
			sign := 1 / math.Sqrt(float64(runs))
			for bit := 1; bit < runs; bit *= 2 {
				if c/16&r&bit != 0 {
					sign = -sign
				}
			}
			sums[c] += sign * token[16*r+c%16]
		}
	}
	return sums
}

// loudest returns tokens [P,C] whose channels are all the same after mixing, but for signs by patch and
// image: all the integers would be 127, and every sum as large as can be, but for the scaling.
func loudest(shape Shape, sign func(patch int) float64) []float32 {
	flat := make([]float64, shape.Channels)
	for c := range flat {
		flat[c] = 1
	}
	var tokens []float32
	for p := range shape.Patches() {
		for _, x := range unmixed(flat) {
			tokens = append(tokens, float32(sign(p)*x))
		}
	}
	return tokens
}

func TestLoudestTokensOverflowWithoutScaling(t *testing.T) {
	shape := grid(1, 2, 64, 0)
	token := make([]float64, shape.Channels)
	for c, x := range loudest(shape, func(int) float64 { return 1 })[:shape.Channels] {
		token[c] = float64(x)
	}
	greatest, lane := 0.0, 0.0
	for _, x := range mixed(token) {
		greatest = max(greatest, math.Abs(x))
	}
	for _, x := range mixed(token)[:2*group] { // as many channels as a lane sums
		lane += math.Pow(math.Round(x/greatest*127), 2)
	}
	if pair := 2 * 127 * 255.0; pair <= math.MaxInt16 || lane <= math.MaxInt16 {
		t.Errorf("a pair of %g and a lane of %g would do no harm", pair, lane)
	}
}

// The bounds of groups.h, of tokens of all kinds.
func TestGroupsStayWithinTheirBounds(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 1))
	kinds := map[string]func(shape Shape, k int) float64{
		"noise":             func(Shape, int) float64 { return random.NormFloat64() },
		"signs":             func(Shape, int) float64 { return float64(2*random.IntN(2) - 1) },
		"one sign":          func(Shape, int) float64 { return 1 + random.Float64() },
		"one loud channel":  func(s Shape, k int) float64 { return 1e4*float64((k%s.Channels)/31%2) + random.Float64() },
		"one channel":       func(s Shape, k int) float64 { return float64(1/(1+k%s.Channels)) * random.NormFloat64() },
		"a loud pair":       func(s Shape, k int) float64 { return math.Pow(900, float64(1/(1+k%s.Channels/2))) },
		"equal patches":     func(s Shape, k int) float64 { return float64(k % s.Channels) },
		"extremes":          func(Shape, int) float64 { return math.Pow(10, 30*random.Float64()-15) },
		"tiny":              func(Shape, int) float64 { return 1e-38 * random.NormFloat64() },
		"huge":              func(Shape, int) float64 { return 1e30 * random.NormFloat64() },
		"nothing":           func(Shape, int) float64 { return 0 },
		"not a number, too": func(_ Shape, k int) float64 { return math.Log(float64(k%50) - 1) },
	}
	for _, shape := range []Shape{
		grid(2, 3, 32, 0), grid(1, 50, 33, 0, 1), grid(7, 7, 64, 0), grid(2, 2, 67, 0), grid(3, 5, 384, 0, 1),
	} {
		for name, kind := range kinds {
			tokens := make([]float32, shape.Patches()*shape.Channels)
			for k := range tokens {
				tokens[k] = float32(kind(shape, k))
			}
			eachGroupLevel(t, func() { checkBounds(t, name, shape, tokens) })
		}
	}
	shape := grid(2, 3, 64, 0)
	tokens := loudest(shape, func(p int) float64 { return float64(p) - 2.5 })
	eachGroupLevel(t, func() { checkBounds(t, "the loudest", shape, tokens) })
}

func checkBounds(t *testing.T, name string, shape Shape, tokens []float32) {
	t.Helper()
	image := make([]float32, shape.ImageLen())
	NewSearch(shape).Prepare(image, tokens, nil, make([]float32, shape.Channels))
	for p := range shape.Patches() {
		bytes, begins := packedToken(shape, image, p)
		squares, sums := make([][2]int, len(begins)), make([][2]int, len(begins))
		for c := 0; c < len(bytes); c += 2 {
			x, y := bytes[c], bytes[c+1]
			if size := max(x, -x) + max(y, -y); size > 128 {
				t.Fatalf("%s, %v, %s: patch %d: the pair of channel %d is %d", name, shape, Level(), p, c, size)
			}
			squares[c/4/group][c/2%2] += x*x + y*y
			sums[c/4/group][c/2%2] += x + y
		}
		for g := range begins {
			for lane := range 2 {
				if begins[g][lane] != int16(-128*sums[g][lane]) {
					t.Fatalf("%s, %v, %s: patch %d: lane %d of group %d begins at %d, its sum is %d", name, shape,
						Level(), p, lane, g, begins[g][lane], sums[g][lane])
				}
				if squares[g][lane] > math.MaxInt16 {
					t.Fatalf("%s, %v, %s: patch %d: lane %d of group %d has squares of %d", name, shape, Level(), p,
						lane, g, squares[g][lane])
				}
			}
		}
	}
}

// Products as large as lanes can hold, of both signs.
func TestLoudestTokensAreTheDefinition(t *testing.T) {
	for _, channels := range []int{32, 64, 512, 1024} {
		shape := grid(3, 4, channels, 0)
		random := rand.New(rand.NewPCG(9, uint64(channels)))
		a, b := loudest(shape, func(p int) float64 { return float64(p%2*2 - 1) }),
			loudest(shape, func(p int) float64 { return float64(p%3 - 1) })
		for k := range a { // else all that are not opposite coincide
			a[k] += float32(0.01 * random.NormFloat64())
			b[k] += float32(0.01 * random.NormFloat64())
		}
		check(t, "the loudest", shape, a, b, tolerance, tolerance)
	}
}

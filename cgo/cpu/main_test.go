package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// printLevel makes the test binary print its level and stop: level_test.go starts it that way.
const printLevel = "MUSC_CPU_TEST_PRINT_LEVEL"

func TestMain(m *testing.M) {
	if os.Getenv(printLevel) != "" {
		fmt.Println(Level(), LevelError() != nil)
		return
	}
	os.Exit(m.Run())
}

// eachLevel runs a test once for every level of this machine.
func eachLevel(t testing.TB, test func()) {
	t.Helper()
	before := active
	defer func() { active = before }()
	for _, active = range supported() {
		test()
	}
}

// grid is a shape without a bound.
func grid(height, width, channels int, radii ...int) Shape {
	return Shape{Height: height, Width: width, Channels: channels, Radii: radii}
}

// lookAlikes returns raw tokens [P,C] of two images that share a layout, as photos of one product
// do: what a patch of one has at a place, the other has near it.
func lookAlikes(seed uint64, shape Shape) (a, b []float32) {
	random := rand.New(rand.NewPCG(seed, uint64(shape.Patches()*shape.Channels)))
	common := make([]float64, shape.Patches()*shape.Channels)
	for k := range common {
		common[k] = random.NormFloat64() + float64(k%shape.Channels%7)
	}
	image := func(shift int) []float32 {
		tokens := make([]float32, len(common))
		for k := range tokens {
			same := common[(k+shift*shape.Channels)%len(common)]
			tokens[k] = float32(same + 0.3*random.NormFloat64())
		}
		return tokens
	}
	return image(0), image(1)
}

// compare returns what Distances says of two images of raw tokens, centred at their common mean.
func compare(shape Shape, a, b []float32) (rows, columns []float32) {
	return compareActive(shape, a, b, nil, nil)
}

// compareActive is compare of images of which some patches take no part: their tokens are NaNs, and
// so is all that a Search finds in its memory.
func compareActive(shape Shape, a, b []float32, activeA, activeB []bool) (rows, columns []float32) {
	return compareBy(faster, shape, a, b, activeA, activeB)
}

// Ways of a limited search: see musc_shape in kernel.h.
const (
	byProducts = -1
	faster     = 0
	byHand     = 1
)

// compareBy is compareActive in one of the ways that there are.
func compareBy(way int64, shape Shape, a, b []float32, activeA, activeB []bool) (
	rows, columns []float32) {

	search := NewSearch(shape)
	switch way { // a constant is of any type, C's too
	case byProducts:
		search.shape.direct = byProducts
	case byHand:
		search.shape.direct = byHand
	}
	if activeA != nil || activeB != nil || shape.Near > 0 {
		for k := range search.scratch {
			search.scratch[k] = float32(math.NaN())
		}
	}
	preparedA, preparedB := make([]float32, shape.ImageLen()), make([]float32, shape.ImageLen())
	centre := centreOf(shape, a, b)
	search.Prepare(preparedA, poison(shape, a, activeA), activeA, centre)
	search.Prepare(preparedB, poison(shape, b, activeB), activeB, centre)
	rows = make([]float32, len(shape.Radii)*shape.Patches())
	columns = make([]float32, len(rows))
	search.Distances(rows, columns, preparedA, preparedB)
	return rows, columns
}

// poison returns the tokens with NaNs for those of patches that take no part.
func poison(shape Shape, tokens []float32, active []bool) []float32 {
	tokens = slices.Clone(tokens)
	for k := range tokens {
		if !takesPart(active, k/shape.Channels) {
			tokens[k] = float32(math.NaN())
		}
	}
	return tokens
}

// centreOf is the mean token of the images after their normalisation.
func centreOf(shape Shape, images ...[]float32) []float32 {
	centre := make([]float32, shape.Channels)
	for _, image := range images {
		sum, squares := 0.0, 0.0
		for _, x := range image {
			sum += float64(x)
			squares += float64(x) * float64(x)
		}
		n := float64(len(image))
		scale := 1 / math.Sqrt(squares/n-sum*sum/n/n+epsilon)
		for k, x := range image {
			centre[k%shape.Channels] += float32((float64(x) - sum/n) * scale /
				float64(shape.Patches()*len(images)))
		}
	}
	return centre
}

// tolerance is how far a distance may be from the definition: tokens are float32, and so is the
// difference of two that nearly coincide.
const tolerance = 2e-6

// within tells whether a distance is right: what is infinite must be so exactly.
func within(got float32, want, tolerance float64) bool {
	return float64(got) == want || math.Abs(float64(got)-want) <= tolerance
}

// check compares both directions of two images with the definition, at every level. Those that
// search in few digits may miss the nearest: what they find is then the distance to another patch, exact
// all the same, and at most rounded greater.
func check(t testing.TB, name string, shape Shape, a, b []float32, exact, rounded float64) {
	t.Helper()
	checkActive(t, name, shape, a, b, nil, nil, exact, rounded)
}

// checkActive is check of images of which some patches take no part.
func checkActive(t testing.TB, name string, shape Shape, a, b []float32, activeA, activeB []bool,
	exact, rounded float64) {

	t.Helper()
	tokensA, tokensB := defineTokens(shape, a, activeA), defineTokens(shape, b, activeB)
	wantRows := defineDistances(shape, tokensA, tokensB)
	wantColumns := defineDistances(shape, tokensB, tokensA)
	ways := []int64{byProducts, byHand}
	if activeA == nil && activeB == nil && shape.Near == 0 {
		ways = []int64{faster} // the only one
	}
	eachLevel(t, func() {
		missed := 0.0
		if active != portable && active != avx2 && active != avx512 {
			missed = rounded
		}
		for _, way := range ways {
			rows, columns := compareBy(way, shape, a, b, activeA, activeB)
			if !agrees(t, fmt.Sprint(name, " ", way, " rows"), shape, rows, wantRows, exact, missed,
				tokensA, tokensB) || !agrees(t, fmt.Sprint(name, " ", way, " columns"), shape, columns,
				wantColumns, exact, missed, tokensB, tokensA) {
				return
			}
		}
	})
}

// agrees tells whether distances [R,P] of the patches of a to those of b are those of the definition, or
// the distance to a patch that is farther than the nearest by no more than missed.
func agrees(t testing.TB, name string, shape Shape, got []float32, want [][]float64,
	exact, missed float64, a, b [][][]float64) bool {

	t.Helper()
	for k, x := range got {
		r, p := k/shape.Patches(), k%shape.Patches()
		if within(x, want[r][p], exact) || float64(x) > want[r][p] && float64(x)-want[r][p] <= missed &&
			slices.ContainsFunc(b[r], func(y []float64) bool {
				return y != nil && within(x, distance(a[r][p], y), exact)
			}) {
			continue
		}
		t.Errorf("%s: %v, %s: patch %d, radius %d: %g, want %g", name, shape, Level(), p,
			shape.Radii[r], x, want[r][p])
		return false
	}
	return true
}

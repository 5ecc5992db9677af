package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
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
func eachLevel(t *testing.T, test func(t *testing.T)) {
	before := active
	defer func() { active = before }()
	for _, l := range supported() {
		active = l
		t.Run(l.String(), test)
	}
}

// randomFeatures returns L2-normalised features [patches,channels], the same ones for a seed.
func randomFeatures(seed uint64, patches, channels int) []float32 {
	random := rand.New(rand.NewPCG(seed, 48))
	features := make([]float32, patches*channels)
	for p := range patches {
		row, sum := features[p*channels:(p+1)*channels], 0.0
		for c := range row {
			row[c] = float32(random.NormFloat64())
			sum += float64(row[c]) * float64(row[c])
		}
		for c := range row {
			row[c] /= float32(math.Sqrt(sum))
		}
	}
	return features
}

func packed(features []float32, channels int) []float32 {
	patches := len(features) / channels
	dst := make([]float32, PackedLen(patches, channels))
	Pack(dst, features, patches, channels)
	return dst
}

// nearest returns both directions of unpacked images a and b.
func nearest(a, b []float32, channels int) (rowNearest, colNearest []int32) {
	patchesA, patchesB := len(a)/channels, len(b)/channels
	rowNearest, colNearest = make([]int32, patchesA), make([]int32, patchesB)
	MutualNearest(rowNearest, colNearest, packed(a, channels), packed(b, channels),
		patchesA, patchesB, channels)
	return rowNearest, colNearest
}

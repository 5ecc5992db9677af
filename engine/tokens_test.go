package engine

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/mutual"
	"musc/engine/npy"
	"musc/engine/npy/npytest"
)

// The scores do not depend on the size of the tokens' values, at any that floats can hold, and not
// on the scorer: tokens of 1e-25 and subnormal ones underflowed in products.
func TestScoresDoNotDependOnTheTokensScale(t *testing.T) {
	fixture := "../testdata/fixtures/tiny"
	plain, shape := npytest.Load(t, filepath.Join(fixture, "stage0.npy"))
	score := func(path string, scorer mutual.Scorer) []float64 {
		t.Helper()
		scores, images, err := ScoreTokens(t.Context(), TokenConfig{Stages: []string{path}, Height: 4,
			Width: 4, Scoring: Defaults(), Scorer: scorer}, Silent{})
		if err != nil || images != shape[0] {
			t.Fatalf("%s: %d images, %v", path, images, err)
		}
		return scores
	}
	want := score(filepath.Join(fixture, "stage0.npy"), mutual.Definition{})
	for _, c := range []struct {
		power     int
		double    bool
		tolerance float64
	}{
		{0, false, 1e-6}, {-40, false, 1e-6}, {-83, false, 1e-6}, {-120, false, 1e-6},
		{40, false, 1e-6}, {120, false, 1e-6},
		{-138, false, 0.02}, // subnormal: about ten bits are left of each value
		{-200, true, 1e-6}, {300, true, 1e-6},
	} {
		values := make([]float64, len(plain))
		for k, value := range plain {
			values[k] = math.Ldexp(value, c.power)
		}
		path := filepath.Join(t.TempDir(), "stage.npy")
		err := npy.WriteFloat64(path, shape, values)
		if !c.double {
			narrow := make([]float32, len(values))
			for k, value := range values {
				narrow[k] = float32(value)
			}
			err = npy.Write(path, shape, narrow)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, scorer := range []mutual.Scorer{mutual.CPU{}, mutual.Definition{}} {
			for k, got := range score(path, scorer) {
				if !(math.Abs(got-want[k]) <= c.tolerance) {
					t.Errorf("%s, times 2^%d: score %d is %v, want %v", scorer.Name(), c.power, k, got,
						want[k])
					break
				}
			}
		}
	}
}

func TestTokensThatCannotBeScored(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for want, spoil := range map[string]func(tokens []float32){
		"image 1, patch 2, channel 3": func(tokens []float32) {
			tokens[(1*4+2)*6+3] = float32(math.NaN())
		},
		"patch 2 of image 1, stage 0, is ": func(tokens []float32) {
			for k := range 6 {
				tokens[(1*4+2)*6+k] *= 1e-25
			}
		},
	} {
		tokens := make([]float32, 3*4*6)
		for k := range tokens { // of mean zero in every patch
			tokens[k] = float32(random.NormFloat64())
			if k%2 == 1 {
				tokens[k] = -tokens[k-1]
			}
		}
		spoil(tokens)
		path := filepath.Join(t.TempDir(), "stage.npy")
		if err := npy.Write(path, []int{3, 4, 6}, tokens); err != nil {
			t.Fatal(err)
		}
		_, _, err := ScoreTokens(t.Context(), TokenConfig{Stages: []string{path}, Height: 2, Width: 2,
			Scoring: Defaults(), Scorer: mutual.CPU{}}, Silent{})
		if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), want) ||
			!strings.Contains(fmt.Sprint(err), path) {
			t.Errorf("%s: %v", want, err)
		}
		if strings.Contains(want, "stage 0") && !errors.As(err, new(*features.Faint)) {
			t.Errorf("%v is not told apart", err)
		}
	}
}

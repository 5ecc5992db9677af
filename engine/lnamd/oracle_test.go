package lnamd

import (
	"fmt"
	"path/filepath"
	"testing"

	"musc/engine/npy/npytest"
)

// The oracle's aggregated tokens are [N,P,C] of stage 0, where a case has them.
func TestDefinitionGivesTheOraclesTokens(t *testing.T) {
	for _, c := range []struct {
		name          string
		height, width int
		degrees       []int
	}{
		{"tiny", 4, 4, []int{1, 3, 5}},
		{"rectangle", 5, 11, []int{1, 3, 5}},
		{"duplicates", 6, 6, []int{1, 3, 5}},
		{"interval_inner", 4, 4, []int{1, 3, 5}},
		{"one_patch", 1, 1, []int{1}},
	} {
		folder := filepath.Join("../../testdata/fixtures", c.name)
		raw, shape := npytest.Load(t, filepath.Join(folder, "stage0.npy"))
		channels := shape[2]
		size := c.height * c.width * channels
		for _, degree := range c.degrees {
			want := npytest.Values(t, filepath.Join(folder, fmt.Sprint("aggregated", degree, ".npy")))
			got := make([]float64, len(raw))
			for at := 0; at < len(raw); at += size {
				wide := make([]float64, size)
				NormaliseDefinition(wide, raw[at:at+size])
				AggregateDefinition(got[at:], wide, c.height, c.width, channels, degree)
			}
			for k := range want {
				if d := got[k] - want[k]; !(d < 1e-13 && d > -1e-13) {
					t.Fatalf("%s, degree %d: off by %g at %d", c.name, degree, d, k)
				}
			}
		}
	}
}

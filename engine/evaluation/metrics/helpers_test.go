package metrics

import (
	"slices"
	"testing"

	"musc/engine/npy/npytest"
)

const fixtures = "../../../testdata/fixtures"

// loadBools reads an array of bytes or truth values.
func loadBools(t *testing.T, path string) []bool {
	t.Helper()
	content := npytest.Bytes(t, path)
	values := make([]bool, len(content))
	for i, value := range content {
		values[i] = value != 0
	}
	return values
}

// ranksOf replaces each value by the number of smaller distinct ones.
func ranksOf(values []float64) []float32 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	ranks := make([]float32, len(values))
	for i, value := range values {
		rank, _ := slices.BinarySearch(sorted, value)
		ranks[i] = float32(rank)
	}
	return ranks
}

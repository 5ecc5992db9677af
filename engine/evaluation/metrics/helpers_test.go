package metrics

import (
	"os"
	"slices"
	"testing"

	"musc/engine/npy"
)

const fixtures = "../../../testdata/fixtures"

// loadFloats reads a float64 array, loadBools one of bytes, whose values end the file.
func loadFloats(t *testing.T, path string) []float64 {
	t.Helper()
	values, _, err := npy.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func loadBools(t *testing.T, path string, count int) []bool {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]bool, count)
	for i, value := range content[len(content)-count:] {
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

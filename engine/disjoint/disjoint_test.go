package disjoint

import (
	"math/rand/v2"
	"testing"
)

// The sets are those of relabelling all members at each union.
func TestSetsAreThoseOfTheSlowWay(t *testing.T) {
	for seed := range uint64(50) {
		draw := rand.New(rand.NewPCG(seed, 1))
		n := 1 + draw.IntN(40)
		sets, slow := New(n), New(n)
		for range draw.IntN(2 * n) {
			a, b := draw.IntN(n), draw.IntN(n)
			sets.Unite(a, b)
			from, to := max(slow[a], slow[b]), min(slow[a], slow[b])
			for k := range slow {
				if slow[k] == from {
					slow[k] = to
				}
			}
		}
		for k := range n {
			if sets.Find(k) != slow[k] {
				t.Fatalf("seed %d: %d is of the set of %d, not of %d", seed, k, sets.Find(k), slow[k])
			}
		}
	}
}

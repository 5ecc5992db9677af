package dataset

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"musc/engine/fault"
)

// DealSubsets deals the images [N] into s subsets by a seeded shuffle of their names, without a
// look at any label. Sizes differ by one at most and are two at least; each subset lists indices
// into names in ascending order. The deal depends on the set of names and the seed alone, not on
// the order of names: the shuffle is that of math/rand/v2 with a PCG seeded by (seed, 0).
//
// One image (fault.Input) and more subsets than pairs of images (fault.Usage) are errors.
func DealSubsets(names []string, s int, seed int64) ([][]int, error) {
	n := len(names)
	switch {
	case n < 2:
		return nil, fault.New(fault.Input, "%d image cannot be scored in subsets: the images of a "+
			"subset are compared with each other; give two or more", n)
	case s < 1 || s > n/2:
		return nil, fault.New(fault.Usage, "%d images cannot be dealt into %d subsets of two or more; "+
			"choose --subsets from 1 to %d", n, s, n/2)
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(names[a], names[b]) })
	shuffle := rand.New(rand.NewPCG(uint64(seed), 0))
	shuffle.Shuffle(n, func(a, b int) { order[a], order[b] = order[b], order[a] })
	subsets := make([][]int, s)
	for k, image := range order {
		subsets[k%s] = append(subsets[k%s], image)
	}
	for _, members := range subsets {
		slices.Sort(members)
	}
	return subsets, nil
}

package dataset

import (
	"cmp"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"

	"musc/engine/fault"
)

// dealStream is the second half of the generator's state, so that seeds 0, 1, 2, ... differ.
const dealStream = 0x6d757363 // "musc"

// DealSubsets deals the images into s subsets that are scored apart from each other (the subset
// splitting of the paper): a shuffle of the sorted names, dealt like cards. Subset i holds
// positions in names, ascending; sizes differ by at most one.
//
// The shuffle is Fisher-Yates from the last card down, each position floor(r*(i+1) / 2^64) with r
// from PCG-DXSM (math/rand/v2) seeded with (seed, 0x6d757363): the same subsets for the same set
// of names and seed, in whatever order the names come, on every machine.
//
// One image is an error of kind fault.Input, since nobody could score it; more subsets than give
// each two images is one of kind fault.Usage.
func DealSubsets(names []string, s int, seed int64) ([][]int, error) {
	n := len(names)
	if err := checkSubsets(n, s); err != nil {
		return nil, err
	}
	cards := identity(n)
	slices.SortStableFunc(cards, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	source := rand.NewPCG(uint64(seed), dealStream)
	for i := n - 1; i > 0; i-- {
		j, _ := bits.Mul64(source.Uint64(), uint64(i+1))
		cards[i], cards[j] = cards[j], cards[i]
	}
	return dealt(cards, s), nil
}

// DealSubsetsByLabel deals each label evenly over s subsets, as the published evaluation does: the
// images, sorted by label and name, are dealt like cards, so that two subsets differ by at most one
// image of a label, and by at most one in all. It looks at the labels: a measured table may be made
// with it, an unlabeled batch cannot. Subsets and errors are those of DealSubsets.
func DealSubsetsByLabel(names, labels []string, s int) ([][]int, error) {
	if err := checkSubsets(len(names), s); err != nil {
		return nil, err
	}
	cards := identity(len(names))
	slices.SortStableFunc(cards, func(a, b int) int {
		return cmp.Or(strings.Compare(labels[a], labels[b]), strings.Compare(names[a], names[b]))
	})
	return dealt(cards, s), nil
}

// SubsetsOfSize is into how many subsets n images are dealt so that none has more than size of them:
//
//	ceil(n / size)
//
// Errors are those of DealSubsets: a size below 2 leaves an image without another to score it, and
// so does 2 where n is odd.
func SubsetsOfSize(n, size int) (int, error) {
	if err := checkSubsets(n, 1); err != nil {
		return 0, err
	}
	if size < 2 || size == 2 && n%2 == 1 {
		return 0, fault.New(fault.Usage, "cannot deal %d images into subsets of at most %d: each needs "+
			"at least 2 images; choose --subset-size %d or more", n, size, 2+n%2)
	}
	return (n-1)/size + 1, nil
}

func checkSubsets(n, s int) error {
	if n < 2 {
		return fault.New(fault.Input, "cannot score %d image: images score each other, at least 2 "+
			"of the same product are needed; add images", n)
	}
	if s < 1 || s > n/2 {
		return fault.New(fault.Usage, "cannot deal %d images into %d subsets: each needs at least "+
			"2 images; choose --subsets from 1 to %d", n, s, n/2)
	}
	return nil
}

func identity(n int) []int {
	cards := make([]int, n)
	for i := range cards {
		cards[i] = i
	}
	return cards
}

// dealt gives card after card to one subset after the other.
func dealt(cards []int, s int) [][]int {
	subsets := make([][]int, s)
	for i, card := range cards {
		subsets[i%s] = append(subsets[i%s], card)
	}
	for _, subset := range subsets {
		slices.Sort(subset)
	}
	return subsets
}

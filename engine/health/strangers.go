package health

import "slices"

// The constants of strangers.
const (
	strangersTogether = 3    // photos of one other thing
	fewestPhotos      = 8    // in a batch, to say what is strange in it
	strangeBeyond     = 0.24 // left of a class token of length 1
	strangeTimes      = 3.5  // what is left of four photos in five
)

// strangers finds photos of something else: they get the highest scores of all, and stand in the way
// of those with defects.
//
// Up to 3 photos of one other thing explain each other. So each photo is looked at without its closest
// group: the largest branch of the tree of average linkage that holds it and has at most 3 photos.
// It is strange if the span of all others leaves of its class token (span)
//
//	u > 0.24   and   u > 3.5 times the 80th percentile of all u
func strangers(c *compared) *Finding {
	n := c.n()
	if n < fewestPhotos {
		return nil
	}
	p := c.spanOf(upTo(n))
	if !p.sound {
		return nil
	}
	left := p.leftWithout(branches(linkage(slices.Clone(c.distance), n), n, strangersTogether))
	sorted := slices.Sorted(slices.Values(left))
	usual := sorted[4*(n-1)/5]
	var strange []int
	for i, u := range left {
		if u > strangeBeyond && u > strangeTimes*usual {
			strange = append(strange, c.photos[i])
		}
	}
	if len(strange) == 0 {
		return nil
	}
	verb := "seem"
	if len(strange) == 1 {
		verb = "seems"
	}
	found := warn(Strangers, [][]int{strange}, "%s %s to show something else than the others%s: %s; "+
		"leave out what is not this product", count(len(strange), "photo"), verb, c.sampled(),
		c.batch.names(strange))
	return &found
}

// branches are the largest branches of a tree over n photos that have at most so many.
func branches(tree []node, n, most int) (groups [][]int) {
	stack := []int{len(tree) - 1}
	for len(stack) > 0 {
		k := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if tree[k].size <= most {
			groups = append(groups, leaves(tree, k))
			continue
		}
		stack = append(stack, tree[k].left, tree[k].right)
	}
	return groups
}

// upTo are the numbers below n.
func upTo(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}

package health

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// The constants of mixture.
const (
	productShare   = 0.10 // of the photos: what is fewer is no product, but strangers
	productAtLeast = 6    // photos
	strayShare     = 0.15 // of the photos that may lie beside the products
	silhouetteOf   = 0.3  // Rousseeuw's, of each product
	productsDiffer = 0.13 // left of a class token of length 1, of each product by the other
)

// mixture finds that a batch shows several products, as clusters of class tokens. Photos of the
// smaller product are then compared with few of their own, and look defective all together.
//
// The tree of average linkage is followed from its root; branches of less than 6 photos, or of less
// than a tenth of them, are set aside. Where it first parts into two larger branches, these are two
// products if
//
//   - at most 15 % of the photos were set aside,
//   - each has a silhouette (Rousseeuw, J. Comput. Appl. Math. 20, 1987) of at least 0.3: the mean over
//     its photos of (b - a) / max(a, b), with a the mean distance to its own others and b that to
//     the other branch,
//   - the span of each leaves at least 0.13 of the class tokens of the other, in the median (span).
//
// Each product is then parted in the same way. It takes the last condition to tell two products from
// one in two lights, or from good and broken ones: these differ in directions that each has by itself.
func mixture(c *compared) *Finding {
	n := c.n()
	least := max(productAtLeast, int(math.Ceil(productShare*float64(n))))
	if n < 2*least {
		return nil
	}
	tree := linkage(slices.Clone(c.distance), n)
	products := c.part(tree, len(tree)-1, least)
	if len(products) < 2 {
		return nil
	}
	slices.SortStableFunc(products, func(a, b []int) int { return len(b) - len(a) })
	var sizes []string
	for _, product := range products {
		for k, i := range product {
			product[k] = c.photos[i]
		}
		sizes = append(sizes, fmt.Sprint(len(product)))
	}
	last := len(sizes) - 1
	found := warn(Mixture, products, "the photos seem to show %d products, in %s and %s photos%s: %s; "+
		"score each product by itself", len(products), strings.Join(sizes[:last], ", "), sizes[last],
		c.sampled(), c.batch.groups(products))
	return &found
}

// part are the products below a node, as numbers among the compared: one if it is not a mixture.
func (c *compared) part(tree []node, root, least int) (products [][]int) {
	at := root
	for tree[at].left >= 0 {
		left, right := tree[at].left, tree[at].right
		if tree[left].size < tree[right].size {
			left, right = right, left
		}
		if tree[right].size < least {
			at = left
			continue
		}
		stray := tree[root].size - tree[at].size
		a, b := leaves(tree, left), leaves(tree, right)
		if float64(stray) > strayShare*float64(tree[root].size) ||
			min(c.silhouette(a, b), c.silhouette(b, a)) < silhouetteOf ||
			min(c.unexplained(a, b), c.unexplained(b, a)) < productsDiffer {
			break
		}
		return append(c.part(tree, left, least), c.part(tree, right, least)...)
	}
	return [][]int{leaves(tree, root)}
}

// unexplained is what the span of some photos leaves of others, in the median.
func (c *compared) unexplained(by, others []int) float64 {
	p := c.spanOf(by)
	if !p.sound {
		return 0
	}
	return median(p.left(others))
}

// silhouette is that of the photos of one group beside another.
func (c *compared) silhouette(own, other []int) float64 {
	sum := 0.0
	for _, i := range own {
		a := c.sum(i, own) / float64(max(1, len(own)-1))
		b := c.sum(i, other) / float64(len(other))
		if longer := max(a, b); longer > 0 {
			sum += (b - a) / longer
		}
	}
	return sum / float64(len(own))
}

// sum is that of the distances from a photo to others.
func (c *compared) sum(i int, others []int) (sum float64) {
	distances := c.of(i)
	for _, j := range others {
		sum += float64(distances[j])
	}
	return sum
}

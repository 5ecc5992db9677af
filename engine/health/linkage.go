package health

import "slices"

// node is a group of photos in the tree of average linkage: a leaf, or the union of two.
type node struct {
	left, right int // nodes; -1 of a leaf
	size        int
	height      float64 // mean distance between the photos of left and those of right
}

// linkage is the tree of average linkage over distances, [n,n] and symmetric: again and again the two
// groups with the smallest mean distance between their photos become one. The first n nodes are the
// photos, the last is the root. It takes O(n^2) time by chains of nearest neighbours, which merge the
// same groups in another order; distance is overwritten.
func linkage(distance []float32, n int) []node {
	tree := make([]node, n, max(0, 2*n-1))
	at := make([]int, n) // which node a row stands for; -1: none any more
	for i := range tree {
		tree[i], at[i] = node{left: -1, right: -1, size: 1}, i
	}
	for first := 0; len(tree) < 2*n-1; {
		for at[first] < 0 {
			first++
		}
		// Each step goes to a nearer neighbour than the one before, so that the chain ends.
		i, before := first, -1
		for {
			nearest := before
			for j := range n {
				if j != i && at[j] >= 0 && (nearest < 0 || distance[i*n+j] < distance[i*n+nearest]) {
					nearest = j
				}
			}
			if nearest == before {
				break
			}
			i, before = nearest, i
		}
		a, b := tree[at[i]], tree[at[before]]
		tree = append(tree, node{left: at[i], right: at[before], size: a.size + b.size,
			height: float64(distance[i*n+before])})
		at[i], at[before] = -1, len(tree)-1
		for j := range n {
			if at[j] >= 0 && j != before {
				mean := (float32(a.size)*distance[i*n+j] + float32(b.size)*distance[before*n+j]) /
					float32(a.size+b.size)
				distance[before*n+j], distance[j*n+before] = mean, mean
			}
		}
	}
	return tree
}

// leaves are the photos of a node, ascending.
func leaves(tree []node, root int) (photos []int) {
	stack := []int{root}
	for len(stack) > 0 {
		k := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if tree[k].left < 0 {
			photos = append(photos, k)
			continue
		}
		stack = append(stack, tree[k].left, tree[k].right)
	}
	slices.Sort(photos)
	return photos
}

package health

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// points are distances between random points of a plane, [n,n].
func points(random *rand.Rand, n int) []float32 {
	x := make([]float64, 2*n)
	for i := range x {
		x[i] = random.Float64()
	}
	distance := make([]float32, n*n)
	for i := range n {
		for j := range i {
			d := float32(math.Hypot(x[2*i]-x[2*j], x[2*i+1]-x[2*j+1]))
			distance[i*n+j], distance[j*n+i] = d, d
		}
	}
	return distance
}

// naive is average linkage as it is defined: the groups that it makes, with their heights.
func naive(distance []float32, n int) (groups [][]int, heights []float64) {
	alive := make([][]int, n)
	for i := range alive {
		alive[i] = []int{i}
	}
	for len(alive) > 1 {
		best, a, b := math.Inf(1), 0, 0
		for i := range alive {
			for j := range i {
				sum := 0.0
				for _, p := range alive[i] {
					for _, q := range alive[j] {
						sum += float64(distance[p*n+q])
					}
				}
				if mean := sum / float64(len(alive[i])*len(alive[j])); mean < best {
					best, a, b = mean, i, j
				}
			}
		}
		union := slices.Sorted(slices.Values(slices.Concat(alive[a], alive[b])))
		groups, heights = append(groups, union), append(heights, best)
		alive[b] = union
		alive = slices.Delete(alive, a, a+1)
	}
	return groups, heights
}

func TestLinkageIsThatOfTheDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{1, 2, 3, 4, 5, 8, 13, 31, 64} {
		distance := points(random, n)
		groups, heights := naive(distance, n)
		tree := linkage(slices.Clone(distance), n)
		if len(tree) != 2*n-1 {
			t.Fatalf("%d photos: %d nodes", n, len(tree))
		}
		for k := n; k < len(tree); k++ {
			found := leaves(tree, k)
			at := slices.IndexFunc(groups, func(g []int) bool { return slices.Equal(g, found) })
			if at < 0 || tree[k].size != len(found) || math.Abs(tree[k].height-heights[at]) > 1e-5 {
				t.Errorf("%d photos: a group %v at %v", n, found, tree[k].height)
			}
		}
	}
	if tree := linkage(nil, 0); len(tree) != 0 {
		t.Errorf("no photos: %v", tree)
	}
	if tree := linkage(make([]float32, 100), 10); len(tree) != 19 || tree[18].size != 10 {
		t.Errorf("equal photos: %v", tree)
	}
}

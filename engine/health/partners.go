package health

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// The constants of Partners.
const (
	lateTenths  = 6    // of a patch's sorted distances, in tenths: where it is late
	topPatches  = 0.01 // of the patches: the part of a photo that a shared defect covers
	pairsBeyond = 3.0  // standard deviations of the pairs' weights, beyond which a pair is an edge
	commonOf    = 0.5  // of an edge's other ends: how many both ends must have in common
)

// Partners finds images that share a defect. m is [N,P,N]: m[(i*P+p)*N+j] is the distance of patch p of
// image i to the closest patch of image j, a mean over stages and degrees; the distances of an image
// to itself are not looked at. partners[i] are the images that share a defect with i, ascending; most
// have none.
//
// A patch of a defect is far from most images and close to those with the same defect. With late(i,p)
// the distance at index floor(0.6 (N-1)) of the sorted m[i,p,:],
//
//	G(i,p,j) = late(i,p) - m(i,p,j)
//	w(i,j)   = mean of the t largest G(i,.,j) over p - median of G(i,.,j) over p,  t = max(1, 0.01 P)
//	W(i,j)   = min(w(i,j), w(j,i))
//
// i and j are joined if W(i,j) > median + 3 * 1.4826 MAD of all W. Look-alike pairs are joined by
// chance, groups are not: with K the smaller degree of its ends, an edge stays if K >= 2 and its ends
// have max(1, (K-1)/2) neighbours in common.
//
// A patch that is at 0 from all others tells nothing: it takes no part in the scoring, and is none of
// the P patches of its image.
//
// It takes O(N^2 P) time and N^2 values beside m. Distances that are no numbers count as far.
func Partners(m []float32, images, patches int) (partners [][]int) {
	partners = make([][]int, images)
	if images < 4 || patches < 1 { // a patch that is late for one image needs two others
		return partners
	}
	weights := make([]float32, images*images)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(images, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < images; i = int(next.Add(1)) - 1 {
				sharedWith(weights[i*images:][:images], m[i*patches*images:][:patches*images], i)
			}
		})
	}
	workers.Wait()
	return prune(join(weights, images))
}

// sharedWith fills in w(i,j) for an image i, whose distances are m, [P,N].
func sharedWith(w, m []float32, i int) {
	images := len(w)
	var late []float32
	var rows [][]float32 // of the patches that take part, [N] each
	sorted := make([]float32, 0, images)
	for ; len(m) > 0; m = m[images:] {
		row, farthest := m[:images], float32(0)
		sorted = sorted[:0]
		for j, distance := range row {
			if j != i {
				sorted = append(sorted, finite(distance))
				farthest = max(farthest, sorted[len(sorted)-1])
			}
		}
		if farthest > 0 {
			late = append(late, selected(sorted, len(sorted)*lateTenths/10))
			rows = append(rows, row)
		}
	}
	patches := len(rows)
	if patches == 0 {
		return
	}
	top := max(1, int(math.Round(topPatches*float64(patches))))
	gains := make([]float32, patches)
	for j := range w {
		if j == i {
			continue
		}
		for p := range gains {
			gains[p] = late[p] - finite(rows[p][j])
		}
		middle := selected(gains, patches/2)
		if patches%2 == 0 {
			middle = (middle + slices.Max(gains[:patches/2])) / 2
		}
		selected(gains, patches-top)
		sum := 0.0
		for _, gain := range gains[patches-top:] {
			sum += float64(gain)
		}
		w[j] = float32(sum/float64(top)) - middle
	}
}

// finite is a distance, or one that is farther than any if it is no number.
func finite(distance float32) float32 {
	if distance-distance != 0 {
		return 1e9
	}
	return distance
}

// join makes the edges from the weights, [N,N]: for each image its neighbours, ascending.
func join(weights []float32, images int) (neighbours [][]int) {
	mutual := func(i, j int) float64 {
		return float64(min(weights[i*images+j], weights[j*images+i]))
	}
	var all []float64 // every pair twice has the median and the MAD of every pair once
	for i := range images {
		for j := range i {
			all = append(all, mutual(i, j))
		}
	}
	middle, deviation := robust(all)
	neighbours = make([][]int, images)
	for i := range images {
		for j := range images {
			if i != j && mutual(i, j) > middle+pairsBeyond*deviation {
				neighbours[i] = append(neighbours[i], j)
			}
		}
	}
	return neighbours
}

// prune drops the edges that no group carries.
func prune(neighbours [][]int) (kept [][]int) {
	kept = make([][]int, len(neighbours))
	for i, of := range neighbours {
		for _, j := range of {
			k := min(len(of), len(neighbours[j]))
			if k >= 2 && float64(common(of, neighbours[j])) >= max(1, commonOf*float64(k-1)) {
				kept[i] = append(kept[i], j)
			}
		}
	}
	return kept
}

// common is how many numbers two ascending lists share.
func common(a, b []int) (count int) {
	for _, x := range a {
		if _, there := slices.BinarySearch(b, x); there {
			count++
		}
	}
	return count
}

// selected reorders values so that the k-th smallest is at index k, none before it is larger and none
// after it smaller, and returns it: Hoare's algorithm, linear on average.
func selected[T cmp.Ordered](values []T, k int) T {
	low, high := 0, len(values)-1
	for low < high {
		pivot := values[low+(high-low)/2]
		i, j := low, high
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			high = j
		case k >= i:
			low = i
		default:
			return values[k]
		}
	}
	return values[k]
}

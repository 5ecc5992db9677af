package mutual

import (
	"musc/engine/fault"
)

// checkPairs tells whether there is room for the distances of pairs, and something to be put there.
func (b *batch) checkPairs() error {
	n := len(b.members)
	switch {
	case b.Pairs == nil:
		return nil
	case b.ReferencesOnly:
		return fault.New(fault.Internal, "distances of pairs of images that do not score each other")
	case b.excluded != nil:
		return fault.New(fault.Internal, "distances of pairs of images, some of which are excluded")
	case len(b.Pairs) != n*b.patches*n:
		return fault.New(fault.Internal, "room for %d distances of pairs, not for %d x %d x %d",
			len(b.Pairs), n, b.patches, n)
	}
	clear(b.Pairs)
	return nil
}

// addPairs adds what the windows at hand say of image i to Pairs: patch after patch, of which a block
// has its lines in the cache while the scorers pass by. Sums are in float32 and in the order of the
// windows, whatever the Plan and the threads.
func (r *run) addPairs(i int) {
	n, distances := len(r.members), r.distances.of(i)
	of := r.Pairs[i*r.patches*n:][:r.patches*n] // [P,N]
	for first := 0; first < r.patches; first += blockPatches {
		block := of[first*n : min(first+blockPatches, r.patches)*n]
		for j := range n {
			if j == i {
				continue
			}
			by := distances[r.distances.position(i, j)*r.distances.values:]
			for k, w := range r.group {
				weight, from := float32(w.count), by[k*r.patches+first:]
				for at := j; at < len(block); at += n {
					block[at] += weight * from[0]
					from = from[1:]
				}
			}
		}
	}
}

// finishPairs turns the sums over stages and degrees into their means.
func (b *batch) finishPairs() {
	for k := range b.Pairs {
		b.Pairs[k] /= float32(b.shape.Stages * len(b.Degrees))
	}
}

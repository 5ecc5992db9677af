package mutual

import (
	"math"

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

// addPairs adds the distances of image i that averaging has at hand, [patches, scorers] as bits,
// from the first value of [R,P] on. Sums are in float32 and in the order of the windows, whatever the
// Plan and the threads.
func (r *run) addPairs(i, first int, keys []uint32) {
	n, scorers := len(r.members), r.scorers()
	for ; len(keys) > 0; keys = keys[scorers:] {
		weight := float32(r.group[first/r.patches].count)
		of := r.Pairs[(i*r.patches+first%r.patches)*n:][:n]
		add := func(to []float32, from []uint32) {
			for j, key := range from[:len(to)] {
				to[j] += weight * math.Float32frombits(key)
			}
		}
		add(of[:i], keys)
		add(of[i+1:], keys[i:])
		first++
	}
}

// finishPairs turns the sums over stages and degrees into their means.
func (b *batch) finishPairs() {
	for k := range b.Pairs {
		b.Pairs[k] /= float32(b.shape.Stages * len(b.Degrees))
	}
	b.settlePairs()
}

// settlePairs puts the mean of the distances of a patch in the place of those that are infinite.
func (b *batch) settlePairs() {
	n := len(b.members)
	for k := 0; b.masked && k < len(b.Pairs); k += n {
		sum, count := 0.0, 0
		for j, distance := range b.Pairs[k:][:n] {
			if j != k/n/b.patches && !math.IsInf(float64(distance), 1) {
				sum, count = sum+float64(distance), count+1
			}
		}
		mean := float32(sum / float64(max(count, 1)))
		for j, distance := range b.Pairs[k:][:n] {
			if math.IsInf(float64(distance), 1) {
				b.Pairs[k+j] = mean
			}
		}
	}
}

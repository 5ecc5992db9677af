package mutual

import (
	"slices"

	"musc/engine/fault"
	"musc/kernels"
)

// pairSet is a set of ordered pairs of N members: a bit each, at i*N + j.
type pairSet struct {
	n    int
	bits []uint64
}

func newPairSet(n int) *pairSet { return &pairSet{n, make([]uint64, (n*n+63)/64)} }

func (s *pairSet) add(i, j int) {
	at := i*s.n + j
	s.bits[at/64] |= 1 << (at % 64)
}

func (s *pairSet) has(i, j int) bool {
	at := i*s.n + j
	return s.bits[at/64]&(1<<(at%64)) != 0
}

// checkExcluded reads Exclude and Scored.
func (b *batch) checkExcluded() error {
	n := len(b.members)
	switch {
	case b.Exclude == nil && b.Scored == nil:
		return nil
	case b.ReferencesOnly:
		return fault.New(fault.Internal, "members are excluded that score none")
	case b.Exclude != nil && len(b.Exclude) != n || b.Scored != nil && len(b.Scored) != n:
		return fault.New(fault.Internal, "who scores whom is said of %d and %d members, not of %d",
			len(b.Exclude), len(b.Scored), n)
	}
	b.excluded = newPairSet(n)
	for i := range n {
		if b.Exclude != nil {
			for _, j := range b.Exclude[i] {
				if j < 0 || j >= n {
					return fault.New(fault.Internal, "member %d of %d is excluded", j, n)
				}
				b.excluded.add(i, j)
			}
		}
		if b.scored(i) && b.scorersLeft(i) == 0 {
			return fault.New(fault.Internal, "no member is left to score member %d of %d", i, n)
		}
	}
	return nil
}

// scored tells whether the scores of member i are wanted.
func (b *batch) scored(i int) bool { return b.Scored == nil || b.Scored[i] }

// scores tells whether member i is scored by entry j, another member or a reference.
func (b *batch) scores(i, j int) bool {
	return b.excluded == nil ||
		b.scored(i) && (j >= len(b.members) || !b.excluded.has(i, j))
}

// needs tells whether the product of the entries i < j serves any of them.
func (b *batch) needs(i, j int) bool {
	return b.scores(i, j) || j < len(b.members) && b.scores(j, i)
}

// scorersLeft is how many values Eq. 2 picks from for member i.
func (b *batch) scorersLeft(i int) int {
	left := b.scorers() - len(b.without)
	if b.excluded == nil {
		return left
	}
	for j := range b.members {
		if j != i && b.excluded.has(i, j) {
			left--
		}
	}
	return left
}

// left is the view [scorers, R,P] of the distances of image i to those that score it: they are moved
// together, over those of the others, which nobody needs any more.
func (r *run) left(i int) []float32 {
	of := r.distances.of(i)
	size, to := r.distances.values, 0
	if r.excluded == nil {
		last := r.scorers() - 1
		for _, reference := range slices.Backward(r.without) { // the last ones come in their places
			from := r.distances.position(i, len(r.members)+reference) * size
			copy(of[from:from+size], of[last*size:])
			last--
		}
		return of[:(last+1)*size]
	}
	for j := range len(r.members) + r.references {
		if j == i || !r.scores(i, j) {
			continue
		}
		from := r.distances.position(i, j) * size
		copy(of[to:to+size], of[from:from+size])
		to += size
	}
	return of[:to]
}

// onlyOnCPU refuses what is made for a processor alone.
func (b *batch) onlyOnCPU() error {
	if b.Pairs != nil || b.excluded != nil {
		return fault.New(fault.Usage, "a GPU neither keeps the distances of pairs of images nor leaves "+
			"out any that score: do it on the CPU (--device cpu)")
	}
	if len(b.Views) > 0 || len(b.ReferenceViews) > 0 || b.masked {
		return fault.New(fault.Usage, "a GPU takes neither further views of an image, such as turned "+
			"ones, nor patches that take no part: do it on the CPU (--device cpu)")
	}
	if b.near > 0 && max(b.shape.Height, b.shape.Width) > kernels.NearGrid {
		return fault.New(fault.Usage, "a GPU looks for near patches on grids of up to %d lines and "+
			"columns, not of %d x %d: do it on the CPU (--device cpu)", kernels.NearGrid, b.shape.Height,
			b.shape.Width)
	}
	return nil
}

// Package disjoint unites sets of whole numbers, such as the runs of pixels that make a region.
package disjoint

// Sets are disjoint sets of 0, 1 and so on; the smallest number of a set stands for it.
type Sets []int

// New makes a set of each of count numbers.
func New(count int) Sets {
	s := make(Sets, count)
	for k := range s {
		s[k] = k
	}
	return s
}

// Find is the number that stands for the set of k.
func (s Sets) Find(k int) int {
	for s[k] != k {
		s[k] = s[s[k]] // halves the path for the next time
		k = s[k]
	}
	return k
}

// Unite makes one set of those of a and b.
func (s Sets) Unite(a, b int) {
	a, b = s.Find(a), s.Find(b)
	s[max(a, b)] = min(a, b)
}

package health

import (
	"cmp"
	"slices"
	"sync"
)

// The constants of nearDuplicates.
const (
	closest      = 3    // photos, by class token, that each photo is a candidate with
	pairsAtMost  = 200  // candidates whose pixels are compared
	sameShot     = 0.80 // the least correlation of two photos of the same thing
	otherPairs   = 5    // look-alikes that a pair is measured by, of which
	fewestOthers = 3    // so many must be readable
	sameShotOf   = 0.40 // how much less two photos of the same thing differ than look-alikes do, at most
)

// nearDuplicates finds photos that were saved again, in another format or size, or shots of one thing
// that was not moved in between. Each hides the other's defects, as copies do.
//
// Photos of one product look alike, and class tokens tell them apart no better than copies: they only
// say whose pixels to compare. Candidates are each photo and the 3 with the closest class tokens, in
// the order of their distance divided by that of the photo's fifth neighbour, 200 at most. With r the
// correlation of their fine pattern (alike), two are the same if
//
//	r >= 0.8   and   1 - r <= 0.4 median of 1 - r of the first photo and its 5 next neighbours
//
// Photos that cannot be read are passed over.
func nearDuplicates(c *compared) *Finding {
	candidates := c.candidates()
	pictures := make([]sync.Once, c.n())
	read := make([]picture, c.n())
	get := func(i int) picture {
		pictures[i].Do(func() { read[i] = readPicture(c.batch.Photos[c.photos[i]].Path) })
		return read[i]
	}
	same := make([]bool, len(candidates))
	inParallel(len(candidates), func(k int) { same[k] = c.sameShot(candidates[k], get) })
	partners := make([][]int, c.n())
	for k, pair := range candidates {
		if same[k] {
			partners[pair.i] = append(partners[pair.i], pair.j)
			partners[pair.j] = append(partners[pair.j], pair.i)
		}
	}
	groups := Groups(partners)
	if len(groups) == 0 {
		return nil
	}
	for _, group := range groups {
		for k, i := range group {
			group[k] = c.photos[i]
		}
	}
	found := warn(NearDuplicates, groups, "%s show the same thing again%s: %s; each hides the other's "+
		"defects, keep one of each", count(members(groups), "photo"), c.sampled(), c.batch.groups(groups))
	return &found
}

// candidate is a pair of compared photos.
type candidate struct {
	i, j      int
	closeness float64 // distance over that of look-alikes
}

// candidates are the pairs whose pixels are worth comparing.
func (c *compared) candidates() (pairs []candidate) {
	known := map[[2]int]bool{}
	for i := range c.photos {
		near := c.nearest(i, otherPairs)
		if len(near) < fewestOthers+1 {
			continue
		}
		usual := float64(c.of(i)[near[len(near)-1]])
		for _, j := range near[:closest] {
			key := [2]int{min(i, j), max(i, j)}
			if known[key] {
				continue
			}
			known[key] = true
			pair := candidate{i: i, j: j}
			if usual > 0 {
				pair.closeness = float64(c.of(i)[j]) / usual
			}
			pairs = append(pairs, pair)
		}
	}
	slices.SortStableFunc(pairs, func(a, b candidate) int {
		return cmp.Compare(a.closeness, b.closeness)
	})
	return pairs[:min(len(pairs), pairsAtMost)]
}

// nearest are the numbers of the k photos closest to a compared photo, without itself.
func (c *compared) nearest(i, k int) []int {
	distances := c.of(i)
	others := make([]int, 0, c.n())
	for j := range distances {
		if j != i {
			others = append(others, j)
		}
	}
	slices.SortStableFunc(others, func(a, b int) int { return cmp.Compare(distances[a], distances[b]) })
	return others[:min(k, len(others))]
}

// sameShot compares the pixels of a pair, and if these are alike, those of the look-alikes.
func (c *compared) sameShot(pair candidate, get func(i int) picture) bool {
	a, b := get(pair.i), get(pair.j)
	if a == nil || b == nil {
		return false
	}
	r := alike(a, b)
	if r < sameShot {
		return false
	}
	var others []float64
	for _, k := range c.nearest(pair.i, otherPairs+1) {
		if other := get(k); k != pair.j && other != nil && len(others) < otherPairs {
			others = append(others, 1-alike(a, other))
		}
	}
	return len(others) >= fewestOthers && 1-r <= sameShotOf*median(others)
}

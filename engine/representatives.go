package engine

import "slices"

// representatives are the places, ascending, of so many photos that stand for all: k-centre, greedily.
// distances [j][i] are those of photo i to photo j. The first is the photo whose farthest one is nearest;
// then, again and again, the photo that is farthest from its nearest kept one. Of equal ones the first
// counts.
func representatives(distances [][]float64, keep int) []int {
	count := len(distances)
	if count == 0 || keep < 1 {
		return nil
	}
	farthest := func(j int) (worst float64) {
		for i, distance := range distances[j] {
			if i != j {
				worst = max(worst, distance)
			}
		}
		return worst
	}
	first := 0
	for j := range count {
		if farthest(j) < farthest(first) {
			first = j
		}
	}
	kept, nearest := []int{first}, slices.Clone(distances[first])
	for len(kept) < min(keep, count) {
		next := -1
		for i := range count {
			if !slices.Contains(kept, i) && (next < 0 || nearest[i] > nearest[next]) {
				next = i
			}
		}
		kept = append(kept, next)
		for i, distance := range distances[next] {
			nearest[i] = min(nearest[i], distance)
		}
	}
	slices.Sort(kept)
	return kept
}

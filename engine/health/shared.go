package health

import (
	"fmt"
	"slices"
)

// SharedFinding is the warning about groups of photos that share a defect, which Partners found; there
// is at least one. A defect that enough photos have looks like a part of the product.
func SharedFinding(batch *Batch, groups [][]int) Finding {
	return Finding{Kind: Shared, Groups: groups, Text: fmt.Sprintf("%s seem to share a defect, which hides "+
		"it: %s; if they do, score with --shared exclude", count(members(groups), "photo"),
		batch.groups(groups))}
}

// Groups are the images that are joined by partners, directly or through others: each ascending, by
// their first image.
func Groups(partners [][]int) (groups [][]int) {
	seen := make([]bool, len(partners))
	for i, of := range partners {
		if seen[i] || len(of) == 0 {
			continue
		}
		seen[i] = true
		group := []int{i}
		for k := 0; k < len(group); k++ {
			for _, j := range partners[group[k]] {
				if !seen[j] {
					seen[j] = true
					group = append(group, j)
				}
			}
		}
		slices.Sort(group)
		groups = append(groups, group)
	}
	return groups
}

package health

import "slices"

// SharedFinding is the warning about groups of photos that share a defect, which Partners found; there
// is at least one. A defect that enough photos have looks like a part of the product. So does what
// variants of a product have in common, which is found more often: a person has to look. done says what
// the scoring did about it; "" if nothing.
func SharedFinding(batch *Batch, groups [][]int, done string) Finding {
	text := "if that is a defect it is hidden: %s; look at them, and score with --shared exclude if it is"
	if done != "" {
		text = done + ": %s"
	}
	return warn(Shared, groups, "%s have something in common that the others lack, and "+text,
		count(members(groups), "photo"), batch.groups(groups))
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

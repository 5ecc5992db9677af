package health

// duplicates finds files with the same bytes. A photo that is there twice has a perfect match: neither
// copy is ever anomalous.
func duplicates(b *Batch) *Finding {
	groups := b.copies()
	if len(groups) == 0 {
		return nil
	}
	found := warn(Duplicates, groups, "%s are copies of each other, byte for byte: %s; each hides the "+
		"other's defects, keep one of each", count(members(groups), "photo"), b.groups(groups))
	return &found
}

// copies are the groups of photos with equal digests, by their first photo.
func (b *Batch) copies() (groups [][]int) {
	first := map[string]int{} // the only photo so far, or -1 - the group
	for i, photo := range b.Photos {
		if photo.Digest == "" {
			continue
		}
		before, seen := first[photo.Digest]
		switch {
		case !seen:
			first[photo.Digest] = i
		case before >= 0:
			first[photo.Digest] = -1 - len(groups)
			groups = append(groups, []int{before, i})
		default:
			groups[-1-before] = append(groups[-1-before], i)
		}
	}
	return groups
}

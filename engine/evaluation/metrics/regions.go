package metrics

// connect labels the regions of a mask [height,width] that touch by edges or corners: the pixels
// of region k of the result hold first+k+1 in labels [height,width], other pixels 0. It returns
// the regions' areas in pixels, in the order of their first pixels row by row.
//
// Two passes: provisional labels that are joined where two meet (a disjoint-set forest), then the
// final ones.
func connect(mask []bool, height, width int, labels []uint32, first uint32) (areas []int64) {
	parent := []uint32{0} // 0 is no region
	for y := range height {
		for x := range width {
			i := y*width + x
			labels[i] = 0
			if !mask[i] {
				continue
			}
			label := uint32(0)
			meet := func(neighbour int) {
				other := labels[neighbour]
				if other == 0 {
					return
				}
				if other = root(parent, other); label == 0 {
					label = other
					return
				}
				label, other = min(label, other), max(label, other)
				parent[other] = label
			}
			if x > 0 {
				meet(i - 1)
			}
			for column := max(x-1, 0); y > 0 && column <= min(x+1, width-1); column++ {
				meet(i - width - x + column)
			}
			if label == 0 {
				label = uint32(len(parent))
				parent = append(parent, label)
			}
			labels[i] = label
		}
	}
	final := make([]uint32, len(parent)) // of the roots
	for i, label := range labels[:height*width] {
		if label == 0 {
			continue
		}
		label = root(parent, label)
		if final[label] == 0 {
			areas = append(areas, 0)
			final[label] = uint32(len(areas))
		}
		areas[final[label]-1]++
		labels[i] = first + final[label]
	}
	return areas
}

// root follows a label to the smallest one it was joined with, and shortens the way.
func root(parent []uint32, label uint32) uint32 {
	for parent[label] != label {
		parent[label] = parent[parent[label]]
		label = parent[label]
	}
	return label
}

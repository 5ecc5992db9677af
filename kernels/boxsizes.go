//go:build cuda && linux

package kernels

const (
	// Of box_search.cu: a block's threads and shared memory, and the patches that it takes.
	boxThreads = 512
	boxAcross  = 8
	boxTile    = 16
	boxPlane   = (boxTile+2*boxReach)*(boxTile+2*boxReach) + 4
	boxShared  = 2*boxReach*boxAcross*boxPlane*bytesOfFloat + boxReach*boxTile*boxTile*8
)

// boxStride is the length of a row of the products, in floats: whole sectors of 32 bytes.
func (z Sizes) boxStride() int { return ceil(z.patches(), 8) * 8 }

// productBytes is the size of the products of a pair.
func (z Sizes) productBytes() int64 {
	return bytesOfFloat * int64(z.patches()) * int64(z.boxStride())
}

// boxPairs is how many pairs are multiplied and then filtered at once: as many as stay in three
// quarters of the second-level cache.
func (z Sizes) boxPairs() int {
	stay := int64(z.Cache) / 4 * 3 / z.productBytes()
	return int(max(1, min(stay, int64(z.SearchPairs()))))
}

// boxTasks is how many of box_search's tasks a pair has.
func (z Sizes) boxTasks() int {
	return ceil(z.Width, boxAcross) * ceil(z.Height, boxTile) * ceil(z.Width, boxTile)
}

// nearBoxTasks lists those of them in which any patch of the columns x of one image is near any of the
// tile of the other, whatever its line: as box_search counts tasks.
func (z Sizes) nearBoxTasks() (tasks []uint32) {
	across := ceil(z.Width, boxTile)
	tiles := ceil(z.Height, boxTile) * across
	for part := range z.boxTasks() {
		x, left := part/tiles*boxAcross, part%tiles%across*boxTile
		if x-z.Near < left+boxTile && left-z.Near < x+boxAcross {
			tasks = append(tasks, uint32(part))
		}
	}
	return tasks
}

// boxBytes lists the sizes of the arrays that kernel Box needs besides, in the order of
// box.pointers.
func (z Sizes) boxBytes() []int64 {
	return []int64{z.featureBytes(), z.normBytes(), z.normBytes(), int64(z.Degrees) * z.normBytes(),
		z.centreBytes(), sumParts * bytesOfDouble, int64(z.boxPairs()) * z.productBytes()}
}

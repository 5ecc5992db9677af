package mutual

import (
	"cmp"
	"slices"

	"musc/cgo/cpu"
	"musc/engine/features"
)

// Images of one patch, such as class tokens: there are often thousands of them, each pair is little work
// and a value of its own, and so they are compared in blocks. All windows are the one patch: R is 1.

// Images of a block: highPatches rows of its product stay in the L2 cache, and widePatches columns share
// what it takes to bring them there.
const (
	highPatches = 96
	widePatches = 192
)

// packedPatches is how many values so many images take, packed in blocks.
func packedPatches(images, channels int) int {
	blocks := (images + widePatches - 1) / widePatches
	return blocks * cpu.PackedPatchesLen(min(images, widePatches), channels)
}

// comparePatches is compare for images of one patch. The fewer of rows and columns are packed.
func (r *run) comparePatches(rows, columns []slot) error {
	many, few, within := rows, columns, true
	if len(rows) < len(columns) { // which come after the rows, then
		many, few, within = columns, rows, false
	}
	packed, err := r.packPatches(few)
	if err != nil {
		return err
	}
	across := len(packed)
	down := (len(many) + highPatches - 1) / highPatches
	return r.parallel(comparing, down*across, func(worker, task int) {
		a, b := many[task/across*highPatches:], few[task%across*widePatches:]
		a, b = a[:min(highPatches, len(a))], b[:min(widePatches, len(b))]
		if within && a[0].entry >= b[len(b)-1].entry {
			return
		}
		w := &r.workers[worker]
		w.block = slices.Grow(w.block[:0], highPatches*widePatches)[:len(a)*len(b)]
		w.search.PatchDistances(w.block, a[0].onwards(), len(a), b[0].onwards(), packed[task%across],
			len(b), r.slots.size)
		r.progress.add(r.keepPatches(w.block, a[0].entry, b[0].entry, len(b), within) * r.degrees)
	})
}

// packPatches packs images of one patch for PatchDistances, block by block.
func (r *run) packPatches(images []slot) (packed [][]float32, err error) {
	blocks := slices.Collect(slices.Chunk(images, widePatches))
	size := packedPatches(len(images), r.shape.Channels)
	r.packed = slices.Grow(r.packed[:0], size)[:size]
	for rest := r.packed; len(rest) > 0; rest = rest[size/len(blocks):] {
		packed = append(packed, rest[:size/len(blocks)])
	}
	return packed, r.parallel(comparing, len(blocks), func(worker, k int) {
		r.workers[worker].search.PackPatches(packed[k], blocks[k][0].onwards(), len(blocks[k]),
			r.slots.size)
	})
}

// keepPatches keeps the distances [a,b] of images or references from a and b on, in both directions as
// far as images are scored, and says of how many pairs. Within images of which each is on both sides,
// those of a before those of b count.
func (r *run) keepPatches(block []float32, a, b, columns int, within bool) (pairs int) {
	n, rows := len(r.members), len(block)/columns
	for i := range rows {
		from := 0
		if within {
			from = min(max(a+i+1-b, 0), columns)
		}
		pairs += columns - from
		if a+i < n && from < columns {
			copy(r.distances.between(a+i, b+from, columns-from), block[i*columns+from:])
		}
	}
	for j := range min(columns, n-b) {
		count := rows
		if within {
			count = min(max(b+j-a, 0), rows)
		}
		if count == 0 {
			continue
		}
		to := r.distances.between(b+j, a, count)
		for i := range to {
			to[i] = block[i*columns+j]
		}
	}
	return pairs
}

// typicalPatches are some of the images of one patch, for their centre: spread evenly over the order of
// their tokens, so that distances do not depend on the order of the images.
func typicalPatches(store *features.Store, stage int, images []int) []int {
	type keyed struct {
		image int
		entry float32
	}
	var all []keyed
	for _, image := range images {
		if active := store.Active(image); active == nil || active[0] {
			all = append(all, keyed{image, store.Tokens(stage, image)[0]})
			store.Release(stage, image)
		}
	}
	slices.SortFunc(all, func(a, b keyed) int {
		if order := cmp.Compare(a.entry, b.entry); order != 0 {
			return order
		}
		return slices.Compare(store.Tokens(stage, a.image), store.Tokens(stage, b.image))
	})
	var some []int
	for k := range min(len(all), centrePatches) {
		some = append(some, all[k*len(all)/min(len(all), centrePatches)].image)
	}
	return some
}

package mutual

import (
	"slices"

	"musc/cgo/cpu"
	"musc/engine/features"
	"musc/engine/lnamd"
)

// tiles is room for prepared images.
type tiles struct {
	array *features.Array
	size  int // of a slot
	all   []slot
}

// slot is one prepared image: aggregated for every window, and packed for the product.
type slot struct {
	entry int // image below N, else reference
	place int // among the slots
	of    *tiles
	image []float32
}

func newTiles(shape cpu.Shape, images int) (*tiles, error) {
	size := int64(alignFloats(shape.ImageLen()))
	array, err := features.NewArray(int64(images)*size, "")
	if err != nil {
		return nil, err
	}
	t := &tiles{array, int(size), make([]slot, images)}
	for k := range t.all {
		t.all[k] = slot{-1, k, t, array.Slice(int64(k)*size, int64(k+1)*size)}
	}
	return t, nil
}

// onwards is the view of a slot's image and of those in the slots after it.
func (s *slot) onwards() []float32 {
	return s.of.array.Slice(int64(s.place)*int64(s.of.size), s.of.array.Len())
}

// source is where the tokens of an entry, image e or reference e-N, come from.
type source struct {
	entry int
	store *features.Store
	image int
}

// entry is the first view of an entry.
func (b *batch) entry(e int) source {
	if e < len(b.members) {
		return source{e, b.Images, b.members[e]}
	}
	return source{e, b.References, e - len(b.members)}
}

// load brings the tokens of the stage at hand into a slot.
func (r *run) load(search *cpu.Search, into *slot, from source) {
	into.entry = from.entry
	search.Prepare(into.image, from.store.Tokens(r.stage, from.image), from.store.Active(from.image),
		r.centre)
	from.store.Release(r.stage, from.image)
}

// loadAll brings what source gives, from the first on, into the slots.
func (r *run) loadAll(slots []slot, first int, source func(k int) source) error {
	return r.parallel(preparing, len(slots), func(worker, k int) {
		r.load(r.workers[worker].search, &slots[k], source(first+k))
	})
}

// The centre is taken from about so many images and patches of each: it need not be exact.
const (
	centreImages  = 16
	centrePatches = 64
)

// centreOf is about the mean of the normalised tokens of one stage, [C]: what they share, and the
// search need not resolve. The images and patches it is taken from are spread evenly. They are the
// references where only these score, so that it does not depend on what is scored. Each image is summed
// up by itself, and then all in order, whatever the threads.
func (r *run) centreOf(stage int) ([]float32, error) {
	channels := r.shape.Channels
	store, images := r.typical(stage)
	sums, counts := make([]float64, len(images)*channels), make([]int, len(images))
	err := r.parallel(centring, len(images), func(_, k int) {
		sample := sampleOf(store, stage, images[k])
		if counts[k] = len(sample) / channels; counts[k] == 0 {
			return
		}
		mean, scale := lnamd.Moments(sample)
		of := sums[k*channels:][:channels]
		for token := range slices.Chunk(sample, channels) {
			for c, x := range token {
				of[c] += (float64(x) - mean) * scale
			}
		}
	})
	centre, count := make([]float32, channels), 0
	for _, n := range counts {
		count += n
	}
	for c := range centre {
		sum := 0.0
		for k := range images {
			sum += sums[k*channels+c]
		}
		centre[c] = float32(sum / float64(max(count, 1)))
	}
	return centre, err
}

// typical are the images that the centre is taken from, and their store. Where only references score it
// is theirs, so that an image has the same centre whatever it is scored with.
func (b *batch) typical(stage int) (store *features.Store, images []int) {
	store, all := b.Images, b.members
	if b.ReferencesOnly {
		store, all = b.References, upTo(b.references)
	}
	if b.patches == 1 {
		return store, typicalPatches(store, stage, all)
	}
	count := min(len(all), centreImages)
	for k := range count {
		images = append(images, all[k*len(all)/count])
	}
	return store, images
}

// sampleOf is the tokens of some patches of one image and stage, of those that take part.
func sampleOf(store *features.Store, stage, image int) (sample []float32) {
	shape, active := store.Shape(), store.Active(image)
	patches := upTo(shape.Patches())
	if active != nil {
		patches = slices.DeleteFunc(patches, func(p int) bool { return !active[p] })
	}
	tokens := store.Tokens(stage, image)
	for k := range min(len(patches), centrePatches) {
		at := patches[k*len(patches)/min(len(patches), centrePatches)] * shape.Channels
		sample = append(sample, tokens[at:at+shape.Channels]...)
	}
	store.Release(stage, image)
	return sample
}

package mutual

import (
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
		t.all[k] = slot{-1, k, array.Slice(int64(k)*size, int64(k+1)*size)}
	}
	return t, nil
}

// from is the view of a slot's image and of those in the slots after it.
func (t *tiles) from(s slot) []float32 {
	return t.array.Slice(int64(s.place)*int64(t.size), t.array.Len())
}

// load brings entry e, image e or reference e-N, into a slot.
func (r *run) load(search *cpu.Search, into *slot, e, stage int, centre []float32) {
	store, image := r.References, e-len(r.members)
	if e < len(r.members) {
		store, image = r.Images, r.members[e]
	}
	into.entry = e
	search.Prepare(into.image, store.Tokens(stage, image), nil, centre)
	store.Release(stage, image)
}

// The centre is taken from about so many images and patches of each: it need not be exact.
const (
	centreImages  = 16
	centrePatches = 64
)

// centre is about the mean of the normalised tokens of one stage, [C]: what they share, and the
// search need not resolve. The images and patches it is taken from are spread evenly.
func (r *run) centre(stage int) []float32 {
	channels := r.shape.Channels
	images, patches := min(len(r.members), centreImages), min(r.patches, centrePatches)
	sums := make([]float64, channels)
	sample := make([]float32, 0, patches*channels)
	for k := range images {
		image := r.members[k*len(r.members)/images]
		tokens := r.Images.Tokens(stage, image)
		sample = sample[:0]
		for p := range patches {
			at := p * r.patches / patches * channels
			sample = append(sample, tokens[at:at+channels]...)
		}
		r.Images.Release(stage, image)
		mean, scale := lnamd.Moments(sample)
		for k, x := range sample {
			sums[k%channels] += (float64(x) - mean) * scale
		}
	}
	centre := make([]float32, channels)
	for c := range centre {
		centre[c] = float32(sums[c] / float64(images*patches))
	}
	return centre
}

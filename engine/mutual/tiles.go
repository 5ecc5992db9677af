package mutual

import (
	"musc/cgo/cpu"
	"musc/engine/features"
	"musc/engine/lnamd"
)

// tiles is room for prepared images.
type tiles struct {
	array *features.Array
	all   []slot
}

// slot is one prepared image: aggregated for every window, and packed for the product.
type slot struct {
	entry int // image below N, else reference
	image []float32
}

func newTiles(shape cpu.Shape, images int) (*tiles, error) {
	size := int64(alignFloats(shape.ImageLen()))
	array, err := features.NewArray(int64(images)*size, "")
	if err != nil {
		return nil, err
	}
	t := &tiles{array, make([]slot, images)}
	for k := range t.all {
		t.all[k] = slot{-1, array.Slice(int64(k)*size, int64(k+1)*size)}
	}
	return t, nil
}

// load brings entry e, image e or reference e-N, into a slot.
func (r *run) load(search *cpu.Search, into *slot, e, stage int, centre []float32) {
	store, image := r.References, e-len(r.members)
	if e < len(r.members) {
		store, image = r.Images, r.members[e]
	}
	into.entry = e
	search.Prepare(into.image, store.Tokens(stage, image), centre)
	store.Release(stage, image)
}

// centreImages is how many images the centre is taken from: it need not be exact.
const centreImages = 16

// centre is about the mean of the normalised tokens of one stage, [C], from images spread evenly
// over the members: what they share, and the search need not resolve.
func (r *run) centre(stage int) []float32 {
	count := min(len(r.members), centreImages)
	sums := make([]float64, r.shape.Channels)
	for k := range count {
		image := r.members[k*len(r.members)/count]
		tokens := r.Images.Tokens(stage, image)
		mean, scale := lnamd.Moments(tokens)
		for p := range r.patches {
			for c, x := range tokens[p*r.shape.Channels:][:r.shape.Channels] {
				sums[c] += (float64(x) - mean) * scale
			}
		}
		r.Images.Release(stage, image)
	}
	centre := make([]float32, r.shape.Channels)
	for c := range centre {
		centre[c] = float32(sums[c] / float64(count*r.patches))
	}
	return centre
}

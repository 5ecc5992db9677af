package mutual

import (
	"musc/cgo/cpu"
	"musc/engine/features"
	"musc/engine/lnamd"
)

// tiles is room for aggregated images.
type tiles struct {
	array *features.Array
	all   []slot
}

// slot is one aggregated image.
type slot struct {
	entry  int       // image below N, else reference
	tokens []float32 // [P,C]
	packed []float32 // the same, as the product wants it
}

func newTiles(shape features.Shape, images int) (*tiles, error) {
	patches, channels := shape.Patches(), shape.Channels
	size := int64(slotFloats(patches, channels))
	array, err := features.NewArray(int64(images)*size, "")
	if err != nil {
		return nil, err
	}
	t := &tiles{array, make([]slot, images)}
	for k := range t.all {
		both := array.Slice(int64(k)*size, int64(k+1)*size)
		packed := both[alignFloats(patches*channels):]
		t.all[k] = slot{-1, both[:patches*channels], packed[:cpu.PackedLen(patches, channels)]}
	}
	return t, nil
}

// fill aggregates and packs raw tokens [P,C]; the room for the packed copy holds the normalised
// tokens in between.
func (s *slot) fill(shape features.Shape, raw []float32, degree int) {
	normalised := s.packed[:len(raw)]
	lnamd.Normalise(normalised, raw)
	lnamd.Aggregate(s.tokens, normalised, shape.Height, shape.Width, shape.Channels, degree)
	cpu.Pack(s.packed, s.tokens, shape.Patches(), shape.Channels)
}

// load brings entry e, image e or reference e-N, into a slot.
func (r *run) load(into *slot, e, stage, degree int) {
	store, image := r.References, e-len(r.members)
	if e < len(r.members) {
		store, image = r.Images, r.members[e]
	}
	into.entry = e
	into.fill(r.shape, store.Tokens(stage, image), degree)
	store.Release(stage, image)
}

package mutual

import (
	"fmt"
	"slices"

	"musc/engine/fault"
	"musc/engine/features"
)

// checkViews reads Near, Views, ReferenceViews, ReferencesInterval and which patches take part.
func (b *batch) checkViews() error {
	switch {
	case b.Near < 0:
		return fault.New(fault.Usage, "patches are looked for at most %d rows and columns away: give 1 "+
			"or more, or 0 for no bound", b.Near)
	case b.ReferencesInterval && !b.ReferencesOnly:
		return fault.New(fault.Internal, "an interval over references alone where others score, too")
	}
	if across := max(b.shape.Height, b.shape.Width) - 1; b.Near < across {
		b.near = b.Near
	}
	for k, view := range b.Views {
		if err := sameShape("image", k, view, b.Images); err != nil {
			return err
		}
	}
	for k, view := range b.ReferenceViews {
		if err := sameShape("reference image", k, view, b.References); err != nil {
			return err
		}
	}
	b.masked = b.hasMasks()
	return nil
}

func sameShape(what string, k int, view, first *features.Store) error {
	if view == nil || view.Shape() != first.Shape() {
		return fault.New(fault.Internal, "view %d of each %s has no patch tokens of %v", k+1, what,
			first.Shape())
	}
	return nil
}

// hasMasks tells whether a patch of the members, the references or a view of them takes no part.
func (b *batch) hasMasks() bool {
	has := func(store *features.Store, images []int) bool {
		return slices.ContainsFunc(images, func(image int) bool { return store.Active(image) != nil })
	}
	of := func(store *features.Store) bool { return has(store, b.members) }
	ofReferences := func(store *features.Store) bool { return has(store, upTo(b.references)) }
	return of(b.Images) || slices.ContainsFunc(b.Views, of) ||
		b.references > 0 && ofReferences(b.References) ||
		slices.ContainsFunc(b.ReferenceViews, ofReferences)
}

// appendMasks adds which patches of all views take part.
func (b *batch) appendMasks(text []byte) []byte {
	add := func(store *features.Store, images []int) {
		for _, image := range images {
			text = fmt.Appendf(text, "%v", store.Active(image))
		}
	}
	for _, store := range slices.Concat([]*features.Store{b.Images}, b.Views) {
		add(store, b.members)
	}
	if b.references > 0 {
		for _, store := range slices.Concat([]*features.Store{b.References}, b.ReferenceViews) {
			add(store, upTo(b.references))
		}
	}
	return text
}

// isNear tells whether patch q of a view counts for patch p by where they are on the grid.
func (b *batch) isNear(p, q int) bool {
	rows, columns := p/b.shape.Width-q/b.shape.Width, p%b.shape.Width-q%b.shape.Width
	return b.near == 0 || max(rows, -rows, columns, -columns) <= b.near
}

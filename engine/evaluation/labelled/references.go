package labelled

import (
	"fmt"

	"musc/engine/dataset"
	"musc/engine/fault"
)

// GoodOf picks the images that may serve as references. Where a list labels any of them, those are the
// ones that it calls good, and the note says how many others there are: a list of verdicts names
// defective photos, too, and some that nobody is sure of. Without labels they are all. A label that is
// not understood, and no good image at all, are of kind fault.Input.
func GoodOf(items []dataset.Item) (picked []dataset.Item, note string, err error) {
	defective, unlabelled := 0, 0
	for _, item := range items {
		if item.Label == "" {
			unlabelled++
			continue
		}
		label, err := ParseLabel(item.Label)
		switch {
		case err != nil:
			return nil, "", fault.New(fault.Input, "reference image %s: %w", item.Path, err)
		case label == Good:
			picked = append(picked, item)
		default:
			defective++
		}
	}
	switch {
	case unlabelled == len(items):
		return items, "", nil
	case len(picked) == 0:
		return nil, "", fault.New(fault.Input, "none of the %d images given as references is labelled "+
			"good; references are good parts", len(items))
	case defective+unlabelled > 0:
		note = fmt.Sprintf("references: the %d that are labelled good; not %d labelled defective and %d "+
			"without a label", len(picked), defective, unlabelled)
	}
	return picked, note, nil
}

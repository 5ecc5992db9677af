package tasks

import (
	"fmt"
	"slices"

	"musc/engine/dataset"
)

// checkReasons tells whether evidence and partners name images and patches that there are.
func (part *Part) checkReasons(p *Plan) error {
	n, patches := len(part.Images), part.patches()
	within := func(image, patch int) bool { return image >= 0 && image < n && patch >= 0 && patch < patches }
	for _, e := range part.Evidence {
		ok := within(e.Image, e.Patch) && (e.Typical == -1 || within(e.Typical, e.Patch)) &&
			e.Mattered >= 0 && e.Mattered < len(e.Stages)
		for _, stage := range e.Stages {
			for _, match := range stage.Nearest {
				ok = ok && (match.Reference && match.Image >= 0 && match.Image < p.References.Count ||
					within(match.Image, match.Patch))
			}
		}
		if !ok {
			return fmt.Errorf("its evidence for patch %d of image %d names what is not there", e.Patch,
				e.Image)
		}
	}
	for _, image := range slices.Concat(part.Shared...) {
		if !within(image, 0) {
			return fmt.Errorf("it says that image %d of %d shares a defect", image, n)
		}
	}
	return nil
}

// nameReferences makes the references in the evidence, of those that could be read, those of the listing.
func (part *Part) nameReferences(read, listed []dataset.Item, plan *Plan) {
	place := make(map[string]int, len(listed)) // by path
	for k, item := range listed {
		path := item.Path
		if plan.Bank == nil {
			path = plan.Locate(path)
		}
		place[path] = k
	}
	for _, e := range part.Evidence {
		for _, stage := range e.Stages {
			for k, match := range stage.Nearest {
				if match.Reference {
					stage.Nearest[k].Image = place[read[match.Image].Path]
				}
			}
		}
	}
}

package tasks

import (
	"fmt"
	"slices"

	"musc/engine"
	"musc/engine/evidence"
	"musc/engine/results"
	"musc/engine/verdict"
)

// What the report shows of a batch that is larger than a person can look at.
const (
	pageMost     = 2500 // of the most anomalous photos
	pageLeast    = 500  // of the least anomalous ones, to compare with
	pageEvidence = 100  // of the most anomalous ones have their evidence shown
)

// order is what is to be drawn of an image, without the image.
func (d *drawer) order(place int) engine.Order {
	image := &d.merged.Images[place]
	order := engine.Order{File: d.files[place], Pictures: d.pictured(image),
		Regions: d.merged.Thresholds.Of(image.Before) == verdict.Defective}
	order.Mask = order.Regions && d.Plan.Masks
	if d.onPage(image) {
		order.Thumbnail = thumbnailOf(image.Index)
		for _, patch := range d.crops[place] {
			order.Crops = append(order.Crops, engine.Crop{File: cropOf(image.Index, patch), Patch: patch})
		}
	}
	return order
}

// thumbnailOf and cropOf are where pictures for the page lie, below the folder of results, with slashes.
func thumbnailOf(index int) string {
	return fmt.Sprintf("%s/%06d.jpg", results.ReportFolder, index)
}

func cropOf(index, patch int) string {
	return fmt.Sprintf("%s/%06d-%d.jpg", results.ReportFolder, index, patch)
}

// pictured says whether an image has a map and an overlay, as far as any are asked for.
func (d *drawer) pictured(image *MergedImage) bool {
	return (d.Plan.Maps != "none" || d.Plan.Overlays) &&
		(d.Plan.DrawTop == 0 || image.Rank <= d.Plan.DrawTop)
}

// onPage says whether the report shows an image.
func (d *drawer) onPage(image *MergedImage) bool {
	return d.Plan.Report && (image.Rank <= pageMost || image.Rank > len(d.merged.Images)-pageLeast)
}

// wanted says whether there is anything to do for an image.
func (d *drawer) wanted(image *MergedImage) bool {
	return d.pictured(image) || d.onPage(image) ||
		d.merged.Thresholds.Of(image.Before) == verdict.Defective
}

// reasons are the evidence of the subset's images that the report explains. Their images are places in
// merged.Images.
func (d *drawer) reasons(subset int) (list []evidence.Evidence, err error) {
	explained := func(place int) bool {
		return d.onPage(&d.merged.Images[place]) && d.merged.Images[place].Rank <= pageEvidence
	}
	if !slices.ContainsFunc(d.of[subset], explained) {
		return nil, nil
	}
	part, err := d.readPart(subset, Reasons)
	if err != nil {
		return nil, err
	}
	for _, e := range part.Evidence {
		if e.Image = d.of[subset][e.Image]; !explained(e.Image) {
			continue
		}
		if e.Typical >= 0 {
			e.Typical = d.of[subset][e.Typical]
		}
		for s := range e.Stages {
			for k, match := range e.Stages[s].Nearest {
				if !match.Reference {
					e.Stages[s].Nearest[k].Image = d.of[subset][match.Image]
				}
			}
		}
		list = append(list, e)
	}
	return list, nil
}

// findCrops lists by place the patches that are shown of images of a subset: evidence never leaves it.
func (d *drawer) findCrops(subset int) error {
	reasons, err := d.reasons(subset)
	add := func(place, patch int) {
		if !slices.Contains(d.crops[place], patch) {
			d.crops[place] = append(d.crops[place], patch)
		}
	}
	for _, e := range reasons {
		add(e.Image, e.Patch)
		if e.Typical >= 0 {
			add(e.Typical, e.Patch)
		}
		for _, match := range e.Stages[e.Mattered].Nearest {
			if !match.Reference {
				add(match.Image, match.Patch)
			}
		}
	}
	return err
}

package evaluation

import (
	"fmt"

	"musc/engine/evaluation/labelled"
	"musc/engine/evaluation/metrics"
)

// reasons says why figures of a class are missing, or are of fewer images than one would think:
// empty counts the defective images whose masks mark nothing.
func (r *Result) reasons(unmasked, empty int) (notes []string) {
	add := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	switch {
	case r.Images == 0:
		add("it has no test images: no metrics")
		return notes
	case r.Defective == 0:
		add("none of its %d images is defective: no metrics", r.Images)
		return notes
	case r.Defective == r.Images:
		add("none of its %d images is good: no image metrics, and pixel metrics are of defective images "+
			"alone", r.Images)
	}
	switch {
	case unmasked > 0:
		add("%d of %d defective images have no mask: no pixel metrics", unmasked, r.Defective)
	case empty == r.Defective:
		add("the masks of all its %d defective images are empty: no pixel metrics", r.Defective)
	case empty > 0:
		add("the masks of %d of its %d defective images are empty: their pixels count as good", empty,
			r.Defective)
	}
	return notes
}

// pixelReasons says why some of the pixel metrics are missing where others are not.
func (r *Result) pixelReasons() (notes []string) {
	if _, defined := r.Pixel.AUROC.Get(); !defined {
		return nil
	}
	if _, defined := r.Pixel.PRO.Get(); !defined {
		notes = append(notes, "fewer than two of the 200 thresholds have a false-positive rate below 30 %: "+
			"no PRO")
	}
	if _, defined := r.Pixel.AUPIMO.Get(); !defined {
		notes = append(notes, fmt.Sprintf("its good images have fewer than %d pixels: no AUPIMO",
			int(metrics.PIMOPixels)))
	}
	return notes
}

// maskNotes are what labelled's check finds odd about the masks, one line a kind of finding.
func maskNotes(predictions []prediction) []string {
	var found []labelled.Problem
	for _, p := range predictions {
		found = append(found, p.Image.MaskFindings()...)
	}
	return labelled.Summary(found)
}

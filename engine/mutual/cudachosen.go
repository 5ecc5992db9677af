//go:build cuda && linux

package mutual

// tellChosen tells which patches the search found for images first to first+rows-1.
func (r *deviceRun) tellChosen(first, rows int) error {
	if r.chosen == nil {
		return nil
	}
	end := len(r.members) + r.references
	for degree, radius := range r.radii {
		for image := first; image < first+rows; image++ {
			for scorer := r.base(); scorer < end; scorer++ {
				if scorer == image {
					continue
				}
				nearest, err := r.device.Nearest(degree, image-first, scorer-r.base())
				if err != nil {
					return err
				}
				r.chosen(Chosen{Stage: r.stage, Degree: 2*radius + 1, Image: image, Scorer: scorer,
					Nearest: nearest})
			}
		}
	}
	return nil
}

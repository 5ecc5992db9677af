package metrics

import (
	"cmp"
	"iter"
	"slices"
)

// definitionImage is an Image whose map is float64.
type definitionImage struct {
	width, height int
	values        []float64 // [height,width]
	mask          []bool    // [height,width], true for a defective pixel
	defective     bool
}

// levelsOf is the readable form of what buckets do, for any finite float64: every pixel is sorted,
// from the highest value down, and equal ones make a level.
func levelsOf(images []definitionImage) (*population, iter.Seq[level]) {
	type pixel struct {
		value  float64
		label  uint32 // region + 1, or 0
		ofGood bool
	}
	var pixels []pixel
	p := &population{}
	for _, image := range images {
		labels := make([]uint32, len(image.values))
		p.addMask(image.mask, image.height, image.width, labels)
		for i, value := range image.values {
			pixels = append(pixels, pixel{value, labels[i], !image.defective})
			switch {
			case labels[i] > 0: // counted by its region
			case image.defective:
				p.background++
			default:
				p.good++
			}
		}
	}
	if len(pixels) == 0 {
		return p, func(func(level) bool) {}
	}
	slices.SortFunc(pixels, func(a, b pixel) int { return cmp.Compare(b.value, a.value) })
	p.highest, p.lowest = pixels[0].value, pixels[len(pixels)-1].value
	return p, func(yield func(level) bool) {
		for first := 0; first < len(pixels); {
			l := level{score: pixels[first].value}
			for ; first < len(pixels) && pixels[first].value == l.score; first++ {
				switch {
				case pixels[first].label > 0:
					l.regions = append(l.regions, pixels[first].label-1)
				case pixels[first].ofGood:
					l.good++
				default:
					l.background++
				}
			}
			if !yield(l) {
				return
			}
		}
	}
}

package metrics

import (
	"iter"
	"math"

	"musc/engine/fault"
)

// Image is an anomaly map and what is known about the image. Slices may be used again for the
// next image of an iteration.
type Image struct {
	Name          string // for messages
	Width, Height int
	Map           []float32 // [Height,Width]
	Mask          []bool    // [Height,Width], true for a defective pixel; nil if there is none
	Defective     bool      // the image's label; its mask may still be empty
}

// PixelLevel are the metrics of anomaly maps. All are none unless there are defective and good
// pixels.
type PixelLevel struct {
	AUROC    Value `json:"auroc"`
	F1Max    Value `json:"f1_max"`
	AP       Value `json:"ap"`
	PRO      Value `json:"pro"`
	MVTecPRO Value `json:"mvtec_pro"`
	AUPIMO   Value `json:"aupimo"`

	F1Threshold Value `json:"f1_threshold"` // as in ImageLevel, of pixels
}

// Curves are what a plot shows, each thinned to some hundred points.
type Curves struct {
	ROC []Point `json:"roc"` // false-positive rate, true-positive rate
	PR  []Point `json:"pr"`  // recall, precision
	PRO []Point `json:"pro"` // false-positive rate up to PROLimit, mean overlap
}

// Pixels measures the maps of all images together. It goes through images twice and must get the
// same ones; it holds two bytes a good pixel and eight a defective one. Maps that hold a value that
// is not finite or do not fit their sides, and masks of good images that are not empty, are of kind
// fault.Input.
func Pixels(images iter.Seq2[Image, error]) (PixelLevel, Curves, error) {
	var b buckets
	if err := b.count(images); err != nil {
		return PixelLevel{}, Curves{}, err
	}
	if err := b.fill(images); err != nil {
		return PixelLevel{}, Curves{}, err
	}
	result, curves := measure(&b.population, b.levels)
	return result, curves, nil
}

// level is what has one distinct score.
type level struct {
	score            float64
	good, background int64    // pixels without a defect: of good images, of defective ones
	regions          []uint32 // the region of each defective pixel
}

// population is everything that is measured, counted.
type population struct {
	lowest, highest  float64
	good, background int64 // pixels, as in level
	regions          []region
	defective        []int64 // defective pixels, by image that has any
}

// region is a connected part of a mask.
type region struct {
	area  int64 // in pixels
	image int   // index in population.defective
}

// positives is the number of defective pixels.
func (p *population) positives() (sum int64) {
	for _, pixels := range p.defective {
		sum += pixels
	}
	return sum
}

// addMask labels the regions of an image's mask; labels [height,width] get the region's index + 1.
func (p *population) addMask(mask []bool, height, width int, labels []uint32) {
	areas := connect(mask, height, width, labels, uint32(len(p.regions)))
	if len(areas) == 0 {
		return
	}
	p.defective = append(p.defective, 0)
	image := len(p.defective) - 1
	for _, area := range areas {
		p.regions = append(p.regions, region{area, image})
		p.defective[image] += area
	}
}

// check refuses what cannot be measured, except for values that are not finite.
func (m *Image) check() error {
	switch {
	case m.Width < 1 || m.Height < 1 || len(m.Map) != m.Width*m.Height:
		return fault.New(fault.Input, "cannot measure the anomaly map of %s: %d values do not make "+
			"%d x %d pixels", m.Name, len(m.Map), m.Width, m.Height)
	case m.Mask != nil && len(m.Mask) != len(m.Map):
		return fault.New(fault.Input, "cannot measure the anomaly map of %s: its mask has %d pixels, "+
			"the map %d; give both the same size", m.Name, len(m.Mask), len(m.Map))
	}
	if !m.Defective {
		for i, defective := range m.Mask {
			if defective {
				return fault.New(fault.Input, "%s is labelled good, but its mask shows a defect at "+
					"column %d, row %d; correct the label or the mask", m.Name, i%m.Width, i/m.Width)
			}
		}
	}
	return nil
}

// notFinite says where a map holds what cannot be ranked.
func (m *Image) notFinite(pixel int) error {
	return fault.New(fault.Input, "cannot measure the anomaly map of %s: it is %v at column %d, row "+
		"%d; make the map again, or leave the image out of the data set", m.Name, m.Map[pixel],
		pixel%m.Width, pixel/m.Width)
}

// measure computes every metric in one pass over the levels, the highest score first.
func measure(p *population, levels iter.Seq[level]) (PixelLevel, Curves) {
	pixels := ranking{positives: float64(p.positives()),
		negatives: float64(p.good + p.background)}
	if pixels.positives == 0 || pixels.negatives == 0 {
		return PixelLevel{}, Curves{}
	}
	even, exact, images := newEvenPRO(p), newExactPRO(p), newPIMO(p)
	var roc, pr outline
	roc.add(0, 0)
	for l := range levels {
		pixels.add(l.score, float64(len(l.regions)), float64(l.good+l.background))
		even.add(l)
		exact.add(l)
		images.add(l)
		recall := pixels.found / pixels.positives
		roc.add(pixels.alarms/pixels.negatives, recall)
		pr.add(recall, pixels.found/(pixels.found+pixels.alarms))
	}
	return PixelLevel{
			AUROC: pixels.auroc(), F1Max: pixels.f1Max(), AP: pixels.ap(),
			PRO: even.value(), MVTecPRO: exact.value(), AUPIMO: images.value(),
			F1Threshold: pixels.f1Threshold(),
		}, Curves{
			ROC: roc.finish(), PR: pr.finish(), PRO: exact.curve.finish(),
		}
}

// finite32 is whether a float32 is a number and not infinite: its exponent is not all ones.
func finite32(value float32) bool {
	const exponent = 0xff << 23
	return math.Float32bits(value)&exponent != exponent
}

package metrics

import "math"

// The shared false-positive rates between which AUPIMO is taken.
const (
	pimoLow  = 1e-5
	pimoHigh = 1e-4
)

// PIMOPixels is how many pixels the good images must have for AUPIMO: one alone would else exceed the
// lower bound.
const PIMOPixels = 1 / pimoLow

// pimo accumulates AUPIMO: for each defective image the area under its recall against the
// logarithm of the false-positive rate shared by all good images. Images of one size, as in the
// data sets, weigh the same in that rate; otherwise each good pixel does.
type pimo struct {
	population *population
	alarms     int64     // pixels of good images so far
	rate       float64   // alarms over all of them
	found      []int64   // defective pixels so far, by image
	recalls    []float64 // before the level, by image
	areas      []float64 // by image
}

func newPIMO(p *population) *pimo {
	n := len(p.defective)
	return &pimo{population: p, found: make([]int64, n), recalls: make([]float64, n),
		areas: make([]float64, n)}
}

func (m *pimo) add(l level) {
	if m.rate >= pimoHigh || m.population.good == 0 {
		return
	}
	if l.good == 0 { // the curves go straight up
		m.count(l.regions)
		return
	}
	for image := range m.found {
		m.recalls[image] = m.recall(image)
	}
	m.count(l.regions)
	m.alarms += l.good
	before := m.rate
	m.rate = float64(m.alarms) / float64(m.population.good)
	for image := range m.found {
		m.areas[image] += logArea(before, m.rate, m.recalls[image], m.recall(image))
	}
}

func (m *pimo) count(regions []uint32) {
	for _, region := range regions {
		m.found[m.population.regions[region].image]++
	}
}

func (m *pimo) recall(image int) float64 {
	return float64(m.found[image]) / float64(m.population.defective[image])
}

// logArea is the area under the line from (ln x0, y0) to (ln x1, y1), cut at the bounds. A line
// from x0 = 0 has no slope: until x1 the recall is the one that costs nothing.
func logArea(x0, x1, y0, y1 float64) float64 {
	from, to := max(x0, pimoLow), min(x1, pimoHigh)
	if from >= to {
		return 0
	}
	if x0 == 0 {
		return y0 * math.Log(to/from)
	}
	at := func(x float64) float64 { return y0 + (y1-y0)*math.Log(x/x0)/math.Log(x1/x0) }
	return math.Log(to/from) * (at(from) + at(to)) / 2
}

// value is the mean over the images with defective pixels. It is none where the good images have
// so few pixels that one alone exceeds the lower bound.
func (m *pimo) value() Value {
	if m.population.good < PIMOPixels || len(m.areas) == 0 {
		return Value{}
	}
	sum := 0.0
	for _, area := range m.areas {
		sum += area / math.Log(pimoHigh/pimoLow)
	}
	return ratio(sum / float64(len(m.areas)))
}

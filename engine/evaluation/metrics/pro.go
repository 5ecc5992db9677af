package metrics

// PROLimit is the false-positive rate up to which PRO is taken.
const PROLimit = 0.3

// proThresholds is how many steps the range of the maps is divided into.
const proThresholds = 200

// evenPRO accumulates PRO as MuSc's evaluation takes it, at evenly spaced thresholds.
type evenPRO struct {
	population *population
	thresholds []float64 // ascending; those not yet passed on the way down
	found      []int64   // pixels above, by region
	alarms     int64     // good pixels above

	rates, overlaps []float64 // the points below PROLimit
}

func newEvenPRO(p *population) *evenPRO {
	return &evenPRO{population: p, thresholds: evenThresholds(p.lowest, p.highest),
		found: make([]int64, len(p.regions))}
}

// evenThresholds is numpy.arange(low, high, (high-low)/200) to the last bit, since pixels may equal
// a threshold: the second value less the first is the step, and the count, 200 or 201, is rounded
// up. The conversions keep compilers from fusing products and sums.
func evenThresholds(low, high float64) []float64 {
	if !(high > low) {
		return nil
	}
	step := (high - low) / proThresholds
	second := float64(low + step)
	step = second - low
	exact := (high - low) / ((high - low) / proThresholds)
	count := int(exact)
	if float64(count) < exact {
		count++
	}
	thresholds := make([]float64, count)
	for i := range thresholds {
		thresholds[i] = low + float64(float64(i)*step)
	}
	return thresholds
}

// add notes the points of all thresholds from the level's score up, which its pixels do not
// exceed, then counts the level.
func (e *evenPRO) add(l level) {
	for n := len(e.thresholds); n > 0 && e.thresholds[n-1] >= l.score; n-- {
		e.thresholds = e.thresholds[:n-1]
		e.point()
	}
	e.alarms += l.good + l.background
	for _, region := range l.regions {
		e.found[region]++
	}
}

func (e *evenPRO) point() {
	rate := float64(e.alarms) / float64(e.population.good+e.population.background)
	if !(rate < PROLimit) {
		return
	}
	sum := 0.0
	for region, found := range e.found {
		sum += float64(found) / float64(e.population.regions[region].area)
	}
	e.rates = append(e.rates, rate)
	e.overlaps = append(e.overlaps, sum/float64(len(e.found)))
}

// value is none where fewer than two different rates lie below the limit: then there is no axis
// to rescale.
func (e *evenPRO) value() Value {
	n := len(e.rates)
	if n == 0 || len(e.found) == 0 || e.rates[n-1] == e.rates[0] {
		return Value{}
	}
	area := 0.0
	for i := 1; i < n; i++ {
		area += (e.rates[i] - e.rates[i-1]) * (e.overlaps[i] + e.overlaps[i-1]) / 2
	}
	return ratio(area / (e.rates[n-1] - e.rates[0]))
}

// exactPRO accumulates PRO over all thresholds, as MVTec's evaluation does.
type exactPRO struct {
	population *population
	weights    []float64 // of a pixel, by region: 1 / (area * regions)
	alarms     int64
	rate       float64 // alarms over all good pixels
	overlap    float64
	area       float64 // up to PROLimit
	curve      outline
}

func newExactPRO(p *population) *exactPRO {
	e := &exactPRO{population: p, weights: make([]float64, len(p.regions))}
	for k, region := range p.regions {
		e.weights[k] = 1 / (float64(region.area) * float64(len(p.regions)))
	}
	e.curve.add(0, 0)
	return e
}

func (e *exactPRO) add(l level) {
	before, overlapBefore := e.rate, e.overlap
	for _, region := range l.regions {
		e.overlap = min(e.overlap+e.weights[region], 1) // rounded weights may add up to more
	}
	if negatives := l.good + l.background; negatives > 0 {
		e.alarms += negatives
		e.rate = float64(e.alarms) / float64(e.population.good+e.population.background)
	}
	if before >= PROLimit {
		return
	}
	until, overlap := e.rate, e.overlap
	if until > PROLimit { // the straight line is cut at the limit
		overlap = overlapBefore + (overlap-overlapBefore)*(PROLimit-before)/(until-before)
		until = PROLimit
	}
	e.area += (until - before) * (overlapBefore + overlap) / 2
	e.curve.add(until, overlap)
}

func (e *exactPRO) value() Value {
	if len(e.weights) == 0 || e.population.good+e.population.background == 0 {
		return Value{}
	}
	return ratio(e.area / PROLimit)
}

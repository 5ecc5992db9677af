package metrics

import "math"

// ranking accumulates AUROC, AP and F1-max from the highest level down.
type ranking struct {
	positives, negatives float64 // of all levels
	found, alarms        float64 // TP and FP so far

	twiceArea float64 // under the ROC curve in units of one pair: whole numbers, exact up to 2^53
	precision float64 // sum of dTP * TP/(TP+FP)
	f1        float64 // the largest so far
	threshold float64 // the score of its level
}

// add counts the items of one level.
func (r *ranking) add(score, positives, negatives float64) {
	r.twiceArea += negatives * (2*r.found + positives)
	r.found += positives
	r.alarms += negatives
	if positives > 0 { // else neither recall nor F1 grows
		r.precision += positives * (r.found / (r.found + r.alarms))
		if f1 := 2 * r.found / (r.found + r.alarms + r.positives); f1 > r.f1 {
			r.f1, r.threshold = f1, score
		}
	}
}

// auroc, ap and f1Max are none unless both classes are there.
func (r *ranking) auroc() Value {
	return r.value(r.twiceArea / (2 * r.positives * r.negatives))
}

func (r *ranking) ap() Value    { return r.value(min(r.precision/r.positives, 1)) }
func (r *ranking) f1Max() Value { return r.value(r.f1) }

// f1Threshold is the highest score from which on items count as defective where F1 is largest.
func (r *ranking) f1Threshold() Value { return r.value(r.threshold) }

func (r *ranking) value(x float64) Value {
	if r.positives == 0 || r.negatives == 0 {
		return Value{}
	}
	return Some(x)
}

// Point is one point of a curve.
type Point struct {
	X, Y float64
}

// curveStep is how far apart the points of a curve are kept, on either axis: about a pixel of a
// plot.
const curveStep = 1.0 / 400

// outline keeps the points of a curve that a plot can tell apart.
type outline struct {
	points []Point
	last   Point // may be nearer than curveStep to the last of points
}

func (o *outline) add(x, y float64) {
	o.last = Point{x, y}
	if n := len(o.points); n > 0 {
		kept := o.points[n-1]
		if math.Abs(x-kept.X) < curveStep && math.Abs(y-kept.Y) < curveStep {
			return
		}
	}
	o.points = append(o.points, o.last)
}

// finish returns the points, the last one among them.
func (o *outline) finish() []Point {
	if n := len(o.points); n > 0 && o.points[n-1] != o.last {
		o.points = append(o.points, o.last)
	}
	return o.points
}

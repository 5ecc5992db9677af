package verdict

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"musc/engine/fault"
)

// Estimator finds the thresholds of one batch.
type Estimator interface {
	// Estimate finds them from the scores before RsCIN [N] and the names [N] of the images in the
	// batch. Where the batch does not tell, Thresholds.Why says so and the error is nil; a score
	// that is not finite is an error of kind fault.Input that names the image.
	Estimate(scores []float64, names []string) (Thresholds, error)
}

// forms are the ways to ask for thresholds, for messages.
const forms = "auto, none, a NUMBER, NUMBER,REVIEW, rate:5% or labels:FILE.csv"

// kinds are the estimators there are. Each makes an Estimator of a method of its form, and returns
// nil for any other.
var kinds = []func(method string, labels []Label) (Estimator, error){
	newNone,
	newAuto,
	newRate,
	newLabelled,
	newNumber,
}

// Parse reads what a user asks for: auto, none, a NUMBER, NUMBER,REVIEW, rate:5% or labels:FILE.csv. The
// method is what New takes, and what Thresholds keep; for labels:FILE it is "labels", and the labels are
// those of the file. Errors are of kind fault.Usage, or fault.Input if the file cannot be used.
func Parse(text string) (method string, labels []Label, err error) {
	method = strings.TrimSpace(text)
	if path, ok := strings.CutPrefix(method, labelsMethod+":"); ok || method == labelsMethod {
		if path == "" || !ok {
			return "", nil, fault.New(fault.Usage, "the threshold %q names no file; write "+
				"labels:FILE.csv, a list with the columns image and label", text)
		}
		if labels, err = ReadLabels(path); err != nil {
			return "", nil, err
		}
		if _, err = New(labelsMethod, labels); err != nil {
			return "", nil, fmt.Errorf("the list %s: %w", path, err)
		}
		return labelsMethod, labels, nil
	}
	if _, err = New(method, nil); err != nil {
		return "", nil, err
	}
	return method, nil, nil
}

// New makes the estimator of a method that Parse returned, with its labels. Errors are Parse's.
func New(method string, labels []Label) (Estimator, error) {
	for _, kind := range kinds {
		estimator, err := kind(method, labels)
		if err != nil {
			return nil, err
		}
		if estimator != nil {
			return checked{method, estimator}, nil
		}
	}
	return nil, fault.New(fault.Usage, "the threshold %q is not understood; give %s", method, forms)
}

// checked is an estimator whose input and result are looked at.
type checked struct {
	method    string
	estimator Estimator
}

func (c checked) Estimate(scores []float64, names []string) (Thresholds, error) {
	if len(scores) != len(names) {
		return Thresholds{}, fault.New(fault.Internal, "cannot estimate a threshold: %d scores, but "+
			"%d names", len(scores), len(names))
	}
	for i, score := range scores {
		if !finite(score) {
			return Thresholds{}, fault.New(fault.Input, "cannot estimate a threshold: the score of %s is "+
				"%v; leave that image out", names[i], score)
		}
	}
	t, err := c.estimator.Estimate(scores, names)
	if err != nil {
		return Thresholds{}, err
	}
	if !finite(t.Threshold) || !finite(t.Review) {
		return Thresholds{}, fault.New(fault.Input, "cannot estimate a threshold: the scores from %v "+
			"to %v are too far apart; give a number", slices.Min(scores), slices.Max(scores))
	}
	t.Method = c.method
	return t, nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// between is a level in the middle of low < high that is above low and at most high.
func between(low, high float64) float64 {
	if middle := low/2 + high/2; middle > low { // not (low+high)/2, which overflows
		return min(middle, high)
	}
	return high
}

// above is the smallest level that is above x.
func above(x float64) float64 { return math.Nextafter(x, math.Inf(1)) }

package verdict

import (
	"strconv"
	"strings"

	"musc/engine/fault"
)

// number is what the user says: "0.35" is the threshold and the review level, in "0.35,0.32" the
// second one is the review level.
type number struct{ threshold, review float64 }

func newNumber(method string, _ []Label) (Estimator, error) {
	first, second, two := strings.Cut(method, ",")
	threshold, ok := level(first)
	if !ok {
		return nil, nil
	}
	if !two {
		return number{threshold, threshold}, nil
	}
	review, ok := level(second)
	if !ok || review > threshold {
		return nil, fault.New(fault.Usage, "the threshold %q is no threshold and review level; give two "+
			"numbers such as 0.35,0.32, the second at most the first, with points for decimals", method)
	}
	return number{threshold, review}, nil
}

func level(text string) (value float64, ok bool) {
	value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return value, err == nil && finite(value)
}

func (n number) Estimate([]float64, []string) (Thresholds, error) {
	return Thresholds{Threshold: n.threshold, Review: n.review}, nil
}

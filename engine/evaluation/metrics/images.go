package metrics

import (
	"cmp"
	"math"
	"slices"

	"musc/engine/fault"
)

// ImageLevel are the metrics of image scores. All are none unless there are defective and good
// images.
type ImageLevel struct {
	AUROC Value `json:"auroc"`
	F1Max Value `json:"f1_max"`
	AP    Value `json:"ap"`

	// F1Threshold is the score that gives F1Max: that score and higher ones are defective. It is
	// found with the labels, so it says how these images could be told apart, not how the next will.
	F1Threshold Value `json:"f1_threshold"`
}

// Images measures scores [N] against labels [N], true for defective. Slices of different lengths
// and scores that are not finite numbers are of kind fault.Input.
func Images(labels []bool, scores []float64) (ImageLevel, error) {
	ranking, err := rank(labels, scores)
	if err != nil {
		return ImageLevel{}, err
	}
	return ImageLevel{AUROC: ranking.auroc(), F1Max: ranking.f1Max(), AP: ranking.ap(),
		F1Threshold: ranking.f1Threshold()}, nil
}

// AUROC is the area under the receiver operating characteristic of scores [N] against labels [N],
// true for defective: the chance that a defective image scores above a good one, where equal
// scores count one half. As Images, but labels of one class only are an error too.
func AUROC(labels []bool, scores []float64) (float64, error) {
	ranking, err := rank(labels, scores)
	if err != nil {
		return 0, err
	}
	auroc, defined := ranking.auroc().Get()
	if !defined {
		return 0, fault.New(fault.Input, "cannot compute AUROC: %g defective and %g good images; the "+
			"labels must name at least one of each", ranking.positives, ranking.negatives)
	}
	return auroc, nil
}

// rank goes through the scores, level by level.
func rank(labels []bool, scores []float64) (*ranking, error) {
	if len(labels) != len(scores) {
		return nil, fault.New(fault.Input, "cannot rank the images: %d labels for %d scores; give "+
			"every image one label", len(labels), len(scores))
	}
	result := &ranking{}
	order := make([]int, len(scores))
	for i, score := range scores {
		if math.IsNaN(score) || math.IsInf(score, 0) {
			return nil, fault.New(fault.Input, "cannot rank the images: the score in row %d is %v, not "+
				"a finite number; leave that image out", i+1, score)
		}
		order[i] = i
		if labels[i] {
			result.positives++
		} else {
			result.negatives++
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	for first := 0; first < len(order); {
		var positives, negatives float64
		end := first
		for ; end < len(order) && scores[order[end]] == scores[order[first]]; end++ {
			if labels[order[end]] {
				positives++
			} else {
				negatives++
			}
		}
		result.add(scores[order[first]], positives, negatives)
		first = end
	}
	return result, nil
}

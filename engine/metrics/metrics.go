// Package metrics measures scores against labels (SPEC section 6).
package metrics

import (
	"cmp"
	"math"
	"slices"

	"musc/engine/fault"
)

// AUROC is the area under the receiver operating characteristic of scores [N] against labels [N],
// true for defective: the chance that a defective image scores above a good one, where equal
// scores count one half. By ranks (Mann-Whitney), with P defective and Q good images:
//
//	AUROC = (sum of the ranks of the defective - P (P+1) / 2) / (P Q)
//
// Ranks ascend from 1; tied scores share the mean of their ranks. Slices of different lengths, a
// score that is NaN and labels of one class only are of kind fault.Input.
func AUROC(labels []bool, scores []float64) (float64, error) {
	if len(labels) != len(scores) {
		return 0, fault.New(fault.Input, "cannot compute AUROC: %d labels for %d scores; give every "+
			"image one label", len(labels), len(scores))
	}
	order := make([]int, len(scores))
	positives := 0.0
	for i, score := range scores {
		if math.IsNaN(score) {
			return 0, fault.New(fault.Input, "cannot compute AUROC: the score in row %d is not a "+
				"number; leave that image out", i)
		}
		order[i] = i
		if labels[i] {
			positives++
		}
	}
	negatives := float64(len(scores)) - positives
	if positives == 0 || negatives == 0 {
		return 0, fault.New(fault.Input, "cannot compute AUROC: %g defective and %g good images; the "+
			"labels must name at least one of each", positives, negatives)
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	rankSum := 0.0
	for first := 0; first < len(order); {
		end, tiedPositives := first, 0.0
		for ; end < len(order) && scores[order[end]] == scores[order[first]]; end++ {
			if labels[order[end]] {
				tiedPositives++
			}
		}
		meanRank := float64(first+1+end) / 2 // of the ranks first+1 to end
		rankSum += tiedPositives * meanRank
		first = end
	}
	return (rankSum - positives*(positives+1)/2) / (positives * negatives), nil
}

package verdict

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"musc/engine/fault"
)

// rate takes the share of the photos that is defective: "rate:5%" or "rate:0.05". Of N scores in
// descending order s_1 >= ... >= s_N the first
//
//	n = floor(share N + 1/2)
//
// are defective (halves round up), and the threshold is the middle of s_n and s_n+1. Where these two
// are equal, all photos with that score are left good, so that never more than n are defective. For
// n = 0 the threshold is just above s_1, for n = N it is s_N. There is no review band.
type rate struct{ value, of float64 } // the share is value/of; of is 100 for a percentage

func newRate(method string, _ []Label) (Estimator, error) {
	text, ok := strings.CutPrefix(method, "rate:")
	if !ok {
		return nil, nil
	}
	r := rate{of: 1}
	plain, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	if percent {
		r.of = 100
	}
	if r.value, ok = level(plain); !ok || r.value < 0 || r.value > r.of {
		return nil, fault.New(fault.Usage, "the threshold %q is no share of the photos; give one from "+
			"rate:0%% to rate:100%%, or from rate:0 to rate:1", method)
	}
	return r, nil
}

// count is n of total. The small amount makes up for decimal fractions that are not exact in binary:
// 14.5 % of 100 is 14.5.
func (r rate) count(total int) int {
	return min(total, int(math.Floor(r.value*float64(total)/r.of+0.5+1e-9)))
}

func (r rate) Estimate(scores []float64, _ []string) (Thresholds, error) {
	if len(scores) == 0 {
		return Thresholds{Why: "there are no photos"}, nil
	}
	sorted := slices.Sorted(slices.Values(scores))
	inside := r.count(len(sorted))
	first := len(sorted) - inside // the lowest score inside
	for first < len(sorted) && first > 0 && sorted[first] == sorted[first-1] {
		first++
	}
	var threshold float64
	switch first {
	case 0:
		threshold = sorted[0]
	case len(sorted):
		threshold = above(sorted[first-1])
	default:
		threshold = between(sorted[first-1], sorted[first])
	}
	t := Thresholds{Threshold: threshold, Review: threshold}
	if left := inside - (len(sorted) - first); left > 0 {
		t.Notes = []string{fmt.Sprintf("%d photos instead of %d are defective: those at the border have "+
			"equal scores (%s) and count as good", inside-left, inside,
			strconv.FormatFloat(sorted[first-1], 'g', 4, 64))}
	}
	return t, nil
}

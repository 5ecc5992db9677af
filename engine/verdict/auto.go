package verdict

import (
	"fmt"
	"math"
	"slices"
)

// Parameters of the estimate from a batch's own scores.
const (
	fewest       = 10  // scores; below there is nothing to estimate
	kDefective   = 3.5 // standard deviations above the mean of the good photos
	kReview      = 2.5
	unsafeShare  = 0.4   // called defective; no ordinary batch measured had more than .33
	unsafeSpread = 0.2   // sigma / mu; with at most 40 % defective ones it was .19 or less
	leastSpread  = 1e-3  // of sigma: rounding alone makes the scores of equal photos differ by less
	normal25     = .6745 // a quarter of a normal distribution lies below mean - .6745 sigma
	normal10to40 = 1.0282
)

// auto estimates the distribution of the good photos' scores from the lower tail of all scores,
// where few defective ones are:
//
//	sigma = (q40 - q10) / 1.0282
//	mu    = q25 + .6745 sigma
//	t     = mu + k sigma,  k = 3.5 for Threshold, 2.5 for Review
//
// q10, q25 and q40 are percentiles of the N scores, with linear interpolation at position q (N-1);
// 1.0282 and .6745 are those distances of a normal distribution. It assumes that most photos are
// good. What lies above q40 has no influence, so that large scores cannot hide each other.
//
// docs/verdicts.md shows when it fails: with half of the photos defective, sigma is that of both kinds,
// and few are found. Notes warn of what is known to go with that.
//
// Photos that are all the same have scores that differ by rounding alone. sigma is therefore taken
// as at least .001 max(1, |q25|): none of them is defective, and what differs from them is.
type auto struct{}

func newAuto(method string, _ []Label) (Estimator, error) {
	if method != "auto" {
		return nil, nil
	}
	return auto{}, nil
}

func (auto) Estimate(scores []float64, _ []string) (t Thresholds, err error) {
	if len(scores) < fewest {
		return Thresholds{Why: fmt.Sprintf("%s too few to tell a threshold from their scores: %d are "+
			"needed; give --threshold NUMBER or labels:FILE", photos(len(scores)), fewest)}, nil
	}
	sorted := slices.Sorted(slices.Values(scores))
	q10, q25, q40 := percentile(sorted, .10), percentile(sorted, .25), percentile(sorted, .40)
	sigma := (q40 - q10) / normal10to40
	t.Notes = []string{"the threshold assumes that most photos are good; about one good photo in " +
		"twenty lands in \"review\""}
	least := leastSpread * max(1, math.Abs(q25))
	equal := sigma < least
	if equal {
		sigma = least
		t.Notes = append(t.Notes, "three tenths of the photos or more have the same score: if they are "+
			"copies of each other, leave the copies out; else check what is called defective")
	}
	mu := q25 + normal25*sigma
	t.Threshold, t.Review = mu+kDefective*sigma, mu+kReview*sigma
	if !equal && mu > 0 && sigma > unsafeSpread*mu {
		t.Notes = append(t.Notes, fmt.Sprintf("the scores of the most normal photos differ a lot (standard "+
			"deviation %.0f %% of the mean): if a third of all or more are defective, few of them are "+
			"found; look at the highest scores, and give --threshold rate:PERCENT or labels:FILE", 100*sigma/mu))
	}
	defective := 0
	for _, score := range scores {
		if score >= t.Threshold {
			defective++
		}
	}
	if share := float64(defective) / float64(len(scores)); share > unsafeShare {
		t.Notes = append(t.Notes, fmt.Sprintf("%d of %d photos would be defective: the threshold is "+
			"not to be relied on, as when many photos are copies of each other; look at them, and give "+
			"--threshold NUMBER or labels:FILE", defective, len(scores)))
	}
	return t, nil
}

func photos(count int) string {
	if count == 1 {
		return "1 photo is"
	}
	return fmt.Sprintf("%d photos are", count)
}

// percentile is the value at position q (N-1) of ascending values [N], q from 0 to 1.
func percentile(sorted []float64, q float64) float64 {
	position := q * float64(len(sorted)-1)
	low := int(position)
	high := min(low+1, len(sorted)-1)
	weight := position - float64(low)
	return sorted[low] + float64(weight*(sorted[high]-sorted[low]))
}

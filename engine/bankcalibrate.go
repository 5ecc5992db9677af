package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"musc/engine/bank"
	"musc/engine/fault"
	"musc/engine/verdict"
)

// calibrateBank scores every photo of a bank by all others, as new photos are scored by the bank; nil of
// a photo alone. The job is that of amongThemselves, and ready.
func calibrateBank(ctx context.Context, job Config, b *bank.Bank, clock *clock) ([]float64, error) {
	all := upTo(len(b.Header().Photos))
	if len(all) < 2 {
		return nil, nil
	}
	clock.begin(StepCalibrate, len(all))
	defer clock.end()
	set, err := openBankSet(ctx, job, b, all)
	if err != nil {
		return nil, err
	}
	defer set.close()
	return set.scores(ctx, all, nil, advance(clock, len(all)))
}

// thresholdsOf estimates the thresholds of a bank from what its photos score, and others that were left
// out of it; scores is nil of a photo alone.
func thresholdsOf(photos []bank.Photo, scores, leftOut []float64, method string) (bank.Calibration, error) {
	found := bank.Calibration{Method: method, Scores: scores, LeftOut: leftOut}
	all := slices.Concat(scores, leftOut)
	names := make([]string, len(all))
	for k := range scores {
		names[k] = photos[k].Name
	}
	estimator, err := bankEstimator(method)
	if err != nil {
		return found, err
	}
	if found.Thresholds, err = estimator.Estimate(all, names); err != nil {
		return found, err
	}
	if len(names) == 0 && found.Thresholds.Why != "" && method != noThreshold {
		found.Thresholds.Why = "one photo alone has nothing to be compared with: add more good photos, or " +
			"give --threshold NUMBER"
	}
	if found.FalseAlarms, err = falseAlarms(estimator, all, names); err != nil {
		return found, err
	}
	if found.Thresholds.Known() { // what package verdict assumes of a batch is of no concern here
		found.Thresholds.Notes = calibrationNotes(found.FalseAlarms)
	}
	return found, nil
}

// calibrationNotes say what the good photos make of the thresholds.
func calibrationNotes(of *bank.FalseAlarms) []string {
	if of == nil {
		return nil
	}
	return []string{fmt.Sprintf("of the %d good photos, each held against the threshold of the others, %d would "+
		"be defective and %d in review", of.Photos, of.Defective, of.Review)}
}

// noThreshold is the method that asks for none.
const noThreshold = "none"

// bankEstimator is that of a threshold that a bank can have: all that package verdict has but one from
// labels, since its photos are good. Errors are of kind fault.Usage.
func bankEstimator(method string) (verdict.Estimator, error) {
	if strings.HasPrefix(strings.TrimSpace(method), "labels") {
		return nil, fault.New(fault.Usage, "a bank has good photos only: its threshold is not estimated from "+
			"labels; give auto, a NUMBER or NUMBER,REVIEW")
	}
	method, _, err := verdict.Parse(method)
	if err != nil {
		return nil, err
	}
	return verdict.New(method, nil)
}

// falseAlarms holds every photo against the thresholds that are estimated from the others; nil where
// these are too few.
func falseAlarms(estimator verdict.Estimator, scores []float64, names []string) (*bank.FalseAlarms, error) {
	found := &bank.FalseAlarms{Photos: len(scores)}
	for i, score := range scores {
		t, err := estimator.Estimate(without(scores, i), without(names, i))
		if err != nil {
			return nil, err
		}
		if !t.Known() {
			return nil, nil
		}
		switch t.Of(score) {
		case verdict.Defective:
			found.Defective++
		case verdict.Review:
			found.Review++
		}
	}
	if found.Photos == 0 {
		return nil, nil
	}
	return found, nil
}

func without[T any](list []T, i int) []T { return slices.Concat(list[:i], list[i+1:]) }

// doubtsAbout are those of some photos of a bank, by their places, that score far out among the others: what
// looks defective among good photos hides like defects from then on. A sentence each.
func doubtsAbout(header *bank.Header, places []int) (doubts []string) {
	scores := header.Calibration.Scores
	if len(scores) < leastForDoubt {
		return nil
	}
	for _, i := range places {
		others := without(scores, i)
		low, high := slices.Min(others), slices.Max(others)
		limit := high + (high - low)
		if estimator, err := bankEstimator("auto"); err == nil {
			t, err := estimator.Estimate(others, make([]string, len(others)))
			if err == nil && t.Known() {
				limit = max(t.Threshold, high)
			}
		}
		if scores[i] > limit {
			doubts = append(doubts, fmt.Sprintf("%s: is it good? it scores %.4g, the others at most %.4g",
				header.Photos[i].Name, scores[i], high))
		}
	}
	return doubts
}

// leastForDoubt is how many photos tell what is usual.
const leastForDoubt = 4

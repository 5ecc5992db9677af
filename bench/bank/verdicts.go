package main

import (
	"context"
	"fmt"
	"slices"

	"musc/bench/present"
	"musc/engine/verdict"
)

func newVerdictTable() *present.Table {
	return &present.Table{Title: "Thresholds from the calibration, nearest: shares over all draws, in %",
		Head: []string{"set", "bank", "draws", "false alarms by leave one out", "false alarms of new good photos",
			"in review, too", "defective photos found", "found or in review"}}
}

// addVerdicts estimates thresholds from what the photos of a bank score by each other, and holds all other
// photos against them.
func addVerdicts(_ context.Context, t *present.Table, s *set, draws int) error {
	for _, size := range []int{10, len(s.good) / 2, len(s.good) * 2 / 3} {
		var own, good, defective [3]int // counts: all, from the threshold on, in review
		for draw := range draws {
			bank, rest := s.bank(size, draw)
			scores := s.scores(s.pairs, bank, bank, rules[0])
			thresholds, err := estimate(scores)
			if err != nil {
				return err
			}
			if !thresholds.Known() {
				return nil
			}
			for k, score := range scores {
				others, err := estimate(slices.Concat(scores[:k], scores[k+1:]))
				if err != nil {
					return err
				}
				if others.Known() {
					count(&own, &others, score)
				}
			}
			for k, score := range s.scores(s.pairs, rest, bank, rules[0]) {
				if s.labels[rest[k]] {
					count(&defective, &thresholds, score)
				} else {
					count(&good, &thresholds, score)
				}
			}
		}
		t.Add(s.name, fmt.Sprintf("%d good", size), fmt.Sprint(draws), share(own, 1), share(good, 1),
			share(good, 2), share(defective, 1), share(defective, 1, 2))
	}
	return nil
}

func estimate(scores []float64) (verdict.Thresholds, error) {
	estimator, err := verdict.New("auto", nil)
	if err != nil {
		return verdict.Thresholds{}, err
	}
	return estimator.Estimate(scores, make([]string, len(scores)))
}

func count(counts *[3]int, t *verdict.Thresholds, score float64) {
	counts[0]++
	switch t.Of(score) {
	case verdict.Defective:
		counts[1]++
	case verdict.Review:
		counts[2]++
	}
}

// share is a part of all in percent, "-" of nothing.
func share(counts [3]int, parts ...int) string {
	if counts[0] == 0 {
		return "-"
	}
	sum := 0
	for _, part := range parts {
		sum += counts[part]
	}
	return fmt.Sprintf("%.1f", 100*float64(sum)/float64(counts[0]))
}

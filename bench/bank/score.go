package main

import (
	"context"
	"fmt"
	"math"
	"slices"

	"musc/bench/present"
)

// newScoreTable has a column a rule.
func newScoreTable() *present.Table {
	head := []string{"set", "bank", "scored", "draws"}
	for _, r := range rules {
		head = append(head, r.name)
	}
	return &present.Table{Title: "How new photos are scored by a bank: image AUROC (standard deviation over draws)",
		Head: head}
}

var bankSizes = []int{1, 2, 4, 8, 16, 30}

// addScores scores by banks of several sizes all other photos, and by all good photos every photo but
// itself.
func addScores(_ context.Context, t *present.Table, s *set, draws int) error {
	for _, size := range append(slices.Clone(bankSizes), len(s.good)/2) {
		if size > len(s.good)-4 {
			continue
		}
		name := fmt.Sprintf("%d good", size)
		if size == len(s.good)/2 {
			name = fmt.Sprintf("half of the good: %d", size)
		}
		if err := addScoreRow(t, s, name, draws, func(draw int) ([]int, []int) {
			return s.bank(size, draw)
		}); err != nil {
			return err
		}
	}
	half := len(s.good) / 2
	if err := addScoreRow(t, s, fmt.Sprintf("%d good and 1 defective", half), draws,
		func(draw int) ([]int, []int) {
			bank, rest := s.bank(half, draw)
			hidden := s.defective[draw%len(s.defective)]
			return append(bank, hidden), slices.DeleteFunc(rest, func(i int) bool { return i == hidden })
		}); err != nil {
		return err
	}
	everything := slices.Concat(s.good, s.defective)
	return addScoreRow(t, s, fmt.Sprintf("all %d good, leave one out", len(s.good)), 1,
		func(int) ([]int, []int) { return s.good, everything })
}

func addScoreRow(t *present.Table, s *set, name string, draws int,
	deal func(draw int) (bank, rest []int)) error {

	cells := []string{s.name, name, "", fmt.Sprint(draws)}
	for _, r := range rules {
		values := make([]float64, draws)
		for draw := range draws {
			bank, rest := deal(draw)
			cells[2] = fmt.Sprint(len(rest))
			var err error
			if values[draw], err = s.auroc(rest, s.scores(s.pairs, rest, bank, r)); err != nil {
				return err
			}
		}
		cells = append(cells, meanText(values))
	}
	t.Add(cells...)
	return nil
}

// meanText is the mean, and the standard deviation if there are several.
func meanText(values []float64) string {
	mean, deviation := moments(values)
	if len(values) == 1 {
		return fmt.Sprintf("%.1f", mean)
	}
	return fmt.Sprintf("%.1f (%.1f)", mean, deviation)
}

func moments(values []float64) (mean, deviation float64) {
	for _, value := range values {
		mean += value / float64(len(values))
	}
	for _, value := range values {
		deviation += (value - mean) * (value - mean) / float64(len(values))
	}
	return mean, math.Sqrt(deviation)
}

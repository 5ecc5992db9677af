package report

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"

	"musc/engine/fault"
)

// Score is one row of scores.csv.
type Score struct {
	Image       string  // the image's name in the batch
	Score       float64 // the result, after RsCIN
	ScoreBefore float64 // the maximum of the anomaly map, before RsCIN
	Subset      int     // which subset the image was scored in, from 0
}

// Ranks returns the rank of each row: 1 is the highest score, and equal scores go by name.
func Ranks(rows []Score) []int {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(rows[b].Score, rows[a].Score),
			cmp.Compare(rows[a].Image, rows[b].Image))
	})
	ranks := make([]int, len(rows))
	for position, row := range order {
		ranks[row] = position + 1
	}
	return ranks
}

// WriteScores writes rows in their order as CSV with the columns
//
//	image,score,score_before_rscin,rank,subset
//
// Scores are in the shortest decimal form that reads back as the same float64.
func WriteScores(path string, rows []Score) error {
	for _, row := range rows {
		if !finite(row.Score) || !finite(row.ScoreBefore) {
			return fault.New(fault.Input, "cannot write %s: the scores of %s are %v and %v (before "+
				"RsCIN); leave that image out", path, row.Image, row.Score, row.ScoreBefore)
		}
	}
	return save(path, func(w io.Writer) error {
		table := csv.NewWriter(w)
		records := [][]string{{"image", "score", "score_before_rscin", "rank", "subset"}}
		for i, rank := range Ranks(rows) {
			row := rows[i]
			records = append(records, []string{row.Image, shortest(row.Score),
				shortest(row.ScoreBefore), strconv.Itoa(rank), strconv.Itoa(row.Subset)})
		}
		if err := table.WriteAll(records); err != nil {
			return fmt.Errorf("the table of %d images: %w", len(rows), err)
		}
		return nil
	})
}

func shortest(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

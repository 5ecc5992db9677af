package report

import (
	"cmp"
	"encoding/csv"
	"io"
	"slices"
	"strconv"

	"musc/engine/fault"
	"musc/engine/verdict"
)

// Score is one row of scores.csv.
type Score struct {
	Image       string  // the image's name in the batch
	Score       float64 // the result, after RsCIN
	ScoreBefore float64 // the maximum of the anomaly map, before RsCIN: what thresholds are about
	Subset      int     // which subset the image was scored in, from 0
}

// Ranks returns the rank of each row: 1 is the highest score, and equal scores go by name.
func Ranks(rows []Score) []int {
	type place struct {
		score float64
		row   int
	}
	order := make([]place, len(rows))
	for i, row := range rows {
		order[i] = place{row.Score, i}
	}
	slices.SortFunc(order, func(a, b place) int {
		if a.score != b.score { // names are looked at only where they decide
			if by := cmp.Compare(b.score, a.score); by != 0 {
				return by
			}
		}
		return cmp.Or(cmp.Compare(rows[a.row].Image, rows[b.row].Image), cmp.Compare(a.row, b.row))
	})
	ranks := make([]int, len(rows))
	for position, place := range order {
		ranks[place.row] = position + 1
	}
	return ranks
}

// WriteScores writes rows in their order as CSV with the columns
//
//	image,score,score_before_rscin,rank,subset,verdict,threshold,margin
//
// The margin is how far the score before RsCIN lies above the threshold; the last three columns are
// empty in a batch without a threshold. Numbers are in the shortest decimal form that reads back as
// the same float64. One that is not finite is of kind fault.Input.
func WriteScores(path string, rows []Score, thresholds *verdict.Thresholds) error {
	return StreamScores(path, thresholds, func(write func(row Score, rank int) error) error {
		for i, rank := range Ranks(rows) {
			if err := write(rows[i], rank); err != nil {
				return err
			}
		}
		return nil
	})
}

// StreamScores is WriteScores for rows that all hands over one by one, with their ranks: of a batch
// that is too large to be held as a table. If all fails, the former file stays.
func StreamScores(path string, thresholds *verdict.Thresholds,
	all func(write func(row Score, rank int) error) error) error {
	return save(path, func(w io.Writer) error {
		table := csv.NewWriter(w)
		record := []string{"image", "score", "score_before_rscin", "rank", "subset", "verdict",
			"threshold", "margin"}
		if err := table.Write(record); err != nil {
			return err
		}
		err := all(func(row Score, rank int) error {
			if !finite(row.Score) || !finite(row.ScoreBefore) {
				return fault.New(fault.Input, "cannot write %s: the scores of %s are %v and %v (before "+
					"RsCIN); leave that image out", path, row.Image, row.Score, row.ScoreBefore)
			}
			record[0], record[1], record[2] = row.Image, shortest(row.Score), shortest(row.ScoreBefore)
			record[3], record[4] = strconv.Itoa(rank), strconv.Itoa(row.Subset)
			record[5], record[6], record[7] = string(thresholds.Of(row.ScoreBefore)), "", ""
			if thresholds.Known() {
				record[6] = shortest(thresholds.Threshold)
				record[7] = shortest(thresholds.Margin(row.ScoreBefore))
			}
			return table.Write(record)
		})
		if err != nil {
			return err
		}
		table.Flush()
		return table.Error()
	})
}

func shortest(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

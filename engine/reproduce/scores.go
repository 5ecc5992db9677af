package reproduce

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"strconv"
	"strings"

	"musc/engine/fault"
	"musc/engine/plain"
	"musc/engine/wholefile"
)

// Scores says how two scores.csv differ, over the images that both have.
type Scores struct {
	Images       int     `json:"images"`
	Largest      float64 `json:"largest"` // difference of a score
	LargestOf    string  `json:"largest_of"`
	Before       float64 `json:"largest_before_rscin"`
	Ranks        int     `json:"ranks"`    // images with another rank
	Verdicts     int     `json:"verdicts"` // images with another verdict
	RanksSuch    string  `json:"ranks_such,omitempty"`
	VerdictsSuch string  `json:"verdicts_such,omitempty"`
	Gone         int     `json:"gone"` // images that only the recorded run has
	Added        int     `json:"added"`
}

// row is one of scores.csv.
type row struct {
	score, before float64
	rank, verdict string
}

// mostScores bounds a scores.csv, in bytes: one of a million photos has a tenth of that.
const mostScores = 1 << 30

// readScores reads a scores.csv by image, and the images in their order.
func readScores(path string) (map[string]row, []string, error) {
	damaged := func(why any) error {
		return fault.New(fault.Input, "%s cannot be read as scores: %v", path, why)
	}
	text, err := wholefile.ReadRegular(path, mostScores)
	if err != nil {
		return nil, nil, damaged(err)
	}
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(records) == 0 {
		return nil, nil, damaged(err)
	}
	at := map[string]int{}
	for k, name := range records[0] {
		at[name] = k
	}
	columns := [5]int{}
	for k, name := range []string{"image", "score", "score_before_rscin", "rank", "verdict"} {
		column, there := at[name]
		if !there {
			return nil, nil, damaged("it has no column " + name)
		}
		columns[k] = column
	}
	rows, order := map[string]row{}, []string{}
	for _, record := range records[1:] {
		r := row{rank: record[columns[3]], verdict: record[columns[4]]}
		var errScore, errBefore error
		r.score, errScore = strconv.ParseFloat(record[columns[1]], 64)
		r.before, errBefore = strconv.ParseFloat(record[columns[2]], 64)
		if errScore != nil || errBefore != nil {
			return nil, nil, damaged(record[columns[0]] + " has a score that is no number")
		}
		if _, twice := rows[record[columns[0]]]; twice {
			return nil, nil, damaged(record[columns[0]] + " is in it twice")
		}
		rows[record[columns[0]]] = r
		order = append(order, record[columns[0]])
	}
	return rows, order, nil
}

func compareScores(old, new string) (*Scores, error) {
	olds, order, err := readScores(old)
	if err != nil {
		return nil, err
	}
	news, _, err := readScores(new)
	if err != nil {
		return nil, err
	}
	s := &Scores{}
	for _, image := range order {
		then := olds[image]
		now, there := news[image]
		if !there {
			s.Gone++
			continue
		}
		s.Images++
		if by := apart(then.score, now.score); by > s.Largest {
			s.Largest, s.LargestOf = by, image
		}
		s.Before = max(s.Before, apart(then.before, now.before))
		if then.rank != now.rank {
			if s.Ranks++; s.Ranks == 1 {
				s.RanksSuch = plain.InSentence(image)
			}
		}
		if then.verdict != now.verdict {
			if s.Verdicts++; s.Verdicts == 1 {
				s.VerdictsSuch = fmt.Sprintf("%s, %s then and %s now", plain.InSentence(image),
					orNone(then.verdict), orNone(now.verdict))
			}
		}
	}
	s.Added = len(news) - s.Images
	return s, nil
}

func orNone(verdict string) string {
	if verdict == "" {
		return "none"
	}
	return verdict
}

// apart is how far apart two numbers are; all that is not finite is infinitely far from anything else.
func apart(a, b float64) float64 {
	if a == b || math.IsNaN(a) && math.IsNaN(b) {
		return 0
	}
	if by := math.Abs(a - b); !math.IsNaN(by) {
		return by
	}
	return math.Inf(1)
}

// number is a difference with two digits.
func number(x float64) string { return strconv.FormatFloat(x, 'g', 2, 64) }

// String says it for people.
func (s *Scores) String() string {
	var parts []string
	if s.Largest > 0 || s.Before > 0 {
		text := "scores differ by at most " + number(s.Largest)
		if s.LargestOf != "" {
			text += fmt.Sprintf(" (%s)", plain.InSentence(s.LargestOf))
		}
		parts = append(parts, text+", before RsCIN by at most "+number(s.Before))
	} else if s.Images > 0 {
		parts = append(parts, "the scores are the same")
	}
	say := func(count int, what, such string) {
		if count == 0 {
			parts = append(parts, "no photo has another "+what)
		} else {
			parts = append(parts, fmt.Sprintf("%d of %d photos have another %s, such as %s", count, s.Images, what, such))
		}
	}
	if s.Images > 0 {
		say(s.Ranks, "rank", s.RanksSuch)
		say(s.Verdicts, "verdict", s.VerdictsSuch)
	}
	if s.Gone > 0 {
		parts = append(parts, fmt.Sprintf("%d of the photos only the recorded run has", s.Gone))
	}
	if s.Added > 0 {
		parts = append(parts, fmt.Sprintf("%d of the photos only the new run has", s.Added))
	}
	return strings.Join(parts, "; ")
}

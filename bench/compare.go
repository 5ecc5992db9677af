package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"musc/bench/present"
)

// Changes below worthTelling are within noise whatever the samples say: two runs of one program
// differed by up to 8 % on a virtual machine, all samples of one from all of the other, by where
// its memory came to lie and by what the neighbours did.
const (
	worthTelling = 0.1
	confidence   = 0.95
)

// change is what became of one case between two results.
type change struct {
	row, name  string
	before     float64 // median
	after      float64
	unit       string
	ratio      float64 // after / before, corrected by the pulse
	low, high  float64 // confidence interval of ratio; NaN with too few samples
	comparable bool    // enough samples for an interval, or a unit without noise
	disturbed  bool    // by other processes, in either run
}

// compare pairs the cases that both results hold, and of each the samples of both.
func compare(before, after *Result) (changes []change, notes []string) {
	if before.Machine != after.Machine {
		notes = append(notes, fmt.Sprintf("The machines differ: %+v, then %+v.", before.Machine,
			after.Machine))
	}
	if before.Quick != after.Quick {
		notes = append(notes, "One of the runs was a quick one.")
	}
	lost := 0
	for _, old := range before.Rows {
		at := slices.IndexFunc(after.Rows, func(row Row) bool { return row.key() == old.key() })
		for k := range old.Cases {
			var now *Case
			if at >= 0 {
				now = after.Rows[at].find(old.Cases[k].Name)
			}
			if now == nil {
				lost++
				continue
			}
			changes = append(changes, old.change(&old.Cases[k], &after.Rows[at], now))
		}
	}
	if lost > 0 {
		notes = append(notes, fmt.Sprintf("%d cases of the old result are not in the new one.", lost))
	}
	return changes, notes
}

// key tells whether two rows measure the same; the level of the whole program is not part of it.
func (r *Row) key() string {
	parts := []string{r.Group, r.Shape}
	if r.Level != "" {
		parts = append(parts, r.Level)
	}
	if r.Images > 0 {
		parts = append(parts, fmt.Sprintf("%d images", r.Images))
	}
	if r.Threads > 0 {
		parts = append(parts, fmt.Sprintf("%d threads", r.Threads))
	}
	return strings.Join(parts, ", ")
}

func (r *Row) change(old *Case, other *Row, now *Case) change {
	c := change{row: r.key(), name: old.Name, unit: r.Unit,
		before: median(old.Samples), after: median(now.Samples),
		disturbed: max(r.Others, other.Others) > disturbed}
	if c.unit == bytes { // no noise worth a statistic
		c.ratio, c.low, c.high, c.comparable = c.after/c.before, math.NaN(), math.NaN(), true
		return c
	}
	c.ratio, c.low, c.high = shift(r.corrected(old), other.corrected(now))
	c.comparable = !math.IsNaN(c.low)
	return c
}

// corrected pairs every sample with the machine's pulse in its round: what is left is time in units
// of the pulse, so that a machine that was slower throughout does not look like a slower program.
func (r *Row) corrected(c *Case) []float64 {
	values := slices.Clone(c.Samples)
	for k := range values {
		if k < len(r.Pulse) && r.Pulse[k] > 0 {
			values[k] /= r.Pulse[k]
		}
	}
	return values
}

// shift estimates by what factor the second sample is larger, as Hodges and Lehmann do: the median
// of the ratios of all pairs, and the interval of those that the Mann-Whitney test does not
// reject. It assumes no distribution; a single wild sample moves it little.
func shift(before, after []float64) (ratio, low, high float64) {
	var all []float64
	for _, x := range before {
		for _, y := range after {
			all = append(all, y/x)
		}
	}
	slices.Sort(all)
	ratio, low, high = median(all), math.NaN(), math.NaN()
	if k := rejected(len(before), len(after)); k > 0 {
		low, high = all[k-1], all[len(all)-k]
	}
	return ratio, low, high
}

// rejected is how many of the smallest, and of the largest, pairwise ratios the interval leaves
// out, plus one; 0 if the samples are too few for any interval. It counts the arrangements of n and
// m samples by their Mann-Whitney statistic u, the number of pairs in the unusual order.
func rejected(n, m int) int {
	if n == 0 || m == 0 {
		return 0
	}
	// counts[i][u]: arrangements of i of the first kind among those of the second taken so far.
	counts := make([][]float64, n+1)
	for i := range counts {
		counts[i] = make([]float64, n*m+1)
		counts[i][0] = 1
	}
	for j := 1; j <= m; j++ { // the greatest is of the second kind, or exceeds all j of them
		for i := 1; i <= n; i++ {
			for u := j; u <= n*m; u++ {
				counts[i][u] += counts[i-1][u-j]
			}
		}
	}
	all := 0.0
	for _, count := range counts[n] {
		all += count
	}
	tail := 0.0
	for k, count := range counts[n] {
		if tail += count; tail/all > (1-confidence)/2 {
			return k
		}
	}
	return 0
}

// verdict says what the change means.
func (c change) verdict() string {
	worse, better := "slower", "faster"
	if c.unit == bytes {
		worse, better = "more", "less"
	}
	switch {
	case c.disturbed:
		return "disturbed"
	case !c.comparable:
		return "too few samples"
	case math.Abs(c.ratio-1) < worthTelling:
		return "within noise"
	case c.unit != bytes && c.low <= 1 && c.high >= 1:
		return "within noise"
	case c.ratio > 1:
		return worse
	}
	return better
}

func writeComparison(w io.Writer, changes []change, notes []string) error {
	for _, note := range notes {
		fmt.Fprintln(w, note)
	}
	t := present.Table{Title: "From the old result to the new one", Head: []string{"row", "case", "old",
		"new", "new / old", "95 % interval", "verdict"}}
	counts := map[string]int{}
	for _, c := range changes {
		interval := "-"
		if !math.IsNaN(c.low) {
			interval = fmt.Sprintf("%.3f to %.3f", c.low, c.high)
		}
		t.Add(c.row, c.name, c.write(c.before), c.write(c.after), fmt.Sprintf("%.3f", c.ratio),
			interval, c.verdict())
		counts[c.verdict()]++
	}
	t.Write(w)
	var parts []string
	for _, verdict := range []string{"faster", "slower", "less", "more", "within noise",
		"too few samples", "disturbed"} {
		if counts[verdict] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[verdict], verdict))
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing in common"}
	}
	_, err := fmt.Fprintf(w, "\n%s\n", strings.Join(parts, ", "))
	return err
}

func (c change) write(value float64) string {
	if c.unit == bytes {
		return fmt.Sprintf("%.0f MB", value/1e6)
	}
	return milliseconds(value) + " ms"
}

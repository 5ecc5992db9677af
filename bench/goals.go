package main

import (
	"fmt"
	"math"
)

// goal is a ratio that musc wants to reach, all of it measured in one run.
type goal struct {
	text     string
	want     float64 // 0: told for comparison, no goal
	stretch  float64 // 0: none
	measured spread  // NaN: not measured
	percent  bool
	others   float64 // cores that other processes used meanwhile
	differs  bool    // the other program computed something else
}

// closeEnough is the largest difference of patch scores between programs that compute the same in
// float32: their scores are about 0.4, and a distance is the root of a difference of rounded sums.
const closeEnough = 1e-3

// goals judges a result, by the row of the paper's default: ViT-L tokens and three degrees.
func (r *Result) goals() []goal {
	var scoring, kernels Row
	for _, row := range r.in(groupScorers) {
		if row.Shape == vitL.String() {
			scoring = row
		}
	}
	for _, row := range r.in(groupKernels) {
		if row.Shape == vitL.String() && row.Level == r.Machine.Level {
			kernels = row
		}
	}
	faster := func(text, name string, want, stretch float64) goal {
		return goal{text: text, want: want, stretch: stretch, others: scoring.Others,
			measured: spreadOf(ratios(scoring.find(name), scoring.find(caseMusc))),
			differs:  r.differs(&scoring, name)}
	}
	where := fmt.Sprintf(", %d threads", scoring.Threads)
	if scoring.Threads == 0 {
		where = ""
	}
	return []goal{
		faster("times as fast as the "+casePublished+where, casePublished, 10, 20),
		faster("times as fast as "+caseMatmul+where, caseMatmul, 3, 0),
		faster("times as fast as "+caseBfloat16+where, caseBfloat16, 0, 0),
		{text: "of the product instruction's peak (" + r.Machine.Level + "), 1 thread", want: 0.8,
			measured: ofCeiling(&kernels), percent: true, others: kernels.Others},
	}
}

// differs tells whether a case's patch scores are too far from musc's. bfloat16 is not asked to
// agree: it is measured for what its precision gains in time.
func (r *Result) differs(row *Row, name string) bool {
	a := r.agreement(row, name)
	return a != nil && a.Largest > closeEnough && name != caseBfloat16
}

func (r *Result) agreement(row *Row, name string) *Agreement {
	for k, a := range r.Agreements {
		if a.Shape == row.Shape && a.Images == row.Images && a.Case == name {
			return &r.Agreements[k]
		}
	}
	return nil
}

// target is what was wanted, for the table.
func (g goal) target() string {
	switch {
	case g.want == 0:
		return "no goal"
	case g.stretch > 0:
		return fmt.Sprintf("%s (stretch %s)", g.write(g.want), g.write(g.stretch))
	}
	return g.write(g.want)
}

func (g goal) write(ratio float64) string {
	if g.percent {
		return percent(ratio)
	}
	return times(ratio)
}

// verdict is whether the median reaches the goal, and whether that can be trusted.
func (g goal) verdict() string {
	verdict := "NOT MET"
	switch {
	case math.IsNaN(g.measured.middle):
		return "not measured"
	case g.want == 0:
		return "-"
	case g.stretch > 0 && g.measured.middle >= g.stretch:
		verdict = "met, and the stretch"
	case g.measured.middle >= g.want:
		verdict = "met"
	}
	if g.others > disturbed {
		verdict += ", but disturbed"
	}
	if g.differs {
		verdict += ", but the scores differ"
	}
	return verdict
}

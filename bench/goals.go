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

// goals judges a result: by ViT-L tokens and three degrees, the paper's default, by class tokens, and by a
// whole run.
func (r *Result) goals() []goal {
	row := func(group, shape, level string) (found Row) {
		for _, row := range r.in(group) {
			if row.Shape == shape && row.Level == level {
				found = row
			}
		}
		return found
	}
	faster := func(row Row, where, name string, want, stretch float64) goal {
		if row.Threads > 0 {
			where = fmt.Sprintf("%s, %d threads", where, row.Threads)
		}
		return goal{text: "times as fast as " + the(name) + ", " + where, want: want, stretch: stretch,
			others:   row.Others,
			measured: spreadOf(ratios(row.find(name), row.find(caseMusc))),
			differs:  r.differs(&row, name)}
	}
	large, class := row(groupScorers, vitL.String(), ""), row(groupScorers, classes.String(), "")
	whole, kernels := row(groupWhole, wholeShape(), ""), row(groupKernels, vitL.String(), r.Machine.Level)
	return []goal{
		faster(large, vitL.name, casePublished, 14, 20),
		faster(large, vitL.name, caseMatmul, 5, 0),
		faster(large, vitL.name, caseBfloat16, 0, 0),
		faster(class, classes.name, caseMatmul, 1, 0),
		faster(class, classes.name, caseBfloat16, 1, 0),
		faster(class, classes.name, caseFaiss, 1.5, 0),
		faster(whole, "photos to scores", caseWhole, 6, 0),
		{text: "of the product instruction's peak, " + vitL.name + ", 1 thread", want: 0.8,
			measured: ofCeiling(&kernels), percent: true, others: kernels.Others},
	}
}

// the writes a case's name within a sentence.
func the(name string) string {
	if name == casePublished || name == caseWhole {
		return "the " + name
	}
	return name
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

package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"musc/engine/fault"
)

// labelsMethod is the method of thresholds from labelled photos.
const labelsMethod = "labels"

// enough is how many labelled photos of each class it takes for a threshold that is worth something.
const enough = 10

// fromLabels takes the threshold from a few labelled photos: of all levels in the middle between two
// scores of labelled photos that follow each other and differ, that of the largest
//
//	F1 = 2 TP / (2 TP + FP + FN)
//
// TP, FP and FN being the labelled photos that are defective and at or above the level, good and at
// or above it, and defective and below it. Of equal ones the level with the widest gap between its
// two scores counts, of these the highest. There is no review band.
type fromLabels struct{ labels []Label }

func newLabelled(method string, labels []Label) (Estimator, error) {
	if method != labelsMethod {
		return nil, nil
	}
	count := map[Verdict]int{}
	for i := range labels {
		if !labels[i].Undecided {
			count[labels[i].verdict()]++
		}
	}
	if count[Good] == 0 || count[Defective] == 0 {
		return nil, fault.New(fault.Input, "cannot take a threshold from labels: %d photos are labelled "+
			"good and %d defective; both are needed", count[Good], count[Defective])
	}
	return fromLabels{labels}, nil
}

// labelledScore is one of the photos that count.
type labelledScore struct {
	score     float64
	defective bool
}

func (f fromLabels) Estimate(scores []float64, names []string) (t Thresholds, err error) {
	points, notes := f.points(scores, names)
	count := map[bool]int{}
	for _, p := range points {
		count[p.defective]++
	}
	if count[false] == 0 || count[true] == 0 {
		why := fmt.Sprintf("of the photos of this batch %d are labelled good and %d defective; both are "+
			"needed", count[false], count[true])
		return Thresholds{Why: strings.Join(append([]string{why}, notes...), "; ")}, nil
	}
	best, ok := bestF1(points)
	if !ok {
		return Thresholds{Why: "the photos labelled good and those labelled defective all have the " +
			"same score; give --threshold NUMBER"}, nil
	}
	t = Thresholds{Threshold: best.level, Review: best.level}
	t.Notes = append(t.Notes, fmt.Sprintf("on the %d photos labelled good and %d labelled defective F1 is "+
		"%.2f (%d false alarms, %d missed)", count[false], count[true], best.f1, best.falseAlarms,
		best.missed))
	if min(count[false], count[true]) < enough {
		t.Notes = append(t.Notes, fmt.Sprintf("fewer than %d labelled photos of a class: a few more may "+
			"move the threshold a lot", enough))
	}
	t.Notes = append(t.Notes, notes...)
	return t, nil
}

// points are the labelled photos of the batch; notes say which labels do not count.
func (f fromLabels) points(scores []float64, names []string) (points []labelledScore, notes []string) {
	var undecided, absent, several []string
	for k, i := range find(f.labels, names) {
		label := &f.labels[k]
		switch {
		case label.Undecided:
			undecided = append(undecided, label.file())
		case i == unmatched:
			absent = append(absent, label.file())
		case i == ambiguous:
			several = append(several, label.file())
		default:
			points = append(points, labelledScore{scores[i], label.Defective})
		}
	}
	for _, left := range []struct {
		files []string
		why   string
	}{
		{undecided, "are neither good nor defective"},
		{absent, "are no photos of this batch"},
		{several, "could each be several photos of this batch"},
	} {
		if len(left.files) > 0 {
			notes = append(notes, fmt.Sprintf("%d of the %d labels do not count: they %s, such as %q",
				len(left.files), len(f.labels), left.why, left.files[0]))
		}
	}
	return points, notes
}

// choice is a level between two scores of labelled photos.
type choice struct {
	level, gap, f1      float64
	falseAlarms, missed int
}

// bestF1 looks at every such level; there is none if all scores are equal.
func bestF1(points []labelledScore) (best choice, ok bool) {
	slices.SortFunc(points, func(a, b labelledScore) int { return cmp.Compare(b.score, a.score) })
	defective := 0
	for _, p := range points {
		if p.defective {
			defective++
		}
	}
	hits := 0 // of the points up to k
	for k, p := range points[:len(points)-1] {
		if p.defective {
			hits++
		}
		next := points[k+1].score
		if p.score == next {
			continue
		}
		c := choice{between(next, p.score), p.score - next, 2 * float64(hits) / float64(k+1+defective),
			k + 1 - hits, defective - hits}
		if !ok || c.f1 > best.f1 || c.f1 == best.f1 && c.gap > best.gap {
			best, ok = c, true
		}
	}
	return best, ok
}

package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"musc/bench/present"
	"musc/engine/evaluation/labelled"
	"musc/engine/verdict"
)

// counts are the verdicts on a batch.
type counts struct {
	good, defective             int // photos, as labelled
	hits, falseAlarms           int // called defective, of defective ones and good ones
	reviewGood, reviewDefective int
}

func countVerdicts(b *batch, t *verdict.Thresholds) (c counts) {
	for i, photo := range b.photos {
		v := t.Of(b.scores[i])
		if photo.Defective {
			c.defective++
		} else {
			c.good++
		}
		switch {
		case v == verdict.Defective && photo.Defective:
			c.hits++
		case v == verdict.Defective:
			c.falseAlarms++
		case v == verdict.Review && photo.Defective:
			c.reviewDefective++
		case v == verdict.Review:
			c.reviewGood++
		}
	}
	return c
}

func (c counts) f1() float64 {
	return 2 * ratio(c.hits, 2*c.hits+c.falseAlarms+c.defective-c.hits)
}

// ratio is 0 of nothing.
func ratio(part, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(part) / float64(of)
}

func percent(part, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f", 100*float64(part)/float64(of))
}

func newImageTable() *present.Table {
	return &present.Table{Title: "Verdicts on photos",
		Head: []string{"set", "threshold by", "threshold", "review from", "defective photos found",
			"false alarms", "precision %", "recall %", "F1 %", "review: defective", "review: good"}}
}

// addVerdicts adds the estimators' rows. The one from labels is told all of them: no single threshold
// has a larger F1. The rate is told the true share.
func addVerdicts(table *present.Table, name string, b *batch) error {
	var labels []verdict.Label
	for i, photo := range b.photos {
		labels = append(labels, verdict.Label{Name: b.names[i], Defective: photo.Defective})
	}
	c := countVerdicts(b, &verdict.Thresholds{})
	methods := [][2]string{{"auto", "auto"}}
	if c.defective > 0 {
		share := fmt.Sprintf("rate:%.6f", ratio(c.defective, len(b.photos)))
		methods = append(methods, [2]string{share, "rate, told the true one"},
			[2]string{"labels", "labels, told all"})
	}
	for _, method := range methods {
		t, err := thresholds(b, method[0], labels)
		if err != nil {
			return err
		}
		c := countVerdicts(b, &t)
		precision, recall, f1 := percent(c.hits, c.hits+c.falseAlarms), percent(c.hits, c.defective),
			fmt.Sprintf("%.0f", 100*c.f1())
		if c.defective == 0 {
			precision, f1 = "-", "-"
		}
		table.Add(name, method[1], fmt.Sprintf("%.4f", t.Threshold), fmt.Sprintf("%.4f", t.Review),
			fmt.Sprintf("%d of %d", c.hits, c.defective), fmt.Sprintf("%d of %d", c.falseAlarms, c.good),
			precision, recall, f1, fmt.Sprint(c.reviewDefective), fmt.Sprint(c.reviewGood))
	}
	return nil
}

func thresholds(b *batch, method string, labels []verdict.Label) (t verdict.Thresholds, err error) {
	estimator, err := verdict.New(method, labels)
	if err != nil {
		return t, err
	}
	return estimator.Estimate(b.scores, b.names)
}

func newShareTable() *present.Table {
	return &present.Table{Title: "Estimate auto by the share of defective photos, drawn batches",
		Head: []string{"set", "good + defective", "called defective", "precision %", "recall %", "F1 %",
			"best F1 %", "recall % with review", "good ones in review or defective"}}
}

// addShares draws batches with growing shares of defective photos. All batches of a row are summed
// up.
func addShares(ctx context.Context, table *present.Table, s *scorer, name string,
	good, defective []labelled.Image, draws int) error {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(from []labelled.Image, count int) []labelled.Image {
		from = slices.Clone(from)
		random.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
		return from[:count]
	}
	for _, share := range []float64{.1, .2, .3, .4, .5, .6} {
		goodCount := len(good)
		bad := int(math.Round(share / (1 - share) * float64(goodCount)))
		if bad > len(defective) {
			bad = len(defective)
			goodCount = int(math.Round((1 - share) / share * float64(bad)))
		}
		var sum counts
		var f1, best float64
		for range draws {
			photos := slices.Concat(pick(good, goodCount), pick(defective, bad))
			slices.SortFunc(photos, func(a, b labelled.Image) int { return strings.Compare(a.Name, b.Name) })
			b, err := s.score(ctx, photos)
			if err != nil {
				return err
			}
			auto, err := thresholds(b, "auto", nil)
			if err != nil {
				return err
			}
			var labels []verdict.Label
			for i, photo := range b.photos {
				labels = append(labels, verdict.Label{Name: b.names[i], Defective: photo.Defective})
			}
			told, err := thresholds(b, "labels", labels)
			if err != nil {
				return err
			}
			c := countVerdicts(b, &auto)
			f1, best = f1+c.f1(), best+countVerdicts(b, &told).f1()
			sum.good, sum.defective = sum.good+c.good, sum.defective+c.defective
			sum.hits, sum.falseAlarms = sum.hits+c.hits, sum.falseAlarms+c.falseAlarms
			sum.reviewGood += c.reviewGood
			sum.reviewDefective += c.reviewDefective
		}
		called, n := sum.hits+sum.falseAlarms, float64(draws)
		table.Add(name, fmt.Sprintf("%d + %d", goodCount, bad),
			percent(called, sum.good+sum.defective)+" %", percent(sum.hits, called),
			percent(sum.hits, sum.defective), fmt.Sprintf("%.0f", 100*f1/n), fmt.Sprintf("%.0f", 100*best/n),
			percent(sum.hits+sum.reviewDefective, sum.defective),
			percent(sum.falseAlarms+sum.reviewGood, sum.good)+" %")
	}
	return nil
}

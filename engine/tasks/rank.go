package tasks

import (
	"context"
	"math"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/report"
	"musc/engine/rscin"
)

// rescore fills in the scores after RsCIN, and how long it took to find the nearest images.
func (p *Plan) rescore(ctx context.Context, f Folder, g *gathered, listing *Listing, m *Merged) error {
	n := len(g.rows)
	before := make([]float64, n)
	for i := range g.rows {
		before[i] = g.rows[i].Before
		g.rows[i].Score = before[i]
	}
	if k, err := rscin.Neighbours(n, p.Scoring.Windows); err != nil || k == 0 {
		return err
	}
	scaled, err := rscin.Scale(before)
	if err != nil {
		return g.explain(err, listing)
	}
	tasks := p.Cuts.Nearest.Task(n-1) + 1 // that have rows
	failures, seconds := make([]error, tasks), make([]float64, tasks)
	err = p.each(ctx, f, PhaseNearest, upTo(tasks), "merge", func(task int) error {
		want, err := p.nearestOf(g, task)
		if err != nil {
			return err
		}
		found, err := readNearest(f, task, want)
		if err != nil {
			return err
		}
		seconds[task] = found.Seconds
		scores, err := rscin.CombineRows(scaled, want.First, want.Last, found.neighbours,
			p.Scoring.Windows)
		if err != nil {
			failures[task] = err
			return nil
		}
		for i, score := range scores {
			g.rows[want.First+i].Score = score
		}
		return nil
	})
	for task, failure := range failures {
		if err == nil && failure != nil {
			err = g.explain(failure, listing)
		}
		m.Timings = addTiming(m.Timings, engine.Timing{Step: engine.StepNearest, Seconds: seconds[task]})
	}
	return err
}

// rank makes the images of the rows, the most anomalous one of rank 1.
func (m *Merged) rank(g *gathered, listing *Listing) {
	scores := make([]report.Score, len(g.rows))
	for i, row := range g.rows {
		scores[i] = report.Score{Image: listing.Images[row.Index].Name, Score: row.Score}
	}
	m.Images = make([]MergedImage, len(g.rows))
	for i, rank := range report.Ranks(scores) {
		m.Images[i] = g.rows[i].MergedImage
		m.Images[i].Rank = rank
	}
}

// scaleOf is the colour scale of the batch.
func (m *Merged) scaleOf(g *gathered, listing *Listing) (report.Scale, error) {
	summaries := make([]report.Summary, len(g.rows))
	for i, row := range g.rows {
		if summaries[i] = row.summary; !(finite(row.summary.Shoulder) && finite(row.summary.Peak)) {
			return report.Scale{}, fault.New(fault.Input, "cannot choose the colour scale: the anomaly map "+
				"of %s is not finite; leave that image out", listing.Images[row.Index].Path)
		}
	}
	return report.BatchScale(summaries, m.Thresholds.Threshold)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

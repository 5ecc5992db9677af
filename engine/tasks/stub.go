package tasks

import (
	"context"
	"sort"

	"musc/engine/report"
	"musc/engine/rscin"
)

func (w *Worker) nearest(ctx context.Context, task int) error { return nil }
func (w *Worker) Merged(ctx context.Context) (*Merged, error) { return w.Merge(ctx) }
func (w *Worker) Merge(ctx context.Context) (*Merged, error) {
	m := &Merged{Plan: w.Plan.ID}
	class := map[int][]float32{}
	sums := map[int]report.Summary{}
	d := 0
	for s := range w.Plan.Subsets {
		p, err := w.Plan.ReadPart(w.Folder, s, Whole)
		if err != nil {
			return nil, err
		}
		m.Model, m.Provenance, m.Height, m.Width = p.Model, p.Provenance, p.Model.GridHeight, p.Model.GridWidth
		d = p.Model.ClassDim
		for k, i := range p.Images {
			m.Images = append(m.Images, MergedImage{Index: i.Index, Subset: s, Width: i.Width, Height: i.Height, Before: i.Before})
			class[i.Index] = p.Class[k*d : (k+1)*d]
			sums[i.Index] = i.Summary
		}
		m.Skipped = append(m.Skipped, p.Skipped...)
		for _, x := range p.Warnings {
			m.Warnings = append(m.Warnings, x.Text)
		}
	}
	sort.Slice(m.Images, func(a, b int) bool { return m.Images[a].Index < m.Images[b].Index })
	var before []float64
	var tokens []float32
	var summaries []report.Summary
	l, _ := w.listed()
	var rows []report.Score
	for _, i := range m.Images {
		before = append(before, i.Before)
		tokens = append(tokens, class[i.Index]...)
		summaries = append(summaries, sums[i.Index])
	}
	after, err := rscin.Rescore(before, tokens, len(before), d, w.Plan.Scoring.Windows)
	if err != nil {
		return nil, err
	}
	for k := range after {
		m.Images[k].Score = after[k]
		rows = append(rows, report.Score{Image: l.Images[m.Images[k].Index].Name, Score: after[k]})
	}
	for k, r := range report.Ranks(rows) {
		m.Images[k].Rank = r
	}
	m.Scale, err = report.BatchScale(summaries)
	return m, err
}

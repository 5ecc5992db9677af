package engine

import (
	"context"
	"slices"

	"musc/engine/dataset"
	"musc/engine/fault"
)

// Batch holds the patch tokens of a job's images and references, so that they can be scored under
// several settings while the backbone runs once. Close it after use.
type Batch struct {
	job       Config
	observer  Observer
	read      *Result // what reading the images found out; no scores
	extracted *extraction
	photos    map[string]int // which photo a path is, where there are references
	plan      string         // as told last
}

// Extract runs the backbone over the job's images and references. Every degree, interval, average,
// subset splitting and window can then be scored; job.Scoring decides the stages that are kept,
// and by its degrees and subsets how much memory they may take. Errors are those of Score.
func Extract(ctx context.Context, job Config, observer Observer) (*Batch, error) {
	job = job.withDefaults()
	if err := job.check(); err != nil {
		return nil, err
	}
	clock := &clock{observer: observer}
	b := &Batch{job: job, observer: observer, read: &Result{}}
	if err := b.job.chooseScorer(ctx, observer.Note, b.notePlan); err != nil {
		return nil, err
	}
	b.photos = photosOf(job.Images, job.References)
	b.tellOwn()
	var err error
	if b.extracted, err = extract(ctx, &b.job, clock, b.read); err != nil {
		return nil, err
	}
	clock.end()
	b.read.Timings = clock.timings
	return b, nil
}

// Score scores the batch. references is how many of the reference images score too, the first ones
// of those that could be read. scoring must name the stages of the job; the timings of the result
// include those of Extract.
func (b *Batch) Score(ctx context.Context, scoring Scoring, references int) (*Result, error) {
	if !slices.Equal(scoring.Stages, b.job.Scoring.Stages) {
		return nil, fault.New(fault.Usage, "the batch holds the stages %v, not %v",
			b.job.Scoring.Stages, scoring.Stages)
	}
	job := b.job
	job.Scoring, job.References = scoring, job.References[:references]
	if err := job.check(); err != nil {
		return nil, err
	}
	extracted := *b.extracted
	switch {
	case references == 0:
		extracted.references = nil
	case references < b.References():
		extracted.references = extracted.references.Head(references)
	}
	result := *b.read
	result.Images = slices.Clone(b.read.Images)
	clock := &clock{observer: b.observer, timings: slices.Clone(b.read.Timings)}
	result.clock = clock

	subsets, err := deal(&job, &result)
	if err != nil {
		return nil, err
	}
	items := make([]dataset.Item, len(result.Images))
	for i, image := range result.Images {
		items[i] = image.Item
	}
	extracted.own = ownReferences(items, extracted.referenceItems[:references], b.photos)
	if scoring.ReferencesOnly {
		if err := checkOwn(result.Images, extracted.own, references); err != nil {
			return nil, err
		}
	}
	if err := b.scorePatches(ctx, &job, &extracted, subsets, clock, &result); err != nil {
		return nil, err
	}
	if err := scoreImages(&job, clock, &result); err != nil {
		return nil, err
	}
	clock.end()
	result.Timings, result.Plan = clock.timings, b.plan
	return &result, nil
}

// Average is the result for several degrees of those that the batch has for each of them: Eq. 3
// is a mean over degrees. scoring is what they have in common, with all their degrees.
func (b *Batch) Average(scoring Scoring, results ...*Result) (*Result, error) {
	result := *b.read
	result.Images = slices.Clone(b.read.Images)
	clock := &clock{observer: b.observer, timings: slices.Clone(b.read.Timings)}
	result.clock, result.Plan = clock, b.plan
	for i := range result.Images {
		mean := make([]float64, b.read.Height*b.read.Width)
		for _, part := range results {
			for p, score := range part.Images[i].PatchScores {
				mean[p] += score / float64(len(results))
			}
		}
		result.Images[i].PatchScores, result.Images[i].Subset = mean, results[0].Images[i].Subset
	}
	job := b.job
	job.Scoring = scoring
	if err := scoreImages(&job, clock, &result); err != nil {
		return nil, err
	}
	clock.end()
	result.Timings, result.Scorer = clock.timings, results[0].Scorer
	return &result, nil
}

// References is the number of reference images that could be read.
func (b *Batch) References() int {
	if b.extracted.references == nil {
		return 0
	}
	return b.extracted.references.Shape().Images
}

// Close gives the memory of the patch tokens back.
func (b *Batch) Close() { b.extracted.close() }

func (b *Batch) notePlan(plan string) {
	if b.plan != plan { // once for all subsets and settings that it serves
		b.plan = plan
		b.observer.Note("plan: " + plan)
	}
}

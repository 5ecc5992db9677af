package engine

import (
	"context"
	"slices"

	"musc/engine/dataset"
	"musc/engine/fault"
)

// Batch holds the patch tokens of images, so that they can be scored under several settings while
// the backbone runs once. Close it after use.
type Batch struct {
	pipeline  *Pipeline
	items     []dataset.Item // all that were to be read
	keep      Keep
	read      *Result // what reading the images found out; no scores
	extracted *extracted
	photos    map[string]int // which photo a path is, where there are references
	whole     bool           // the pipeline is of this batch alone
}

// Extract runs the backbone over the job's images and references. Every degree, interval, average,
// subset splitting and window can then be scored; job.Scoring decides the stages that are kept,
// and by its degrees and subsets how much memory they may take. Errors are those of Score.
func Extract(ctx context.Context, job Config, observer Observer) (*Batch, error) {
	if err := job.Check(); err != nil {
		return nil, err
	}
	p, err := open(ctx, job, (len(job.Images)+job.Scoring.Subsets-1)/job.Scoring.Subsets, observer)
	if err != nil {
		return nil, err
	}
	b, err := p.extractAll(ctx)
	if err != nil {
		p.Close()
		return nil, err
	}
	p.FreeBackbone()
	return b, nil
}

// extractAll is Extract with an open pipeline, of which the batch is the only one.
func (p *Pipeline) extractAll(ctx context.Context) (*Batch, error) {
	job := &p.job
	lines, err := p.chooseDepth(ctx)
	if err != nil {
		return nil, err
	}
	var photos map[string]int
	if job.Bank == nil {
		photos = photosOf(job.Images, job.References)
		if note := ownNote(job.Images, job.References, photos); note != "" {
			lines = append(lines, note)
		}
	}
	for _, line := range lines {
		p.observer.Note(line)
	}
	if why, err := job.ResolveFrame(ctx); err != nil {
		return nil, err
	} else if why != "" {
		lines = append(lines, why)
		p.observer.Note(why)
	}
	if err := p.readReferences(ctx); err != nil {
		return nil, err
	}
	b, err := p.extractBatch(ctx, job.Images, photos, Keep{})
	if err != nil {
		return nil, err
	}
	b.whole = true
	if note := OwnNote(b.Own(), b.References()); job.Bank != nil && note != "" {
		lines = append(lines, note)
		p.observer.Note(note)
	}
	_, skipped, warnings := p.References()
	b.read.Skipped = slices.Concat(skipped, b.read.Skipped)
	b.read.Warnings = slices.Concat(lines, warnings, b.read.Warnings)
	if err := enough(b.read.Images, len(b.items), len(b.read.Skipped), b.References()); err != nil {
		b.extracted.close()
		return nil, err
	}
	return b, nil
}

// chooseDepth sets how samples of more than 8 bits are scaled, and says so: a bank has said it already.
func (p *Pipeline) chooseDepth(ctx context.Context) (lines []string, err error) {
	job := &p.job
	if job.Bank != nil {
		return nil, nil
	}
	samples, err := readSamples(ctx, slices.Concat(job.References, job.Images), job, p.clock)
	if err != nil {
		return nil, err
	}
	job.Decode.Depth = samples.Depth(job.Bits)
	return samples.Explain(job.Decode.Depth), nil
}

// Read are the images that could be read, without scores, and what could not.
func (b *Batch) Read() ([]Image, []dataset.Skipped) { return b.read.Images, b.read.Skipped }

// Warnings are about images that could be read; items say which of Extract's each is about.
func (b *Batch) Warnings() (warnings []string, items []int) {
	return b.extracted.warnings, b.extracted.warned
}

// Score scores the batch. references is how many of the reference images score too, the first ones
// of those that could be read. scoring must name the stages of the job; the timings of the result
// include those of Extract. Images that are the only readable ones of their subset, without
// references, are left out.
func (b *Batch) Score(ctx context.Context, scoring Scoring, references int) (*Result, error) {
	p := b.pipeline
	if !slices.Equal(scoring.Stages, p.job.Scoring.Stages) {
		return nil, fault.New(fault.Usage, "the batch holds the stages %v, not %v",
			p.job.Scoring.Stages, scoring.Stages)
	}
	job := p.job
	job.Images, job.Scoring, job.References = b.items, scoring, job.References[:references]
	if err := job.Check(); err != nil {
		return nil, err
	}
	set := b.set(references)
	result := *b.read
	result.Images = slices.Clone(b.read.Images)
	clock := &clock{observer: p.observer, timings: slices.Clone(b.read.Timings)}
	result.clock = clock

	subsets, err := b.deal(&job, &result)
	if err != nil {
		return nil, err
	}
	if scoring.ReferencesOnly {
		if err := checkOwn(b.extracted.items(), set.own, references); err != nil {
			return nil, err
		}
	}
	if err := b.scorePatches(ctx, &job, set, subsets, clock, &result); err != nil {
		return nil, err
	}
	scored := result.dropUnscored()
	if err := enough(result.Images, len(b.items), len(result.Skipped), references); err != nil {
		return nil, err
	}
	if err := scoreImages(&job, clock, &result); err != nil {
		return nil, err
	}
	if err := b.explain(ctx, &job, set, subsets, scored, clock, &result); err != nil {
		return nil, err
	}
	clock.end()
	result.Timings, result.Plan = clock.timings, p.plan
	return &result, nil
}

// set are the photos that were read, and the first references.
func (b *Batch) set(references int) scoredSet {
	p := b.pipeline
	set := scoredSet{images: b.extracted.grids(p.job.Frame.Views()), frame: p.job.Frame,
		model: FrameModel(&p.info), own: make([][]int, len(b.read.Images))}
	if references > 0 {
		set.references = p.references.grids(p.job.Frame.Views()).head(references)
		set.own = b.own(references)
	}
	return set
}

// own lists for each photo that was read the references that are the photo itself.
func (b *Batch) own(references int) [][]int {
	p := b.pipeline
	if p.job.Bank != nil {
		return ownOfBank(b.extracted.images, p.job.Bank)
	}
	return ownReferences(b.extracted.items(), p.references.items()[:references], b.photos)
}

// Average is the result for several degrees of those that the batch has for each of them: Eq. 3
// is a mean over degrees. scoring is what they have in common, with all their degrees.
func (b *Batch) Average(scoring Scoring, results ...*Result) (*Result, error) {
	result := *b.read
	result.Images, result.Skipped = slices.Clone(results[0].Images), results[0].Skipped
	clock := &clock{observer: b.pipeline.observer, timings: slices.Clone(b.read.Timings)}
	result.clock, result.Plan = clock, b.pipeline.plan
	for i := range result.Images {
		mean := make([]float64, b.read.Height*b.read.Width)
		for _, part := range results {
			for p, score := range part.Images[i].PatchScores {
				mean[p] += score / float64(len(results))
			}
		}
		result.Images[i].PatchScores = mean
	}
	job := b.pipeline.job
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
	if b.pipeline.references == nil {
		return 0
	}
	return len(b.pipeline.references.images)
}

// Close gives the memory of the patch tokens back.
func (b *Batch) Close() {
	b.extracted.close()
	if b.whole {
		b.pipeline.Close()
	}
}

// enough checks that what could be read can be scored.
func enough(read []Image, listed, skipped, references int) error {
	switch {
	case len(read) == 0:
		return fault.New(fault.Input, "none of the %d images can be read", listed)
	case len(read) == 1 && references == 0:
		return fault.New(fault.Input, "only %s is left to score (%d left out): mutual scoring "+
			"compares the images with each other and needs two or more, or reference images",
			read[0].Path, skipped)
	}
	return nil
}

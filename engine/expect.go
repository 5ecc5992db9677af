package engine

import (
	"context"
	"time"

	"musc/engine/mutual"
)

// shortWork is how many multiplications and additions are not worth an estimate: about a minute of
// one slow core, and less than a second of a GPU.
const shortWork = 1e12

// Own is how many reference images are among the batch's.
func (b *Batch) Own() (own int) {
	if b.pipeline.job.Bank != nil {
		for _, list := range b.own(0) {
			own += len(list)
		}
		return own
	}
	for _, list := range ownReferences(b.items, b.pipeline.job.References, b.photos) {
		own += len(list)
	}
	return own
}

// Bare is what reading the images found out, without any of them: none can be scored.
func (b *Batch) Bare() *Result {
	bare := *b.read
	bare.Images = nil
	return &bare
}

// Expected is about how long mutual scoring of the batch as one set will take, sets times; 0 if that is
// not worth an estimate or cannot be told beforehand, as for a GPU. It measures for about a second.
func (b *Batch) Expected(ctx context.Context, sets int) (time.Duration, error) {
	p := b.pipeline
	n, m := float64(len(b.read.Images)), float64(b.References())
	pairs := n * (n/2 + m)
	if p.job.Scoring.ReferencesOnly {
		pairs = n * m
	}
	patches := float64(p.info.Patches())
	tiles := p.job.Frame.Count()
	work := pairs * patches * patches * float64(p.info.Channels*len(p.job.Scoring.Stages)*tiles)
	if work*float64(sets) < shortWork || b.extracted.store == nil {
		return 0, nil
	}
	set := b.set(b.References())
	problem := set.problems(&p.job.Scoring, upTo(len(b.read.Images)))[0]
	var err error
	if problem.Plan, _, err = p.planFor(&p.job, b.extracted.store, len(b.read.Images)); err != nil {
		return 0, err
	}
	expected, err := mutual.Estimate(ctx, p.job.scorer, &problem)
	return time.Duration(sets*tiles) * expected, err
}

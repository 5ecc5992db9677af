package mutual

import (
	"context"

	"musc/engine/fault"
	"musc/engine/features"
)

// Prepared scores images by references alone, a few at a time: the references are aggregated and
// packed once, and stay so in memory as far as that goes. What does not fit is prepared again for each
// call, from the stores of the references.
//
// It is for one call at a time.
type Prepared struct {
	problem *Problem
	threads int
	shape   features.Shape // of the references
	groups  []preparedGroup
	count   int // of images that the runs are for; 0: there are no runs
	whole   bool
}

// preparedGroup is the references on a group of windows.
type preparedGroup struct {
	windows []window
	stages  []*preparedStage
	run     *run
}

// preparedStage is the references that stay, of one stage: first all first views, then the further
// ones in the order of furtherView.
type preparedStage struct {
	centre []float32
	kept   *tiles
}

// imagesAtOnce is how many images are compared at once: what more of them would save is little beside
// the memory that their distances take.
const imagesAtOnce = wantedTile

// NewPrepared prepares the references of a problem on so many threads, 0: one a processor. Of the
// problem count References, ReferenceViews, Degrees, Interval, Average, Near and ReferencesInterval.
// memory bounds what Bytes gives as long as images come one at a time, but scoring one is always
// possible; each reference, stage and view takes from (4 R + 1) P C bytes for R windows.
//
// Progress, if not nil, hears how many of total references and views are prepared, for all stages; they
// are read in their order, a stage after the other. Errors are those of PatchScores, and ctx.Err()
// soon after ctx is done.
func NewPrepared(ctx context.Context, problem *Problem, threads int, memory int64,
	progress func(done, total int)) (*Prepared, error) {

	if problem.References == nil {
		return nil, fault.New(fault.Usage, "scoring by references only needs reference images")
	}
	p := &Prepared{threads: threadsOf(threads), shape: problem.References.Shape(),
		problem: &Problem{References: problem.References, ReferenceViews: problem.ReferenceViews,
			Degrees: problem.Degrees, Interval: problem.Interval, Average: problem.Average,
			Near: problem.Near, ReferencesOnly: true, ReferencesInterval: problem.ReferencesInterval}}
	b, err := p.batch(problem.References.Part(0, 1), []int{0})
	if err != nil {
		return nil, err
	}
	for _, windows := range windowsOf(b.shape, b.Degrees) {
		p.groups = append(p.groups, preparedGroup{windows: windows})
	}
	if err := p.keep(ctx, b, memory, progress); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// batch is the problem of scoring some images.
func (p *Prepared) batch(images *features.Store, members []int) (*batch, error) {
	problem := *p.problem
	problem.Images, problem.Members = images, members
	return problem.check()
}

// keep prepares as many references as fit in memory beside what scoring one image takes.
func (p *Prepared) keep(ctx context.Context, b *batch, memory int64,
	progress func(done, total int)) error {

	if err := p.open(ctx, b); err != nil {
		return err
	}
	all := b.references + b.furtherViews()
	left, done, total := memory-p.Bytes(), 0, len(p.groups)*p.shape.Stages*all
	whole := true
	for g := range p.groups {
		group := &p.groups[g]
		shape := searchShape(b.shape, group.windows, b.near)
		slot := bytesOfFloat * int64(alignFloats(shape.ImageLen()))
		for stage := range p.shape.Stages {
			count := int(min(int64(all), max(0, left)/slot))
			left -= int64(count) * slot
			whole = whole && count == all
			kept, err := newTiles(shape, count)
			if err != nil {
				return err
			}
			of := &preparedStage{kept: kept}
			group.stages = append(group.stages, of)
			if of.centre, err = group.run.centreOf(stage); err != nil {
				return err
			}
			group.run.stage, group.run.centre = stage, of.centre
			for next := 0; next < count; {
				some := kept.all[next:min(count, next+4*p.threads)]
				if err := group.run.loadAll(some, next, b.referenceView); err != nil {
					return err
				}
				next += len(some)
				if done += len(some); progress != nil {
					progress(done, total)
				}
			}
			if done += all - count; progress != nil && count < all {
				progress(done, total)
			}
		}
	}
	if p.whole = whole; whole { // there is no need of a strip any more
		p.closeRuns()
	}
	return nil
}

// referenceView is the k-th of all views of the references: first the first ones.
func (b *batch) referenceView(k int) source {
	if k < b.references {
		return b.entry(len(b.members) + k)
	}
	return b.furtherView(k - b.references)
}

// open makes room for scoring as many images as the batch has, unless it is there.
func (p *Prepared) open(ctx context.Context, b *batch) error {
	if p.count != len(b.members) {
		p.closeRuns()
	}
	for g := range p.groups {
		group := &p.groups[g]
		if group.run == nil {
			run := &run{batch: b, group: group.windows, threads: p.threads, progress: newProgress(b),
				degrees: degreesOf(group.windows), tile: len(b.members), strip: p.strip(b)}
			if err := run.open(); err != nil {
				p.closeRuns()
				return err
			}
			group.run = run
		}
		group.run.batch, group.run.ctx = b, ctx
		for _, stage := range group.stages {
			for k := range stage.kept.all {
				stage.kept.all[k].entry = b.referenceView(k).entry
			}
		}
	}
	p.count = len(b.members)
	return nil
}

// strip is how many references are prepared at once that do not stay.
func (p *Prepared) strip(b *batch) int {
	if p.whole {
		return 0
	}
	return min(2*p.threads, b.references+b.furtherViews())
}

// first are the first views that are kept of so many references.
func (s *preparedStage) first(references int) []slot {
	if s == nil {
		return nil
	}
	return s.kept.all[:min(references, len(s.kept.all))]
}

// further are the further views that are kept.
func (s *preparedStage) further(references int) []slot {
	if s == nil {
		return nil
	}
	return s.kept.all[min(references, len(s.kept.all)):]
}

// PatchScores gives the scores [N,P] of the images, the same bytes as those of CPU for the problem with
// these Images and ReferencesOnly. References of the numbers in without, ascending, do not score: an
// image is not its own reference. Its errors are those of CPU; that no reference is left is one of them.
func (p *Prepared) PatchScores(ctx context.Context, images *features.Store, without []int) ([]float64, error) {
	if images == nil {
		return nil, fault.New(fault.Internal, "mutual scoring without patch tokens")
	}
	if len(without) >= p.shape.Images {
		return nil, fault.New(fault.Usage, "scoring by references only needs reference images")
	}
	var scores []float64
	for first, n := 0, images.Shape().Images; first < n; first += imagesAtOnce {
		some := images.Part(first, min(imagesAtOnce, n-first))
		found, err := p.score(ctx, some, without)
		if err != nil {
			return nil, err
		}
		scores = append(scores, found...)
	}
	return scores, nil
}

func (p *Prepared) score(ctx context.Context, images *features.Store, without []int) ([]float64, error) {
	b, err := p.batch(images, nil)
	if err != nil {
		return nil, err
	}
	b.without = without
	if err := p.open(ctx, b); err != nil {
		return nil, err
	}
	sums := make([]float64, len(b.members)*b.patches)
	for _, group := range p.groups {
		for stage, of := range group.stages {
			group.run.kept = of
			if err := group.run.fillDistances(stage); err != nil {
				return nil, err
			}
			if err := group.run.addAverages(sums); err != nil {
				return nil, err
			}
		}
	}
	b.finish(sums)
	return sums, nil
}

// Whole says that all references stay in memory: their stores are not read any more, and may be closed.
func (p *Prepared) Whole() bool { return p.whole }

// Bytes is what stays in memory between calls.
func (p *Prepared) Bytes() (bytes int64) {
	for _, group := range p.groups {
		for _, stage := range group.stages {
			bytes += bytesOfFloat * (stage.kept.array.Len() + int64(len(stage.centre)))
		}
		if r := group.run; r != nil {
			bytes += bytesOfFloat * (r.slots.array.Len() + r.distances.array.Len())
			scratch := searchShape(r.shape, r.group, r.near).ScratchLen()
			bytes += int64(len(r.workers)) * bytesOfFloat * int64(scratch+blockPatches*r.scorers())
		}
	}
	return bytes
}

// Close frees the memory; nothing may be scored afterwards.
func (p *Prepared) Close() {
	p.closeRuns()
	for g := range p.groups {
		for _, stage := range p.groups[g].stages {
			stage.kept.array.Close()
		}
		p.groups[g].stages = nil
	}
}

func (p *Prepared) closeRuns() {
	for g := range p.groups {
		if run := p.groups[g].run; run != nil {
			run.close()
			p.groups[g].run = nil
		}
	}
	p.count = 0
}

package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"musc/engine/backbone"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/frame"
	"musc/engine/memory"
	"musc/engine/mutual"
	"musc/engine/report"
	"musc/engine/rscin"
)

// deal divides the images over the subsets by the names of all that were listed: one that cannot be
// read leaves a gap, and all others stay where they are. Subsets hold indices of result.Images. One
// with a single image is none unless references score it: that image is left out.
func (b *Batch) deal(job *Config, result *Result) (subsets [][]int, err error) {
	if job.Scoring.Subsets == 1 {
		return [][]int{upTo(len(result.Images))}, nil
	}
	names, labels := make([]string, len(b.items)), make([]string, len(b.items))
	for i, item := range b.items {
		names[i], labels[i] = item.Name, item.Label
	}
	var dealt [][]int
	if job.Scoring.DealByLabel {
		dealt, err = dataset.DealSubsetsByLabel(names, labels, job.Scoring.Subsets)
	} else {
		dealt, err = dataset.DealSubsets(names, job.Scoring.Subsets, job.Scoring.Seed)
	}
	if err != nil {
		return nil, err
	}
	read := make(map[int]int, len(result.Images)) // by the place in the listing
	for i, listed := range b.extracted.listed {
		read[listed] = i
	}
	for s, members := range dealt {
		var left []int
		for _, listed := range members {
			if i, ok := read[listed]; ok {
				result.Images[i].Subset = s
				left = append(left, i)
			}
		}
		if len(left) == 1 && len(job.References) == 0 {
			alone := dataset.Skipped{Path: result.Images[left[0]].Path, Reason: AloneReason}
			result.Skipped = append(slices.Clip(result.Skipped), alone)
			b.pipeline.observer.Skipped(alone.Path, alone.Reason)
			if job.Strict {
				return nil, fault.New(fault.Input, "%s: %s", alone.Path, alone.Reason)
			}
			continue
		}
		if len(left) > 0 {
			subsets = append(subsets, left)
		}
	}
	return subsets, nil
}

// AloneReason is why an image is left out that could be read.
const AloneReason = "it is the only image of its subset that can be read, and has nothing to be " +
	"compared with"

func upTo(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}

// scoredSet are the tokens of images and of those that score them, too.
type scoredSet struct {
	images, references grids // references is nil without
	frame              frame.Options
	model              frame.Model
	own                [][]int // by image, the references that are the image itself
}

// scorePatches fills in PatchScores, subset by subset (SPEC sections 3 and 4).
func (b *Batch) scorePatches(ctx context.Context, job *Config, set scoredSet, subsets [][]int,
	clock *clock, result *Result) (err error) {

	result.Scorer = job.scorer.Name()
	largest := 0
	for _, members := range subsets {
		largest = max(largest, len(members))
	}
	plan, pairs, err := b.pipeline.planFor(job, set.images[0], largest)
	if err != nil {
		return err
	}
	clock.begin(StepMutual, len(result.Images))
	for _, members := range subsets {
		problems := set.problems(&job.Scoring, members)
		told := advance(clock, len(members))
		for tile := range problems {
			of := &problems[tile]
			of.Plan = plan
			if of.Checkpoint, err = b.checkpoint(&job.Scoring, len(job.References), tile); err != nil {
				return err
			}
			of.Progress = func(done, total int) { told(tile*total+done, len(problems)*total) }
		}
		scores, exclude, err := b.scoreSubset(ctx, job, &set, problems, pairs, result)
		if err != nil {
			return err
		}
		result.excluded, result.tiles = append(result.excluded, exclude), append(result.tiles, scores)
		for k, canvas := range set.stitch(members, scores) {
			result.Images[members[k]].PatchScores = canvas
		}
	}
	return nil
}

// advance is the Progress of a problem of so many images.
func advance(clock *clock, images int) func(done, total int) {
	told := 0
	return func(done, total int) {
		now := done * images / max(total, 1)
		clock.observer.Advance(now - told)
		told = now
	}
}

// checkpoint is where mutual scoring of a tile keeps how far it is, nil for nowhere.
func (b *Batch) checkpoint(scoring *Scoring, references, tile int) (*mutual.Checkpoint, error) {
	if b.keep.Folder == "" || scoring.Subsets != 1 {
		return nil, nil
	}
	base, err := b.pipeline.tokenBase()
	if err != nil {
		return nil, err
	}
	texts := []string{base}
	for _, image := range b.extracted.images {
		texts = append(texts, image.Digest)
	}
	if references > 0 {
		for _, reference := range b.pipeline.references.images[:references] {
			texts = append(texts, "reference", reference.Digest)
		}
	}
	folder := b.keep.Folder
	if tile > 0 {
		name := fmt.Sprint("tile ", tile)
		folder, texts = filepath.Join(folder, name), append(texts, name)
	}
	return &mutual.Checkpoint{Folder: folder, Key: digestOfStrings(texts...), Every: keepAbove,
		Note: b.pipeline.observer.Note}, nil
}

// planFor plans the scoring of at most so many images at once, or as many as the largest set has, whose
// tokens are stored, images those of a view; pairs says that the distances of pairs are kept. It tells the plan when it is
// another one than before. Errors are those of planShared.
func (p *Pipeline) planFor(job *Config, images *features.Store, largest int) (
	plan mutual.Plan, pairs bool, err error) {

	shape := images.Shape()
	shape.Images = max(shape.Images, p.largest) * p.job.Frame.Views()
	sizes := sizesOf(job, shape, max(largest, p.largest))
	if sizes.Stored = mutual.StoredInMemory; images.Spilled() {
		sizes.Stored = mutual.StoredOnDisk
	}
	plan = mutual.NewPlan(job.Memory-memory.Resident(), sizes)
	if plan, pairs, err = p.planShared(job, plan, sizes); err != nil {
		return plan, false, err
	}
	plan.Folder = job.SpillInto
	same := plan
	same.AvailableBytes = 0
	if !sizes.OnGPU && same != p.planned { // else the scorer says how it divides the GPU's memory
		p.planned = same
		p.notePlan(plan.String())
	}
	return plan, pairs, nil
}

// sizesOf describes the scoring of at most so many images at once to the planner.
func sizesOf(job *Config, shape features.Shape, largest int) mutual.Sizes {
	return mutual.Sizes{Shape: shape, References: len(job.References), Degrees: job.Scoring.Degrees,
		ReferenceViews: job.Frame.Views() - 1, Views: furtherViews(&job.Frame), Near: job.Scoring.Near,
		ReferencesOnly: job.Scoring.ReferencesOnly, Threads: job.Threads, Largest: largest,
		OnGPU: mutual.OnGPU(job.scorer),
		Pairs: job.Scoring.Shared == SharedExclude && job.Scoring.looksForShared(largest)}
}

// MapSide is the side of the square map whose maximum is an image's score.
func (s *Scoring) MapSide(model backbone.Info) int {
	return cmp.Or(s.MapSize, model.ImageSize)
}

// scoreImages turns patch scores into image scores: the maximum of the anomaly map (SPEC section
// 4), then RsCIN over all images together (section 5), then the ranks.
func scoreImages(job *Config, clock *clock, result *Result) error {
	clock.begin(StepImage, len(result.Images))
	maxima := newMapMaxima(&result.Model, job.Scoring.MapSide(result.Model), result.Height, result.Width)
	before := make([]float64, len(result.Images))
	tokens := make([]float32, 0, len(result.Images)*result.Model.ClassDim)
	for i := range result.Images {
		var err error
		if before[i], err = maxima.of(result.Images[i].PatchScores, result.Images[i].Place); err != nil {
			return err
		}
		tokens = append(tokens, result.Images[i].ClassToken...)
		clock.observer.Advance(1)
	}
	if job.Scoring.NormaliseClass {
		rscin.Normalise(tokens, result.Model.ClassDim)
	}
	after := before
	if slices.Max(append([]int{1}, job.Scoring.Windows...)) > 1 {
		var err error
		after, err = rscin.Rescore(before, tokens, len(before), result.Model.ClassDim,
			job.Scoring.Windows)
		if err != nil {
			var row *rscin.RowError
			if errors.As(err, &row) {
				err = fault.New(fault.Input, "%s: %s", result.Images[row.Row].Path, row.Problem)
			}
			return fmt.Errorf("re-scoring with RsCIN: %w; --windows 1 leaves it out", err)
		}
	}
	for i := range result.Images {
		result.Images[i].ScoreBefore, result.Images[i].Score = before[i], after[i]
	}
	for i, rank := range report.Ranks(result.rows()) {
		result.Images[i].Rank = rank
	}
	return nil
}

package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"musc/engine/anomalymap"
	"musc/engine/backbone"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/memory"
	"musc/engine/mutual"
	"musc/engine/mutual/trust"
	"musc/engine/report"
	"musc/engine/rscin"
)

// deal divides the readable images over the subsets. One subset may hold a single image when
// references score it too.
func deal(job *Config, result *Result) (subsets [][]int, err error) {
	if job.Scoring.Subsets == 1 {
		all := make([]int, len(result.Images))
		for i := range all {
			all[i] = i
		}
		return [][]int{all}, nil
	}
	names, labels := make([]string, len(result.Images)), make([]string, len(result.Images))
	for i, image := range result.Images {
		names[i], labels[i] = image.Name, image.Label
	}
	if job.Scoring.DealByLabel {
		subsets, err = dataset.DealSubsetsByLabel(names, labels, job.Scoring.Subsets)
	} else {
		subsets, err = dataset.DealSubsets(names, job.Scoring.Subsets, job.Scoring.Seed)
	}
	if err != nil {
		return nil, err
	}
	for s, members := range subsets {
		for _, i := range members {
			result.Images[i].Subset = s
		}
	}
	return subsets, nil
}

// chooseScorer sets what scores. Where the CPU will do for one half, a GPU may do the other.
func (job *Config) chooseScorer(ctx context.Context, tell, note func(text string)) (err error) {
	job.scorer, job.scorerWhy, err = trust.NewScorer(ctx, trust.Resources{Device: job.Device,
		Threads: job.Threads, DeviceMemory: job.DeviceMemory, Note: note,
		Test: trust.Test{Child: job.SelfTest, Tell: tell}})
	return err
}

// noteDevices says in one line what runs where, and why not on a GPU where that was wanted.
func (job *Config) noteDevices(observer Observer, info backbone.Info) {
	scorer := "CPU"
	if mutual.OnGPU(job.scorer) {
		scorer = job.Device.String()
	}
	line := fmt.Sprintf("backbone: %s (%s), mutual scoring: %s", strings.Replace(info.Provider, "CUDA",
		"cuda", 1), info.Runtime, scorer)
	switch why := job.backboneWhy(info); {
	case why != "" && job.scorerWhy != "":
		line += "; no GPU is used: " + why
	case why != "":
		line += "; the backbone is not on the GPU: " + why
	case job.scorerWhy != "":
		line += "; mutual scoring is not on the GPU: " + job.scorerWhy
	}
	observer.Note(line)
}

// backboneWhy says why the backbone is not on a GPU that was wanted: what keeps the scoring from it, too,
// has to be mended first.
func (job *Config) backboneWhy(info backbone.Info) string {
	if info.DeviceNote != "" && job.scorerWhy != "" {
		return job.scorerWhy
	}
	return info.DeviceNote
}

// scorePatches fills in PatchScores, subset by subset (SPEC sections 3 and 4).
func (b *Batch) scorePatches(ctx context.Context, job *Config, extracted *extraction,
	subsets [][]int, clock *clock, result *Result) error {
	result.Scorer = job.scorer.Name()
	sizes := sizesOf(job, extracted.images.Shape(), subsets)
	if sizes.Stored = mutual.StoredInMemory; extracted.images.Spilled() {
		sizes.Stored = mutual.StoredOnDisk
	}
	plan := mutual.NewPlan(job.Memory-memory.Resident(), sizes)
	plan.Folder = job.SpillInto
	if !sizes.OnGPU { // else the scorer says how it divides the GPU's memory
		b.notePlan(plan.String())
	}
	clock.begin(StepMutual, len(result.Images))
	for _, members := range subsets {
		told := 0
		problem := mutual.Problem{
			Images: extracted.images, References: extracted.references, Members: members,
			Degrees: job.Scoring.Degrees, Interval: job.Scoring.Interval,
			Average: job.Scoring.Average, ReferencesOnly: job.Scoring.ReferencesOnly,
			Plan: plan,
			Progress: func(done, total int) {
				images := done * len(members) / max(total, 1)
				clock.observer.Advance(images - told)
				told = images
			},
		}
		scores, err := scoreMembers(ctx, job.scorer, problem, extracted.own)
		if err != nil {
			return err
		}
		patches := result.Height * result.Width
		for k, i := range members {
			result.Images[i].PatchScores = scores[k*patches : (k+1)*patches]
		}
	}
	return nil
}

// sizesOf describes the scoring to the planner.
func sizesOf(job *Config, shape features.Shape, subsets [][]int) mutual.Sizes {
	sizes := mutual.Sizes{Shape: shape, References: len(job.References), Degrees: job.Scoring.Degrees,
		ReferencesOnly: job.Scoring.ReferencesOnly, Threads: job.Threads,
		OnGPU: mutual.OnGPU(job.scorer)}
	for _, members := range subsets {
		sizes.Largest = max(sizes.Largest, len(members))
	}
	return sizes
}

// scoreImages turns patch scores into image scores: the maximum of the anomaly map (SPEC section
// 4), then RsCIN over all images together (section 5), then the ranks.
func scoreImages(job *Config, clock *clock, result *Result) error {
	clock.begin(StepImage, len(result.Images))
	side := job.Scoring.MapSize
	if side == 0 {
		side = result.Model.ImageSize
	}
	upsampler, err := anomalymap.New(result.Height, result.Width, side, side)
	if err != nil {
		return err
	}
	before := make([]float64, len(result.Images))
	tokens := make([]float32, 0, len(result.Images)*result.Model.ClassDim)
	for i := range result.Images {
		before[i] = upsampler.Max(result.Images[i].PatchScores)
		tokens = append(tokens, result.Images[i].ClassToken...)
		clock.observer.Advance(1)
	}
	after := before
	if slices.Max(append([]int{1}, job.Scoring.Windows...)) > 1 {
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

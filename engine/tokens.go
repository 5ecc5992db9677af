package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/memory"
	"musc/engine/mutual"
	"musc/engine/npy"
)

// TokenConfig is a job of mutual scoring on patch tokens that somebody else extracted. Of Scoring
// only Degrees, Interval, Average and ReferencesOnly count.
type TokenConfig struct {
	Stages        []string // a .npy file a stage, [N,P,C], float16, float32 or float64
	References    []string // none, or a .npy file a stage, [M,P,C]
	Height, Width int      // of the patch grid; P = Height*Width
	Scoring       Scoring
	Scorer        mutual.Scorer
	Threads       int    // of a Scorer for the CPU
	Memory        int64  // bound on the process's memory in bytes; 0: memory.FairShare()
	SpillInto     string // the folder for what does not fit
}

// ScoreTokens is LNAMD and MSM (Eq. 1-3) on the tokens of the files: patch scores [images,P],
// row-major. Files that do not fit together and values that are not finite are of kind
// fault.Input; the other errors are those of mutual.Scorer and features.NewSpilled.
func ScoreTokens(ctx context.Context, job TokenConfig, observer Observer) (
	scores []float64, images int, err error) {
	if job.Memory == 0 {
		job.Memory = memory.FairShare()
	}
	switch {
	case len(job.Stages) == 0:
		return nil, 0, fault.New(fault.Usage, "no stage to score")
	case len(job.References) > 0 && len(job.References) != len(job.Stages):
		return nil, 0, fault.New(fault.Usage, "%d stages but %d reference files; give one for each "+
			"stage", len(job.Stages), len(job.References))
	}
	stages, err := openTokens(job.Stages, job.Height*job.Width)
	if err != nil {
		return nil, 0, err
	}
	defer stages.close()
	references, err := openTokens(job.References, job.Height*job.Width)
	if err != nil {
		return nil, 0, err
	}
	defer references.close()

	shape := features.Shape{Stages: len(job.Stages), Images: stages.images(),
		Height: job.Height, Width: job.Width, Channels: stages.arrays[0].Shape[2]}
	plan := mutual.NewPlan(job.Memory-memory.Resident(), mutual.Sizes{Shape: shape,
		References: references.images(), ReferencesOnly: job.Scoring.ReferencesOnly,
		Degrees: job.Scoring.Degrees, Threads: job.Threads})
	plan.Folder = job.SpillInto
	if !mutual.OnGPU(job.Scorer) {
		observer.Note("plan: " + plan.String())
	}
	problem := &mutual.Problem{Degrees: job.Scoring.Degrees, Interval: job.Scoring.Interval,
		Average: job.Scoring.Average, ReferencesOnly: job.Scoring.ReferencesOnly, Plan: plan}
	if problem.Images, err = stages.load(ctx, shape, plan); err != nil {
		return nil, 0, err
	}
	defer problem.Images.Close()
	if shape.Images = references.images(); shape.Images > 0 {
		if shape.Channels = references.arrays[0].Shape[2]; shape.Channels != stages.arrays[0].Shape[2] {
			return nil, 0, fault.New(fault.Input, "%s has %d channels and %s %d; both must come from "+
				"the same model", job.References[0], shape.Channels, job.Stages[0],
				stages.arrays[0].Shape[2])
		}
		if problem.References, err = references.load(ctx, shape, plan); err != nil {
			return nil, 0, err
		}
		defer problem.References.Close()
	}
	begun, told := false, 0
	problem.Progress = func(done, total int) {
		if !begun {
			observer.Begin(StepMutual, total)
			begun = true
		}
		observer.Advance(done - told)
		told = done
	}
	if !sameFiles(job.Stages, job.References) {
		scores, err = job.Scorer.PatchScores(ctx, problem)
		return scores, stages.images(), err
	}
	observer.Note("the references are the images themselves: no image is its own reference, and none " +
		"counts twice")
	scores, err = scoreOwnTokens(ctx, job, problem)
	return scores, stages.images(), err
}

// scoreOwnTokens scores images that are the references as well.
func scoreOwnTokens(ctx context.Context, job TokenConfig, problem *mutual.Problem) ([]float64, error) {
	images := problem.Images.Shape().Images
	if images == 1 && job.Scoring.ReferencesOnly {
		return nil, fault.New(fault.Input, "the one image of %s cannot be scored by itself; give other "+
			"references", job.Stages[0])
	}
	own := make([][]int, images)
	for i := range own {
		own[i] = []int{i}
		problem.Members = append(problem.Members, i)
	}
	return scoreMembers(ctx, job.Scorer, *problem, own)
}

// sameFiles tells whether the files of two lists are the same, one by one.
func sameFiles(paths, others []string) bool {
	if len(others) != len(paths) {
		return false
	}
	for k, path := range paths {
		one, err := os.Stat(path)
		other, otherErr := os.Stat(others[k])
		if err != nil || otherErr != nil || !os.SameFile(one, other) {
			return false
		}
	}
	return true
}

// tokenFiles are the .npy files of the stages, all of one shape [N,P,C].
type tokenFiles struct {
	paths  []string
	arrays []*npy.Array
}

// openTokens checks that every file has the shape [N,P,C] of the first one, P being patches.
func openTokens(paths []string, patches int) (*tokenFiles, error) {
	files := &tokenFiles{paths: paths}
	for _, path := range paths {
		array, err := npy.Open(path)
		if err == nil {
			files.arrays = append(files.arrays, array)
			err = files.checkShape(path, array.Shape, patches)
		}
		if err != nil {
			files.close()
			return nil, err
		}
	}
	return files, nil
}

func (t *tokenFiles) checkShape(path string, shape []int, patches int) error {
	switch first := t.arrays[0].Shape; {
	case len(shape) != 3 || slices.Min(shape) < 1:
		return fault.New(fault.Input, "%s has the shape %v; [N,P,C] is needed: images, patches, "+
			"channels", path, shape)
	case shape[1] != patches:
		return fault.New(fault.Input, "%s has %d patches an image, but the grid has %d; correct the "+
			"grid", path, shape[1], patches)
	case !slices.Equal(shape, first):
		return fault.New(fault.Input, "%s has the shape %v and %s %v; all stages need the same", path,
			shape, t.paths[0], first)
	}
	return nil
}

func (t *tokenFiles) images() int {
	if len(t.arrays) == 0 {
		return 0
	}
	return t.arrays[0].Shape[0]
}

func (t *tokenFiles) close() {
	for _, array := range t.arrays {
		array.Close()
	}
}

// load reads all tokens into a store, in memory or spilled as the plan says.
func (t *tokenFiles) load(ctx context.Context, shape features.Shape, plan mutual.Plan) (
	*features.Store, error) {
	store, err := newStore(shape, plan.Spill, plan.Folder)
	if err != nil {
		return nil, err
	}
	for stage := range t.arrays {
		for image := range shape.Images {
			if err = ctx.Err(); err == nil {
				err = t.loadOne(store, stage, image)
			}
			if err != nil {
				store.Close()
				return nil, err
			}
		}
	}
	return store, nil
}

func (t *tokenFiles) loadOne(store *features.Store, stage, image int) error {
	tokens := store.Tokens(stage, image)
	if err := t.read(tokens, stage, image); err != nil {
		return fmt.Errorf("image %d: %w", image, err)
	}
	defer store.Release(stage, image)
	err := store.Accept(stage, image)
	var faint *features.Faint
	if errors.As(err, &faint) {
		return fault.New(fault.Input, "%s: %w: floats cannot compare them; leave that image out",
			t.paths[stage], err)
	}
	var where *features.NonFinite
	if errors.As(err, &where) {
		return fault.New(fault.Input, "%s holds %v for image %d, patch %d, channel %d: scores would "+
			"mean nothing; leave that image out", t.paths[stage], where.Value, image, where.Patch,
			where.Channel)
	}
	return err
}

// read reads the tokens of one image and stage, [P,C].
func (t *tokenFiles) read(tokens []float32, stage, image int) error {
	array, first := t.arrays[stage], image*len(tokens)
	if array.Dtype != npy.Float64 {
		return array.ReadFloat32(tokens, first)
	}
	wide := make([]float64, len(tokens))
	if err := array.ReadFloat64(wide, first); err != nil {
		return err
	}
	features.Narrow(tokens, wide)
	return nil
}

// newStore makes room for patch tokens in memory, or in a file in folder.
func newStore(shape features.Shape, spill bool, folder string) (*features.Store, error) {
	if spill {
		return features.NewSpilled(shape, folder)
	}
	return features.NewMemory(shape), nil
}

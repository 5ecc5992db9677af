package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"musc/engine"
	"musc/engine/atomicfile"
	"musc/engine/npy"
	"musc/models"
	"musc/models/build"
	"musc/models/resolve"
)

// wholeMethod is the peers' name of the PyTorch program that scores photos, caseWhole the tables'.
const (
	wholeMethod = "end to end"
	caseWhole   = "PyTorch program"
)

// wholeSize is the side of the photos for the default model, in pixels.
const wholeSize = 224

// wholeSteps are the parts of the way from photos to scores, of both sides. Reading photos goes on while
// the backbone runs.
var wholeSteps = []string{"load model", "reading and backbone", "scoring"}

// stepCase names the case of a step.
func stepCase(name, step string) string { return name + ": " + step }

// wholeRequest is what the PyTorch program has to know, and peers/whole.py says what it means.
type wholeRequest struct {
	Photos  []string   `json:"photos"`
	Weights string     `json:"weights"`
	Offset  float64    `json:"offset"` // of the position embeddings' grid
	Size    int        `json:"size"`
	Heads   int        `json:"heads"`
	Stages  []int      `json:"stages"` // layers, from 0
	Epsilon float32    `json:"epsilon"`
	Mean    [3]float32 `json:"mean"`
	Std     [3]float32 `json:"std"`
	Windows []int      `json:"windows"`
}

// measureWhole times the way from a folder of photos to the scores of the images, with the default model
// and the paper's settings: musc beside a PyTorch program that does the same with the same weights. Neither
// writes a picture.
func (b *bench) measureWhole(ctx context.Context, within limits) error {
	if !b.server.offers(wholeMethod) {
		if b.server != nil {
			b.note("%s left out, photos to scores: torchvision is not installed; to install it: make bench-peers",
				caseWhole)
		}
		return nil
	}
	job, err := endToEnd(ctx, b.plan.photos, b.plan.threads)
	if err != nil {
		return b.noEndToEnd(ctx, err)
	}
	job.SpillInto = b.scratch
	ask, err := b.askWhole(job)
	if err != nil {
		return err
	}

	var scores []engine.Image
	var ours, theirs [][]float64 // by run, seconds of each of wholeSteps
	contenders := []contender{
		{caseMusc, 0, func(ctx context.Context) (float64, error) {
			result, err := engine.Score(ctx, job, engine.Silent{})
			if err != nil {
				return 0, err
			}
			scores = result.Images
			taken, total := stepsOf(result.Timings)
			ours = append(ours, taken)
			return total, nil
		}},
		b.server.contender(caseWhole, 0, ask, func(answer reply) {
			if len(answer.Steps) == len(wholeSteps) {
				theirs = append(theirs, answer.Steps)
			}
		}),
	}
	row := Row{Group: groupWhole, Shape: wholeShape(), Images: len(job.Images),
		Threads: b.plan.threads}
	row, err = b.alternate(ctx, row, contenders, within)
	if err != nil || row.find(caseMusc) == nil {
		return err // too slow: noted
	}
	row.addSteps(caseMusc, ours)
	row.addSteps(caseWhole, theirs)
	b.result.Rows = append(b.result.Rows, row)
	if row.find(caseWhole) == nil {
		return nil
	}
	agreement, err := compareImages(ask.Scores, scores)
	if err != nil {
		return err
	}
	agreement.Shape, agreement.Images, agreement.Case = row.Shape, row.Images, caseWhole
	b.result.Agreements = append(b.result.Agreements, agreement)
	return nil
}

func wholeShape() string {
	return fmt.Sprintf("%s, photos at %d pixels", models.DefaultName, wholeSize)
}

// askWhole is the request to the PyTorch program, with a file of the weights.
func (b *bench) askWhole(job engine.Config) (request, error) {
	spec, err := models.Lookup(models.DefaultName)
	if err != nil {
		return request{}, err
	}
	whole := &wholeRequest{Size: wholeSize, Heads: spec.Heads, Stages: spec.Stages[:],
		Epsilon: spec.NormEps, Mean: spec.Mean, Std: spec.Std, Windows: job.Scoring.Windows,
		Offset: spec.PositionOffset, Weights: filepath.Join(b.scratch, "weights.npz")}
	for _, item := range job.Images {
		path, err := filepath.Abs(item.Path)
		if err != nil {
			return request{}, err
		}
		whole.Photos = append(whole.Photos, path)
	}
	grid, err := spec.Grid(wholeSize)
	if err != nil {
		return request{}, err
	}
	return request{Method: wholeMethod, Height: grid, Width: grid, Degrees: job.Scoring.Degrees,
		High: job.Scoring.Interval.High, Threads: b.plan.threads, Scores: b.answerFile(wholeMethod),
		Whole: whole}, saveWeights(whole.Weights, &spec)
}

// saveWeights writes the default model's weights for numpy, under timm's names.
func saveWeights(path string, spec *models.Spec) error {
	weights, err := resolve.Weights(*spec)
	if err != nil {
		return err
	}
	return atomicfile.Save(path, func(w io.Writer) error {
		archive := npy.NewArchiveWriter(w)
		if err := build.Tensors(spec, weights, archive.Float32); err != nil {
			return err
		}
		return archive.Close()
	})
}

// stepsOf divides the steps of a run of musc into wholeSteps.
func stepsOf(timings []engine.Timing) (taken []float64, total float64) {
	taken = make([]float64, len(wholeSteps))
	for _, timing := range timings {
		part := 2
		switch timing.Step {
		case engine.StepLoad:
			part = 0
		case engine.StepBackbone, engine.StepDecode, engine.StepDepth:
			part = 1
		}
		taken[part] += timing.Seconds
		total += timing.Seconds
	}
	return taken, total
}

// addSteps adds a case for each step of the case of that name, whose runs they are, that which warmed up
// among them.
func (r *Row) addSteps(name string, runs [][]float64) {
	c := r.find(name)
	if c == nil {
		return
	}
	first := 1 // after the round that warmed up
	if r.Cold {
		first = 0
	}
	runs = runs[first : first+len(c.Samples)]
	for step, title := range wholeSteps {
		samples := make([]float64, len(runs))
		for k := range samples {
			samples[k] = runs[k][step]
		}
		r.Cases = append(r.Cases, Case{Name: stepCase(name, title), Samples: samples})
	}
}

// compareImages measures how far a file of image scores [2,N], before RsCIN and after it, is from ours.
func compareImages(path string, ours []engine.Image) (Agreement, error) {
	theirs, shape, err := npy.Load(path)
	if err != nil {
		return Agreement{}, err
	}
	n := len(ours)
	if !slices.Equal(shape, []int{2, n}) {
		return Agreement{}, fmt.Errorf("the peers gave scores %v, musc scored %d photos", shape, n)
	}
	before, after := make([]float64, n), make([]float64, n)
	for k, image := range ours {
		before[k], after[k] = image.ScoreBefore, image.Score
	}
	agreement := differences(before, theirs[:n])
	swapped := swappedPairs(after, theirs[n:])
	agreement.Swapped = &swapped
	return agreement, nil
}

// swappedPairs counts the pairs that two lists of scores order differently.
func swappedPairs(a, b []float64) (swapped int) {
	for i := range a {
		for j := range i {
			if (a[i] < a[j]) != (b[i] < b[j]) {
				swapped++
			}
		}
	}
	return swapped
}

// noEndToEnd notes why photos cannot be scored here.
func (b *bench) noEndToEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	b.note("end to end: %v", err)
	return nil
}

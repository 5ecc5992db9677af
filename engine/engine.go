package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"musc/engine/anomalymap"
	"musc/engine/backbone"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/imageio"
	"musc/engine/mutual"
	"musc/engine/report"
	"musc/engine/rscin"
)

// Config is one scoring job. The zero values of Threads, Batch, Memory and MapSize stand for the
// defaults that their comments name.
type Config struct {
	Images     []dataset.Item // what is scored
	References []dataset.Item // labelled normal images of the same product; may be empty
	Decode     imageio.Options
	Strict     bool // an unreadable image ends the job instead of being left out

	Library string // the ONNX Runtime library; see backbone.FindLibrary
	Model   string // an ONNX file with the outputs that the models package writes
	Device  string // auto, cpu or cuda:N
	Batch   int    // images a run of the backbone; 0: as many as make 1024 patches
	Threads int    // 0: one a processor

	Scoring   Scoring
	Memory    int64  // bound on the process's memory in bytes; 0: FairShare()
	SpillInto string // the folder for features that do not fit
}

// Scoring holds the parameters of the method, under the paper's names; Defaults are the paper's.
type Scoring struct {
	Stages         []int           `json:"stages"` // of the backbone, from 1
	Degrees        []int           `json:"degrees"`
	Interval       mutual.Interval `json:"interval"`
	Average        mutual.Average  `json:"average"`
	ReferencesOnly bool            `json:"references_only"`
	Windows        []int           `json:"windows"`
	Subsets        int             `json:"subsets"`
	Seed           int64           `json:"seed"`
	MapSize        int             `json:"map_size"` // side of the map an image's score is taken from; 0: the model's
}

// Defaults are the paper's parameters on MVTec AD.
func Defaults() Scoring {
	return Scoring{
		Stages:   []int{1, 2, 3, 4},
		Degrees:  []int{1, 3, 5},
		Interval: mutual.Interval{Low: 0, High: 0.3},
		Average:  mutual.Mean,
		Windows:  []int{2, 3},
		Subsets:  1,
	}
}

// Result is what a job found out. Images are in the order in which the job listed them.
type Result struct {
	Images   []Image
	Skipped  []dataset.Skipped
	Warnings []string // about images that were scored all the same
	Model    backbone.Info
	Scorer   string
	Plan     string // how the memory bound was kept, for people
	Height   int    // patch rows
	Width    int    // patch columns
	Timings  []Timing

	clock *clock // keeps timing the steps that follow: Save
}

// Image is the answer for one image.
type Image struct {
	dataset.Item
	Width, Height int       // of the original, in pixels
	PatchScores   []float64 // [P], Eq. 3
	ScoreBefore   float64   // the maximum of the anomaly map
	Score         float64   // after RsCIN
	Rank          int       // 1 is the most anomalous
	Subset        int       // which subset it was scored in, from 0
	ClassToken    []float32 // [D]
}

// Score runs the whole method on a batch: preprocess, backbone, LNAMD and MSM per subset, anomaly
// maps, RsCIN (SPEC sections 1 to 5 in their order). It needs two readable images, or one and
// references. Images that cannot be read are listed in Result.Skipped unless job.Strict.
//
// The same job gives the same bytes at every memory bound and thread count of the scoring; the
// backbone's tokens are those of ONNX Runtime on this processor.
func Score(ctx context.Context, job Config, observer Observer) (*Result, error) {
	job = job.withDefaults()
	if err := job.check(); err != nil {
		return nil, err
	}
	clock := &clock{observer: observer}
	result := &Result{clock: clock}

	extracted, err := extract(ctx, &job, clock, result)
	if err != nil {
		return nil, err
	}
	defer extracted.close()
	subsets, err := deal(&job, result)
	if err != nil {
		return nil, err
	}
	if err := scorePatches(ctx, &job, extracted, subsets, clock, result); err != nil {
		return nil, err
	}
	if err := scoreImages(&job, clock, result); err != nil {
		return nil, err
	}
	clock.end()
	result.Timings = clock.timings
	return result, nil
}

func (job Config) withDefaults() Config {
	if job.Threads == 0 {
		job.Threads = runtime.GOMAXPROCS(0)
	}
	if job.Memory == 0 {
		job.Memory = FairShare()
	}
	return job
}

func (job *Config) check() error {
	switch {
	case job.Batch < 0 || job.Threads < 0 || job.Memory < 0 || job.Scoring.MapSize < 0:
		return fault.New(fault.Usage, "batch, threads, memory and map size cannot be negative")
	case job.Scoring.Subsets < 1:
		return fault.New(fault.Usage, "the number of subsets must be at least 1, not %d",
			job.Scoring.Subsets)
	case job.Scoring.ReferencesOnly && len(job.References) == 0:
		return fault.New(fault.Usage, "scoring by references only needs reference images")
	case len(job.Images) < 2 && len(job.References) == 0:
		return fault.New(fault.Input, "%d image to score: mutual scoring compares the images with "+
			"each other and needs two or more, or reference images", len(job.Images))
	}
	for k, stage := range job.Scoring.Stages {
		if stage < 1 || stage > backbone.Stages || slices.Contains(job.Scoring.Stages[:k], stage) {
			return fault.New(fault.Usage, "stages are different numbers from 1 to %d, not %v",
				backbone.Stages, job.Scoring.Stages)
		}
	}
	if len(job.Scoring.Stages) == 0 {
		return fault.New(fault.Usage, "no stage to score with; the paper takes 1,2,3,4")
	}
	for _, window := range job.Scoring.Windows {
		if window < 1 {
			return fault.New(fault.Usage, "an RsCIN window is at least 1, not %d", window)
		}
	}
	return mutual.CheckParameters(job.Scoring.Degrees, job.Scoring.Interval)
}

// deal divides the readable images over the subsets. One subset may hold a single image when
// references score it too.
func deal(job *Config, result *Result) ([][]int, error) {
	if job.Scoring.Subsets == 1 {
		all := make([]int, len(result.Images))
		for i := range all {
			all[i] = i
		}
		return [][]int{all}, nil
	}
	names := make([]string, len(result.Images))
	for i, image := range result.Images {
		names[i] = image.Name
	}
	subsets, err := dataset.DealSubsets(names, job.Scoring.Subsets, job.Scoring.Seed)
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

// scorePatches fills in PatchScores, subset by subset (SPEC sections 3 and 4).
func scorePatches(ctx context.Context, job *Config, extracted *extraction, subsets [][]int,
	clock *clock, result *Result) error {
	scorer := mutual.Scorer(mutual.CPU{Threads: job.Threads})
	result.Scorer = scorer.Name()
	held := Resident()
	if !extracted.images.Spilled() {
		held -= min(held, extracted.bytes()) // the plan counts the patch tokens itself
	}
	plan := mutual.NewPlan(job.Memory-held, sizesOf(job, extracted.images.Shape(), subsets))
	plan.Spill, plan.Folder = extracted.images.Spilled(), job.SpillInto
	result.Plan = plan.String()
	clock.observer.Note("plan: " + result.Plan)
	clock.begin(StepMutual, len(result.Images))
	for _, members := range subsets {
		told := 0
		scores, err := scorer.PatchScores(ctx, &mutual.Problem{
			Images: extracted.images, References: extracted.references, Members: members,
			Degrees: job.Scoring.Degrees, Interval: job.Scoring.Interval,
			Average: job.Scoring.Average, ReferencesOnly: job.Scoring.ReferencesOnly,
			Plan: plan,
			Progress: func(done, total int) {
				images := done * len(members) / max(total, 1)
				clock.observer.Advance(images - told)
				told = images
			},
		})
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
	sizes := mutual.Sizes{Shape: shape, References: len(job.References),
		ReferencesOnly: job.Scoring.ReferencesOnly, Threads: job.Threads}
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

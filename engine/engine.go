package engine

import (
	"context"
	"runtime"
	"slices"

	"musc/engine/backbone"
	"musc/engine/bank"
	"musc/engine/dataset"
	"musc/engine/device"
	"musc/engine/evidence"
	"musc/engine/fault"
	"musc/engine/frame"
	"musc/engine/health"
	"musc/engine/imageio"
	"musc/engine/memory"
	"musc/engine/mutual"
	"musc/engine/verdict"
)

// Config is one scoring job. The zero values of Threads, Batch, Memory and MapSize stand for the
// defaults that their comments name.
type Config struct {
	Images     []dataset.Item  // what is scored
	References []dataset.Item  // labelled normal images of the same product; may be empty
	Decode     imageio.Options // its Depth is set by the job
	Frame      frame.Options   // which part of each photo is scored, in which views
	ROI        *frame.ROI      // the pixels that take part; nil: all
	Bank       *bank.Bank      // instead of References, and with the bank's settings: see WithBank
	Bits       int             // of integers in photos of more than 8 bits a sample; 0: the fewest that do
	Strict     bool            // an unreadable image ends the job instead of being left out
	Explain    int             // images of a subset that Result.Evidence is about, at most; 0: none

	Library      string // the ONNX Runtime library; models/resolve finds both
	Model        string // an ONNX file with the outputs that the models package writes
	Device       device.Choice
	SelfTest     []string // the command that tests a GPU in a process of its own, see trust.Test.Child
	DeviceMemory int64    // bound on a GPU's memory for mutual scoring; 0: most of what is free
	Batch        int      // images a run of the backbone; 0: by the patches, see batchPatches
	Threads      int      // 0: one a processor

	Scoring   Scoring
	Memory    int64  // bound on the process's memory in bytes; 0: memory.FairShare()
	SpillInto string // the folder for features that do not fit
	Keep      Keep   // for the references; Pipeline.Extract says it for the images

	banked    bool          // References are the photos of Bank
	scorer    mutual.Scorer // for Device
	scorerWhy string        // why it is none for CUDA, if CUDA was wanted
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

	// NormaliseClass gives class tokens the length 1 before RsCIN. The published evaluation takes them
	// as the model gives them.
	NormaliseClass bool `json:"normalise_class_tokens,omitempty"`

	// DealByLabel deals each label evenly over the subsets: for measuring on labelled data as the
	// published evaluation does, never for scoring.
	DealByLabel bool `json:"subsets_dealt_by_label,omitempty"`

	MapSize int `json:"map_size"` // side of the map of a view; 0: the model's

	// Near lets a patch be compared only with patches at most so many rows and columns away; 0: with all.
	Near int `json:"near,omitempty"`
	// ReferencesInterval takes Eq. 2 over the references instead of the minimum; for ReferencesOnly.
	ReferencesInterval bool `json:"references_interval,omitempty"`

	// Shared is what to do about a defect that images share: SharedOff, SharedWarn, SharedExclude or
	// SharedTrust.
	Shared string `json:"shared,omitempty"`
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
	Warnings []string      // about images that were scored all the same
	Depth    imageio.Depth // the scale of photos of more than 8 bits a sample; none is zero
	Model    backbone.Info
	Scorer   string
	Plan     string // how the memory bound was kept, for people
	Height   int    // patch rows of the canvas
	Width    int    // patch columns
	Timings  []Timing

	// Evidence says why the peaks of the most anomalous images have their scores, subset by subset;
	// empty unless Config.Explain asks for it. Images are indices of Images, references of those that
	// could be read.
	Evidence   []evidence.Evidence
	Thresholds verdict.Thresholds // unknown unless the job is a plan's, which has the whole batch
	Findings   []health.Finding   // likewise: whether the batch is fit to be scored

	// Partners are, for each image, the images that seem to share a defect with it, ascending; most have
	// none. nil, of one or as a whole, says that nobody has looked: see Scoring.Shared.
	Partners [][]int
	// Rises say for images with partners by how much the largest patch score would rise without them, about;
	// nil where nobody has looked, or where references score as well.
	Rises []float64

	clock    *clock        // keeps timing the steps that follow: Save
	excluded [][][]int     // by subset, mutual.Problem.Exclude of the scores; nil where all score each other
	tiles    [][][]float64 // by subset and tile, patch scores [N,P] of the subset's images
}

// Verdicts is how many images have which verdict; empty without thresholds.
func (r *Result) Verdicts() map[verdict.Verdict]int {
	counts := map[verdict.Verdict]int{}
	if r.Thresholds.Known() {
		for _, image := range r.Images {
			counts[r.Thresholds.Of(image.ScoreBefore)]++
		}
	}
	return counts
}

// Image is the answer for one image.
type Image struct {
	dataset.Item
	Width, Height int         // of the original, in pixels
	Place         frame.Place // where on the original the canvas lies
	PatchScores   []float64   // [P], Eq. 3, on the canvas; 0 where a patch takes no part
	ScoreBefore   float64     // the maximum of the anomaly map
	Score         float64     // after RsCIN
	Rank          int         // 1 is the most anomalous
	Subset        int         // which subset it was scored in, from 0
	ClassToken    []float32   // [D]
	Digest        string      // of the photo's bytes, as the function Digest gives it; empty unless Keep asks
	Brightness    float64     // imageio.Exposure of the photo at the size that the model takes
	Sharpness     float64
}

// Score runs the whole method on a batch: preprocess, backbone, LNAMD and MSM per subset, anomaly
// maps, RsCIN (SPEC sections 1 to 5 in their order). It needs two readable images, or one and
// references. Images that cannot be read are listed in Result.Skipped unless job.Strict.
//
// The same job gives the same bytes at every memory bound and thread count of the scoring; the
// backbone's tokens are those of ONNX Runtime on this processor.
func Score(ctx context.Context, job Config, observer Observer) (*Result, error) {
	batch, err := Extract(ctx, job, observer)
	if err != nil {
		return nil, err
	}
	defer batch.Close()
	return batch.Score(ctx, job.Scoring, batch.References())
}

// WithDefaults fills in the machine: threads and memory that are not said.
func (job Config) WithDefaults() Config {
	if job.Threads == 0 {
		job.Threads = runtime.GOMAXPROCS(0)
	}
	if job.Memory == 0 {
		job.Memory = memory.FairShare()
	}
	return job
}

// possibleBits tells whether samples can have so many bits; 0 is the fewest that hold them all.
func possibleBits(bits int) bool { return bits == 0 || bits >= 8 && bits <= 32 }

// differentStages tells whether stages are different numbers from 1 to the last one.
func differentStages(stages []int, last int) bool {
	for k, stage := range stages {
		if stage < 1 || stage > last || slices.Contains(stages[:k], stage) {
			return false
		}
	}
	return true
}

// Check tells before any work whether the job makes sense. Errors are of kind fault.Usage or Input.
func (job *Config) Check() error {
	switch {
	case job.Batch < 0 || job.Threads < 0 || job.Memory < 0 || job.Scoring.MapSize < 0:
		return fault.New(fault.Usage, "batch, threads, memory and map size cannot be negative")
	case job.Scoring.MapSize > mostMapSide:
		return fault.New(fault.Usage, "a side of the anomaly map has at most %d pixels, not %d", mostMapSide,
			job.Scoring.MapSize)
	case !possibleBits(job.Bits):
		return fault.New(fault.Usage, "samples have 8, 10, 12, 14 or 16 bits (at most 32), not %d",
			job.Bits)
	case job.Scoring.Subsets < 1:
		return fault.New(fault.Usage, "the number of subsets must be at least 1, not %d",
			job.Scoring.Subsets)
	case job.Scoring.ReferencesOnly && len(job.References) == 0 && job.Bank == nil:
		return fault.New(fault.Usage, "scoring by references only needs reference images")
	case len(job.Images) < 2 && len(job.References) == 0 && job.Bank == nil:
		return fault.New(fault.Input, "%d image to score: mutual scoring compares the images with "+
			"each other and needs two or more, or reference images", len(job.Images))
	}
	if !differentStages(job.Scoring.Stages, backbone.Stages) {
		return fault.New(fault.Usage, "stages are different numbers from 1 to %d, not %v",
			backbone.Stages, job.Scoring.Stages)
	}
	if len(job.Scoring.Stages) == 0 {
		return fault.New(fault.Usage, "no stage to score with; the paper takes 1,2,3,4")
	}
	for _, check := range []func() error{job.Scoring.checkShared, job.checkFrame, job.checkBank} {
		if err := check(); err != nil {
			return err
		}
	}
	for _, window := range job.Scoring.Windows {
		if window < 1 {
			return fault.New(fault.Usage, "an RsCIN window is at least 1, not %d", window)
		}
	}
	return mutual.CheckParameters(job.Scoring.Degrees, job.Scoring.Interval)
}

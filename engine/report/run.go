package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"musc/engine/fault"
	"musc/engine/health"
	"musc/engine/imageio"
	"musc/engine/results"
	"musc/engine/verdict"
	"musc/engine/wholefile"
)

// Run is the content of run.json: what somebody needs to repeat the scores and to judge them.
type Run struct {
	Tool     Tool      `json:"tool"`
	Started  time.Time `json:"started"`
	Command  []string  `json:"command"`
	Plan     string    `json:"plan_id,omitempty"` // of a run by a plan: musc score and merge
	Model    Model     `json:"model"`
	Runtime  Runtime   `json:"runtime"`
	Decoders Decoders  `json:"decoders"`
	Preset   string    `json:"preset,omitempty"` // where they come from: "model", "paper", and options
	Scoring  any       `json:"scoring"`          // the method's parameters: a struct, or nil
	Frame    any       `json:"frame,omitempty"`  // how photos were framed: a struct, absent if they were not
	ROI      any       `json:"roi,omitempty"`    // the mask, absent without
	Bank     any       `json:"bank,omitempty"`   // what the photos were scored by, absent without
	Counts   Counts    `json:"counts"`
	Verdicts *Verdicts `json:"verdicts,omitempty"` // if any were asked for
	// Findings are what speaks against the batch's fitness to be scored, absent without.
	Findings []Finding `json:"findings,omitempty"`
	Scale    Scale     `json:"colour_scale"` // of the overlays
	// Depth is how samples of more than 8 bits were scaled, absent without such photos.
	Depth    imageio.Depth `json:"sample_depth,omitzero"`
	Rotate   bool          `json:"rotate,omitempty"` // photos were turned as their tags say
	Machine  Machine       `json:"machine"`
	Timings  []Timing      `json:"timings"` // by step, in their order
	Skipped  []Skipped     `json:"skipped"`
	Warnings []string      `json:"warnings"`
	Hosts    []Host        `json:"hosts,omitempty"` // which machines scored how many subsets, if several did
	// Repeat is what it takes to run this again; absent from runs that nothing is known of.
	Repeat *results.Repeat `json:"repeat,omitempty"`
	// Shortened are the images whose names are too long for a map or an overlay, absent without them.
	Shortened []Shortened `json:"shortened,omitempty"`
}

// Shortened is an image whose map and overlay have another name than it has.
type Shortened struct {
	Image string `json:"image"`
	File  string `json:"file"` // without its extension, slash-separated
}

// Host is a machine that took part in a run.
type Host struct {
	Name    string `json:"name"`
	Subsets int    `json:"subsets"`
}

// Tool is the program that ran.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
}

// File identifies the bytes of a file that the scores depend on.
type File struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Sums are the checksums of files: where they lie does not matter.
func Sums(files []File) (sums []string) {
	for _, file := range files {
		sums = append(sums, file.SHA256)
	}
	return sums
}

// Model is the backbone.
type Model struct {
	Name       string     `json:"name"`
	Files      []File     `json:"files"` // the graph and its external data
	ImageSize  int        `json:"image_size"`
	GridHeight int        `json:"grid_height"` // patches a column
	GridWidth  int        `json:"grid_width"`
	Stages     int        `json:"stages"`
	Channels   int        `json:"channels"`
	ClassDim   int        `json:"class_dim"`
	Mean       [3]float32 `json:"mean"`
	Std        [3]float32 `json:"std"`
}

// Runtime is the ONNX Runtime library and where it computed.
type Runtime struct {
	Library  File     `json:"library"`
	Version  string   `json:"version"`
	Provider string   `json:"provider"`
	Devices  []string `json:"devices,omitempty"` // the names of the GPUs, if it ran there
	Note     string   `json:"note,omitempty"`    // why it is not the device that was asked for
}

// Decoders are what read JPEG, TIFF and WebP photos: lossy ones differ by a few levels between
// them.
type Decoders struct {
	Names string `json:"names"`
	Note  string `json:"note,omitempty"` // why they are Go's and not the libraries
}

// Machine is what the job ran on and how it used that.
type Machine struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Scorer       string `json:"scorer"` // the implementation of MSM
	SIMD         string `json:"simd"`
	Processor    string `json:"processor,omitempty"` // what it can do that ONNX Runtime makes use of
	Threads      int    `json:"threads"`
	MemoryBound  int64  `json:"memory_bound_bytes"`
	PeakResident int64  `json:"peak_resident_bytes"` // 0: the system does not tell
	Plan         string `json:"plan"`                // how the memory bound was kept
}

// Counts says how many images took which part.
type Counts struct {
	Listed     int `json:"listed"`
	Scored     int `json:"scored"`
	Skipped    int `json:"skipped"`
	References int `json:"references"`
}

// Verdicts are the thresholds, and how many images got which verdict.
type Verdicts struct {
	Thresholds verdict.Thresholds      `json:"thresholds"`
	Counts     map[verdict.Verdict]int `json:"counts,omitempty"`
}

// Finding is health.Finding with the images' names.
type Finding struct {
	Kind   health.Kind `json:"kind"`
	Text   string      `json:"text"`
	Groups [][]string  `json:"groups,omitempty"`
}

// Timing is how long one step took.
type Timing struct {
	Step    string  `json:"step"`
	Seconds float64 `json:"seconds"`
}

// Skipped is an image that was left out.
type Skipped struct {
	Image  string `json:"image"`
	Reason string `json:"reason"`
}

// WriteRun writes run as indented JSON, keys in the order of the struct and empty lists as [].
func WriteRun(path string, run Run) error {
	run.Command = listed(run.Command)
	run.Model.Files = listed(run.Model.Files)
	run.Timings = listed(run.Timings)
	run.Skipped = listed(run.Skipped)
	run.Warnings = listed(run.Warnings)
	return save(path, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(run); err != nil {
			return fmt.Errorf("the record of the run as JSON: %w", err)
		}
		return nil
	})
}

// listed is list, or an empty one that JSON shows as [] instead of null.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// ReadRun reads what WriteRun wrote, but for the method's parameters, which are left out. A file that is
// not there or is none of musc's is of kind fault.Input.
func ReadRun(path string) (run Run, err error) {
	text, err := wholefile.ReadRegular(path, results.MostRun)
	if err != nil {
		return run, fault.New(fault.Input, "cannot read the record of a run: %w; give the output folder of "+
			"musc score", err)
	}
	if err := json.Unmarshal(text, &run); err != nil {
		return run, fault.New(fault.Input, "cannot read the record of a run, %s: %w; score the photos again",
			path, err)
	}
	run.Scoring = nil
	return run, nil
}

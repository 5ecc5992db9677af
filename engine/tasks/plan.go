package tasks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"musc/engine"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/frame"
	"musc/engine/imageio"
	"musc/engine/report"
	"musc/engine/verdict"
)

// Phase is a step of a run whose tasks do not depend on each other.
type Phase string

// The phases, in their order.
const (
	PhaseDepth   Phase = "depth"
	PhaseScore   Phase = "score"
	PhaseNearest Phase = "nearest"
	PhaseMerge   Phase = "merge"
	PhaseDraw    Phase = "draw"
)

// Phases are all of them in their order.
var Phases = []Phase{PhaseDepth, PhaseScore, PhaseNearest, PhaseMerge, PhaseDraw}

// ParsePhase reads the name of a phase; any other is of kind fault.Usage.
func ParsePhase(text string) (Phase, error) {
	if phase := Phase(text); slices.Contains(Phases, phase) {
		return phase, nil
	}
	return "", fault.New(fault.Usage, "there is no phase %q; they are %s", text,
		strings.Trim(fmt.Sprint(Phases), "[]"))
}

// Settings are what decides the results, besides the photos and the model.
type Settings struct {
	Scoring   engine.Scoring `json:"scoring"`
	Preset    string         `json:"preset,omitempty"` // where the scoring comes from, for people; decides nothing
	Frame     frame.Options  `json:"frame,omitzero"`   // as in engine.Config; its tiles are resolved
	Bits      int            `json:"bits"`             // as in engine.Config
	Strict    bool           `json:"strict"`
	MaxPixels int            `json:"max_pixels"`
	Rotate    bool           `json:"rotate"`
	Batch     int            `json:"batch"` // images a run of the backbone; 0: the device's default
	Maps      string         `json:"maps"`  // tiff, npy or none
	Overlays  bool           `json:"overlays"`
	DrawTop   int            `json:"draw_top"` // only so many of the most anomalous are drawn; 0: all

	Threshold string          `json:"threshold"`        // how verdicts are reached, as verdict.New takes it
	Labels    []verdict.Label `json:"labels,omitempty"` // for it
	Masks     bool            `json:"masks"`            // of defects
	Report    bool            `json:"report"`           // the page
	Export    string          `json:"export,omitempty"` // the formats, as export.Parse takes them

	ROI  *ROI  `json:"roi,omitempty"`
	Bank *Bank `json:"bank,omitempty"` // its photos are the plan's references
}

// ROI is the region of interest of a plan.
type ROI struct {
	Path   string `json:"path"` // of the mask, or of the folder of masks
	SHA256 string `json:"sha256"`
}

// Bank is what the photos of a plan are scored by, one by one.
type Bank struct {
	Path       string             `json:"path"`
	ID         string             `json:"id"`
	Depth      imageio.Depth      `json:"depth,omitzero"` // as its photos were scaled
	Thresholds verdict.Thresholds `json:"thresholds"`     // of its calibration
}

// Plan is a job cut into tasks that any number of machines run in any order, each any number of
// times. Its ID names the settings, the model's bytes and the photos: what is found out under one ID
// is the same whatever the cut.
type Plan struct {
	Format int    `json:"format"`
	ID     string `json:"id"` // 16 hexadecimal digits

	Settings
	Model  Model  `json:"model"`
	Folder string `json:"folder"` // absolute; relative paths of photos start there

	Images     Listed `json:"images"`
	References Listed `json:"references"`
	Subsets    int    `json:"subsets"`
	Cuts       Cuts   `json:"cuts"`

	Skipped []dataset.Skipped `json:"skipped"` // what was named and is no image, when the plan was made
	Notes   []string          `json:"notes"`   // what else a user was told then
	Version string            `json:"version"` // of musc
	Command []string          `json:"command"`
	Started time.Time         `json:"started"`

	Arguments []string      `json:"arguments,omitempty"` // as results.Repeat has them
	Inputs    []report.File `json:"inputs,omitempty"`    // read for the plan, besides photos and masks of each
}

// format is Plan.Format: another one is that of another version of musc.
const format = 3

// Model is the backbone of a plan.
type Model struct {
	Path  string        `json:"path"` // of the graph; absolute
	Files []report.File `json:"files"`
}

// Listed describes a list of photos.
type Listed struct {
	Count    int    `json:"count"`
	Identity string `json:"identity"` // a hash of their paths, names and labels
	SHA256   string `json:"sha256"`   // of the file that lists them, once it is written
}

// Cut deals things to tasks: task k has those from k*Each on, the last task what is left.
type Cut struct {
	Of   int `json:"of"`
	Each int `json:"each"`
}

// Cuts are what the tasks of each phase have: photos for depth, subsets for score, rows for nearest
// (of the photos that can be read: the last tasks may have none), subsets for draw.
type Cuts struct {
	Depth   Cut `json:"depth"`
	Score   Cut `json:"score"`
	Nearest Cut `json:"nearest"`
	Draw    Cut `json:"draw"`
}

// Tasks is their number.
func (c Cut) Tasks() int {
	if c.Of == 0 {
		return 0
	}
	return (c.Of + c.Each - 1) / c.Each
}

// Range is what task k has: [first,last).
func (c Cut) Range(k int) (first, last int) { return min(k*c.Each, c.Of), min((k+1)*c.Each, c.Of) }

// Task is the task that has the i-th of them.
func (c Cut) Task(i int) int { return i / c.Each }

// Cut is that of a phase. Merging is one task.
func (p *Plan) Cut(phase Phase) Cut {
	switch phase {
	case PhaseDepth:
		return p.Cuts.Depth
	case PhaseScore:
		return p.Cuts.Score
	case PhaseNearest:
		return p.Cuts.Nearest
	case PhaseDraw:
		return p.Cuts.Draw
	}
	return Cut{1, 1}
}

// Tasks is the number of tasks of a phase.
func (p *Plan) Tasks(phase Phase) int { return p.Cut(phase).Tasks() }

// CheckTask tells whether a phase has a task of that number; if not, it is of kind fault.Usage.
func (p *Plan) CheckTask(phase Phase, number int) error {
	switch tasks := p.Tasks(phase); {
	case tasks == 0:
		return fault.New(fault.Usage, "this plan has no tasks of the phase %s: there is nothing to do",
			phase)
	case number < 0 || number >= tasks:
		return fault.New(fault.Usage, "the phase %s has the tasks 0 to %d, not %d", phase, tasks-1,
			number)
	}
	return nil
}

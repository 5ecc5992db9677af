// Package results is about the folders that musc writes into: the names in them, how a folder of an
// earlier run is recognised, and how one is taken for a run so that nothing is lost in it, of the
// user, of an earlier run or of another one at the same time.
package results

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"musc/engine/wholefile"
)

// The names inside an output folder.
const (
	ScoresFile     = "scores.csv"
	DefectsFile    = "defects.csv"
	RunFile        = "run.json"
	InputsFile     = "inputs.sha256" // checksums of what the run read, for sha256sum -c
	ReportFile     = "report.html"
	OverviewFile   = "overview.png"
	ReportFolder   = "report" // pictures of a report that is too large for one file
	MapsFolder     = "maps"
	OverlaysFolder = "overlays"
	MasksFolder    = "masks"
	ExportFolder   = "export"
)

// VerdictsFile is what people decide in the report. It is theirs: no run replaces or removes it.
const VerdictsFile = "verdicts.csv"

// Names are those of a scored batch, in the order in which they are removed: without scores.csv what
// is left is not complete, and as long as run.json is there it is known to be musc's. New results
// come in the reverse order.
var Names = []string{ScoresFile, DefectsFile, ReportFile, ReportFolder, OverviewFile, MapsFolder,
	OverlaysFolder, MasksFolder, ExportFolder, InputsFile, RunFile}

// Tool is the name that musc gives itself in run.json.
const Tool = "musc"

// Kind is what a run gave.
type Kind string

// The kinds of runs.
const (
	None      Kind = ""      // not a folder of musc's
	Scored    Kind = "score" // a scored batch: Names, beside whatever else is in the folder
	Evaluated Kind = "eval"  // tables, curves and a folder a class, beside whatever else
	Tabled    Kind = "paper" // all that is in the folder
	Watched   Kind = "watch" // photos as they arrived: the names of a scored batch
)

// Owns tells whether musc wrote what is under a name in a folder of that kind: it is no photo of the
// user's.
func (k Kind) Owns(folder, name string) bool {
	switch k {
	case Scored, Watched:
		return slices.Contains(Names, name)
	case Evaluated:
		if slices.Contains(curves, name) {
			return true
		}
		_, err := os.Stat(filepath.Join(folder, name, "result.json"))
		return err == nil
	}
	return k == Tabled
}

// curves are the pictures of an evaluation.
var curves = []string{"roc.png", "pr.png", "pro.png"}

// Record is what run.json begins with, whatever the kind; package report has the rest of a scored
// batch's.
type Record struct {
	Tool    RecordTool `json:"tool"`
	Kind    Kind       `json:"kind"`
	Command []string   `json:"command"`
	Repeat  *Repeat    `json:"repeat,omitempty"` // absent from what cannot be repeated

	// What computed it, where that is known: in the forms that package report has for a scored batch.
	Model    any `json:"model,omitempty"`
	Runtime  any `json:"runtime,omitempty"`
	Decoders any `json:"decoders,omitempty"`
	Machine  any `json:"machine,omitempty"`
}

// Repeat is what it takes to run a command again: musc reproduce does.
type Repeat struct {
	Folder string `json:"folder"` // absolute: the working folder, where relative paths start
	// Arguments are the command line behind the program's name. It says all that was set, on the command
	// line, in the environment or in a file of options, and needs neither of the latter.
	Arguments []string `json:"arguments"`
	Inputs    SumList  `json:"inputs"` // InputsFile, once it is written
	// Results are the SHA-256 of some results as they were written, by their names.
	Results map[string]string `json:"results,omitempty"`
}

// RecordTool is the program that ran.
type RecordTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// MostRun bounds run.json and records like it, in bytes: one of a million photos has a tenth of that.
const MostRun = 1 << 28

// Recognise tells by run.json whether a folder holds results of musc. Runs before the tool's name was
// written are known by what only musc writes.
func Recognise(folder string) Kind {
	text, err := wholefile.ReadRegular(filepath.Join(folder, RunFile), MostRun)
	if err != nil {
		return None
	}
	var found struct {
		Record
		Scale   json.RawMessage `json:"colour_scale"`
		Counts  json.RawMessage `json:"counts"`
		Machine json.RawMessage `json:"machine"`
	}
	switch {
	case json.Unmarshal(text, &found) != nil:
		return None
	case found.Tool.Name == Tool && found.Kind != None:
		return found.Kind
	case found.Tool.Name == Tool,
		found.Scale != nil && found.Counts != nil && found.Machine != nil:
		return Scored
	}
	return None
}

package reproduce

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/fault"
	"musc/engine/report"
	"musc/engine/results"
	"musc/engine/wholefile"
)

// Record is what is known of a run.
type Record struct {
	Folder string // of the results
	Kind   results.Kind
	Run    report.Run                 // of an evaluation the tool, the command and Repeat only
	Fields map[string]json.RawMessage // of run.json
	Inputs []results.Sum              // nil: nothing is known of them
	// Missing is what an older record does not say, and an edited one no more, in words for people.
	Missing []string

	edited map[string]bool // as wasEdited found out, by the results' names
}

// Read reads the record of a run: path is its run.json, or the folder of the results. Errors are of kind
// fault.Input and say what the file is instead.
func Read(path string) (*Record, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, results.RunFile)
	}
	text, err := wholefile.ReadRegular(path, results.MostRun)
	if err != nil {
		return nil, fault.New(fault.Input, "cannot read the record of a run: %w; give its %s, or the output "+
			"folder of musc score", err, results.RunFile)
	}
	r := &Record{Folder: filepath.Dir(path)}
	if err := r.parse(path, text); err != nil {
		return nil, err
	}
	return r, r.readInputs()
}

func (r *Record) parse(path string, text []byte) error {
	if err := json.Unmarshal(text, &r.Fields); err != nil {
		return fault.New(fault.Input, "cannot repeat what %s records: it is no record of a run (%w); give "+
			"the %s of musc score, plan or eval", path, err, results.RunFile)
	}
	var record results.Record
	errRecord, errRun := json.Unmarshal(text, &record), json.Unmarshal(text, &r.Run)
	r.Kind = record.Kind
	if r.Kind == results.None {
		r.Kind = results.Scored
	}
	switch {
	case errRecord != nil || errRun != nil:
		return fault.New(fault.Input, "cannot repeat what %s records: some of it is not as musc writes it "+
			"(%w)", path, errors.Join(errRecord, errRun))
	case record.Tool.Name != results.Tool || len(record.Command) == 0:
		return fault.New(fault.Input, "cannot repeat what %s records: it is not of a run of musc, which names "+
			"the tool and its command there", path)
	case r.Kind == results.Watched:
		return fault.New(fault.Input, "cannot repeat musc watch, whose photos came one by one and may be "+
			"gone; musc score PHOTOS -o OUT --bank FILE gives the same scores of those that are there")
	case r.Kind == results.Tabled:
		return fault.New(fault.Input, "cannot repeat musc paper this way: its tables hold the paper's numbers "+
			"beside ours already; run it again into another folder and compare these")
	case r.Kind != results.Scored && r.Kind != results.Evaluated:
		return fault.New(fault.Input, "cannot repeat what %s records: this version of musc knows no runs of "+
			"the kind %q", path, r.Kind)
	}
	r.Run.Scoring = nil
	return nil
}

// readInputs reads the checksums of what the run read, and notes what is not known.
func (r *Record) readInputs() error {
	if r.Run.Repeat == nil {
		r.Missing = append(r.Missing, "the folder that it ran in, options that came from a file or the "+
			"environment, and the checksums of its photos")
		return nil
	}
	sums, list, err := results.ReadSums(filepath.Join(r.Folder, results.InputsFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.Missing = append(r.Missing, "the checksums of its photos, as "+results.InputsFile+" is not there")
	case err != nil:
		return err
	case list != r.Run.Repeat.Inputs:
		r.Missing = append(r.Missing, "the checksums of its photos, as "+results.InputsFile+
			" is not the one that the run wrote")
	default:
		r.Inputs = slices.Clip(sums)
	}
	return nil
}

// OnGPU says whether the backbone or the scorer ran on a GPU.
func (r *Record) OnGPU() bool {
	return r.Run.Runtime.Devices != nil || strings.HasPrefix(r.Run.Machine.Scorer, "cuda")
}

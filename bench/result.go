package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"musc/engine/fault"
)

// schema is raised whenever a saved result could be misread by an older program, or the reverse.
const schema = 1

// Units of samples.
const (
	seconds = "s"
	bytes   = "B"
)

// Groups of rows, in the order of the report.
const (
	groupKernels = "kernels"
	groupScorers = "mutual scoring"
	groupImages  = "images"
	groupThreads = "threads"
	groupMemory  = "memory"
	groupWhole   = "end to end"
	groupSteps   = "steps"
)

// Result is everything that one run measured. It names no host, no user and no folder.
type Result struct {
	Schema     int               `json:"schema"`
	Quick      bool              `json:"quick"`
	Machine    Machine           `json:"machine"`
	Versions   map[string]string `json:"versions"`
	Rows       []Row             `json:"rows"`
	Agreements []Agreement       `json:"agreements"`
	Notes      []string          `json:"notes"` // what was left out, and why
}

// Machine is what the samples depend on.
type Machine struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Processor    string `json:"processor"`
	Cores        int    `json:"cores"`
	Level        string `json:"level"`                // of SIMD instructions in use
	Best         string `json:"best_level,omitempty"` // of the machine, where another one is in use
}

// Row is a set of cases that were timed in turns: sample k of each is from round k.
type Row struct {
	Group   string    `json:"group"`
	Shape   string    `json:"shape"`
	Level   string    `json:"level,omitempty"` // of a kernel
	Images  int       `json:"images,omitempty"`
	Threads int       `json:"threads,omitempty"`
	Unit    string    `json:"unit"`
	Pulse   []float64 `json:"pulse,omitempty"`  // seconds of a fixed loop in each round
	Others  float64   `json:"others,omitempty"` // cores that other processes used meanwhile
	Cold    bool      `json:"cold,omitempty"`   // one round, without another one before it to warm up
	Cases   []Case    `json:"cases"`
}

// Case is one contender and all its samples.
type Case struct {
	Name    string    `json:"name"`
	Work    float64   `json:"work,omitempty"` // operations a sample
	Samples []float64 `json:"samples"`
}

// Agreement is how far another program's patch scores are from musc's on the same tokens, or the scores
// of images on the same photos.
type Agreement struct {
	Shape   string  `json:"shape"`
	Images  int     `json:"images"`
	Case    string  `json:"case"`
	Largest float64 `json:"largest_difference"`
	Typical float64 `json:"mean_score"`              // to judge the difference by
	Swapped *int    `json:"swapped_pairs,omitempty"` // pairs of photos in another order
}

// find returns the samples' case, nil if the row has none of that name.
func (r *Row) find(name string) *Case {
	for k := range r.Cases {
		if r.Cases[k].Name == name {
			return &r.Cases[k]
		}
	}
	return nil
}

// in lists the rows of a group.
func (r *Result) in(group string) []Row {
	var rows []Row
	for _, row := range r.Rows {
		if row.Group == group {
			rows = append(rows, row)
		}
	}
	return rows
}

func newResult(quick bool) *Result {
	result := &Result{Schema: schema, Quick: quick, Versions: map[string]string{
		"go": runtime.Version()}, Notes: []string{}, Agreements: []Agreement{},
		Machine: Machine{OS: runtime.GOOS, Architecture: runtime.GOARCH,
			Processor: processor(), Cores: runtime.NumCPU(), Level: level()}}
	if best := bestLevel(); best != level() {
		result.Machine.Best = best
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
				result.Versions["musc"] = setting.Value[:12]
			}
		}
	}
	return result
}

// processor is the model's name as the system gives it, "unknown" where it does not.
func processor() string {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		if strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// load reads a saved result.
func load(path string) (*Result, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.New(fault.Input, "cannot read a saved result: %w; make one with: make bench",
			err)
	}
	var result Result
	if err := json.Unmarshal(data, &result); err != nil {
		return nil, fault.New(fault.Input, "%s is no result of bench: %w", path, err)
	}
	if result.Schema != schema {
		return nil, fault.New(fault.Input, "%s has schema %d, this program reads %d; measure again",
			path, result.Schema, schema)
	}
	return &result, nil
}

// encode is the form that results are saved in.
func (r *Result) encode() ([]byte, error) {
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return nil, fmt.Errorf("the result as JSON: %w", err)
	}
	return append(data, '\n'), nil
}

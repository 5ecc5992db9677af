package cluster

import (
	_ "embed"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"musc/engine/fault"
)

// Slurm says how the phases become job arrays.
type Slurm struct {
	Options      []string // of sbatch for all phases; those about GPUs for phases that want one
	GPUOptions   []string // of sbatch, added for phases that want a GPU
	CPUOptions   []string // of sbatch, added for the other phases
	Parallel     int      // tasks of a phase at once; 0 for as many as Slurm places
	MaxArraySize int      // the cluster's: indices of an array are below it; 0 for Slurm's default
}

// defaultMaxArraySize is Slurm's.
const defaultMaxArraySize = 1001

// longestArray keeps an array's expression within what an argument may hold.
const longestArray = 10000

// SlurmJob is one job array: what one call of sbatch gets.
type SlurmJob struct {
	Phase   string
	Tasks   int
	Options []string // of sbatch, but for --dependency
	After   []int    // these of the list must have succeeded
	Behind  int      // this one of the list must have ended, as the phase's share is used up; else -1
	Script  string   // on sbatch's standard input
}

//go:embed slurm.sh
var slurmScript string

var slurmTemplate = template.Must(template.New("slurm.sh").Funcs(template.FuncMap{"quote": quote}).
	Parse(slurmScript))

// Jobs are the arrays of what is missing, in the order in which they are to be submitted.
func (s *Slurm) Jobs(run Run) ([]SlurmJob, error) {
	if strings.Contains(run.Folder, `\`) { // sbatch then takes %a for two letters: one log for all tasks
		return nil, fault.New(fault.Usage, "handing %q to Slurm: it names no tasks' logs in a folder whose path has "+
			"a backslash; use another name", run.Folder)
	}
	steps, err := run.steps()
	if err != nil {
		return nil, err
	}
	var jobs []SlurmJob
	var before []int
	for _, step := range steps {
		options, err := s.options(step.GPU)
		if err != nil {
			return nil, err
		}
		var these []int
		for _, array := range s.arrays(step.Missing) {
			job, err := s.job(&run, step, array, options)
			if err != nil {
				return nil, err
			}
			job.After, job.Behind = before, -1
			if s.Parallel > 0 && len(these) > 0 {
				job.Behind = these[len(these)-1]
			}
			these = append(these, len(jobs))
			jobs = append(jobs, job)
		}
		before = these
	}
	return jobs, nil
}

// options are sbatch's for phases with or without a GPU, checked.
func (s *Slurm) options(gpu bool) ([]string, error) {
	common, err := parseSbatch(s.Options)
	if err != nil {
		return nil, err
	}
	own := s.GPUOptions
	if !gpu {
		common, own = withoutGPUs(common), s.CPUOptions
	}
	added, err := parseSbatch(own)
	return sbatchWords(slices.Concat(common, added)), err
}

// slurmArray is a part of a phase: tasks offset + index, for the indices.
type slurmArray struct {
	offset  int
	digits  int // behind those of the offset that is not 0, so many are the index's
	indices []Range
}

// arrays cuts ranges into job arrays whose indices Slurm takes. Offsets are multiples of a power of
// ten, and indices are below it, so that a task's number is the offset's leading digits and the
// index's behind them: so Slurm itself can name the task's log.
func (s *Slurm) arrays(ranges []Range) []slurmArray {
	limit := s.MaxArraySize
	if limit == 0 {
		limit = defaultMaxArraySize
	}
	if ranges[len(ranges)-1].Last < limit && count(ranges) <= longestArray {
		return []slurmArray{{indices: ranges}}
	}
	size, digits := 1, 0
	for size*10 <= min(limit, longestArray) {
		size, digits = size*10, digits+1
	}
	var arrays []slurmArray
	for _, r := range ranges {
		for first := r.First; first <= r.Last; {
			offset := first / size * size
			last := min(r.Last, offset+size-1)
			if n := len(arrays); n == 0 || arrays[n-1].offset != offset {
				arrays = append(arrays, slurmArray{offset: offset, digits: digits})
			}
			array := &arrays[len(arrays)-1]
			array.indices = append(array.indices, Range{first - offset, last - offset})
			first = last + 1
		}
	}
	return arrays
}

// log is the file of each task's output, in sbatch's notation.
func (a *slurmArray) log(folder, phase string) string {
	path := strings.ReplaceAll(filepath.Join(folder, phase), "%", "%%")
	if a.offset == 0 {
		return path + "-%a.txt"
	}
	leading := strconv.Itoa(a.offset)
	return fmt.Sprintf("%s-%s%%%da.txt", path, leading[:len(leading)-a.digits], a.digits)
}

func (s *Slurm) job(run *Run, step step, array slurmArray, options []string) (SlurmJob, error) {
	indices := expression(array.indices)
	if s.Parallel > 0 {
		indices += "%" + strconv.Itoa(s.Parallel)
	}
	var script strings.Builder
	err := slurmTemplate.Execute(&script, map[string]any{"Run": run, "Step": step,
		"Command": step.command(run), "Offset": array.offset, "Retries": Retries})
	if err != nil {
		return SlurmJob{}, fmt.Errorf("writing the script of phase %s: %w", step.Name, err)
	}
	return SlurmJob{Phase: step.Name, Tasks: count(array.indices), Script: script.String(),
		Options: slices.Concat(options, []string{"--job-name=" + run.jobName(step.Name),
			"--array=" + indices, "--requeue", "--open-mode=append",
			"--output=" + array.log(run.logFolder(), step.Name)})}, nil
}

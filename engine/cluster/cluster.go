// Package cluster hands the tasks of a plan to the scheduler of a cluster, one file a scheduler.
// They print or submit, and compute nothing: placing, retrying and ordering the tasks is the
// scheduler's, what a task does is `musc task`.
//
// A run is phases in their order; the tasks of a phase need all of the phase before. After the
// last phase one command, `musc merge`, puts the results in place. A task that was done already
// ends at once, so that a task may run twice, also at the same time. Exit codes of a task decide
// what the scheduler does with it:
//
//	0, 3    done; 3 says that some photos are left out
//	2       the command line is wrong: so it is for all tasks, and the phase ends at once
//	4       the task's input cannot be used: it fails and is not tried again
//	others  something of the node, or a signal: the task is tried again, at most Retries times
package cluster

import (
	"path/filepath"
	"strconv"
	"strings"

	"musc/engine/fault"
)

// Retries is how often a task is tried again after a failure that another node may not have.
const Retries = 3

// Finish is the step after the last phase, under which the scheduler runs `musc merge`.
const Finish = "finish"

// Run is a plan as a scheduler has to know it.
type Run struct {
	Folder string // the output folder, an absolute path that is the same on all nodes
	ID     string // the plan's
	Musc   string // the program: a path on the nodes, or a name in their $PATH
	Phases []Phase
}

// Phase is a row of tasks, numbered from 0.
type Phase struct {
	Name    string
	Tasks   int
	Missing []Range  // those that are not done, ascending and apart; the others are not submitted
	GPU     bool     // wants a GPU where there is one
	Options []string // further words behind `musc task OUT PHASE K`
}

// Range is the tasks First to Last.
type Range struct{ First, Last int }

// Ranges are those of numbers, which ascend.
func Ranges(numbers []int) []Range {
	var ranges []Range
	for _, number := range numbers {
		if n := len(ranges); n > 0 && ranges[n-1].Last == number-1 {
			ranges[n-1].Last = number
		} else {
			ranges = append(ranges, Range{number, number})
		}
	}
	return ranges
}

// count is the number of tasks in ranges.
func count(ranges []Range) int {
	n := 0
	for _, r := range ranges {
		n += r.Last - r.First + 1
	}
	return n
}

// expression writes ranges as Slurm and `musc status` do: 0-3,17,40-99.
func expression(ranges []Range) string { return join(ranges, ",") }

func join(ranges []Range, separator string) string {
	words := make([]string, len(ranges))
	for i, r := range ranges {
		words[i] = strconv.Itoa(r.First)
		if r.Last > r.First {
			words[i] += "-" + strconv.Itoa(r.Last)
		}
	}
	return strings.Join(words, separator)
}

// step is a phase of which tasks are missing, or Finish.
type step struct {
	Phase
	Last bool // it is Finish
}

// command is what runs a task but for its number, which comes last; Finish has none.
func (s *step) command(run *Run) []string {
	if s.Last {
		return []string{run.Musc, "merge", run.Folder}
	}
	return append(append([]string{run.Musc, "task"}, s.Options...), run.Folder, s.Name)
}

// steps are what is left of the run, in its order; Finish is always among them.
func (r *Run) steps() ([]step, error) {
	if !filepath.IsAbs(r.Folder) {
		return nil, fault.New(fault.Usage, "handing %s to a cluster: the output folder must be an "+
			"absolute path, as tasks run in folders of their own", r.Folder)
	}
	for _, word := range []string{r.Folder, r.Musc} {
		if word == "" || strings.ContainsAny(word, "\n\r\x00") {
			return nil, fault.New(fault.Usage, "handing %q to a cluster: its scripts hold only names "+
				"that are not empty and have no line breaks; use another path", word)
		}
	}
	var steps []step
	for _, phase := range r.Phases {
		if len(phase.Missing) > 0 {
			steps = append(steps, step{Phase: phase})
		}
	}
	last := Phase{Name: Finish, Tasks: 1, Missing: []Range{{0, 0}}}
	return append(steps, step{last, true}), nil
}

// logFolder holds a text a task, PHASE-K.txt.
func (r *Run) logFolder() string { return filepath.Join(r.Folder, ".musc-run", "log") }

// jobName tells squeue and kubectl whose tasks these are; it is a DNS label, too.
func (r *Run) jobName(phase string) string { return "musc-" + phase + "-" + r.ID }

// quote writes words so that a shell reads them as they are.
func quote(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = word
		if word == "" || strings.ContainsFunc(word, special) {
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// special says whether a shell may read more into a character than itself.
func special(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !letter && !strings.ContainsRune("-_./,:=@%+", r)
}

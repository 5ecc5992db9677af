package tasks

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"time"

	"musc/engine/fault"
)

// Failure is why a task came to no end. It lies in failed/PHASE-NUMBER.json until the task succeeds.
type Failure struct {
	Phase   Phase     `json:"phase"`
	Task    int       `json:"task"`
	Kind    string    `json:"kind"` // usage, input, setup, output or internal
	Message string    `json:"message"`
	Host    string    `json:"host"`
	Time    time.Time `json:"time"`
}

// kinds are the names of the kinds of errors.
var kinds = map[fault.Kind]string{fault.Internal: "internal", fault.Usage: "usage",
	fault.Input: "input", fault.Setup: "setup", fault.Output: "output"}

func (f Folder) failure(phase Phase, task int) string {
	return f.Path("failed", fmt.Sprintf("%s-%06d.json", phase, task))
}

// noteFailure writes down why a task failed.
func (f Folder) noteFailure(phase Phase, task int, err error) error {
	return saveJSON(f.failure(phase, task), Failure{Phase: phase, Task: task,
		Kind: kinds[fault.KindOf(err)], Message: err.Error(), Host: host(),
		Time: time.Now().UTC().Truncate(time.Second)})
}

// forgetFailure is for a task that has succeeded.
func (f Folder) forgetFailure(phase Phase, task int) error {
	err := os.Remove(f.failure(phase, task))
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fault.New(fault.Output, "cannot remove the note of an earlier failure: %w; remove it by hand",
		err)
}

var failureName = regexp.MustCompile(`^([a-z]+)-(\d+)\.json$`)

// failures are those of a phase, by task. One whose file cannot be read says so.
func (f Folder) failures() (map[Phase]map[int]Failure, error) {
	names, err := namesIn(f.Path("failed"))
	if err != nil {
		return nil, err
	}
	list := map[Phase]map[int]Failure{}
	for _, name := range names {
		parts := failureName.FindStringSubmatch(name)
		if parts == nil {
			continue // a temporary file
		}
		phase := Phase(parts[1])
		task, err := strconv.Atoi(parts[2])
		if err != nil {
			continue // no number of a task
		}
		var failure Failure
		switch err := loadJSON(f.failure(phase, task), &failure); {
		case errors.Is(err, fs.ErrNotExist):
			continue // the task has succeeded since
		case err != nil:
			failure.Message = err.Error()
		}
		failure.Phase, failure.Task = phase, task
		if list[phase] == nil {
			list[phase] = map[int]Failure{}
		}
		list[phase][task] = failure
	}
	return list, nil
}

// host is the name of this machine, as Slurm knows it or as it knows itself.
func host() string {
	name, _ := os.Hostname() // without one there is no name to tell
	return cmp.Or(os.Getenv("SLURMD_NODENAME"), name)
}

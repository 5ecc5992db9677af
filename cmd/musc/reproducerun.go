package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"musc/cgo/cpu"
	"musc/engine/backbone"
	"musc/engine/fault"
	"musc/engine/plain"
	"musc/engine/reproduce"
	"musc/engine/results"
)

// run makes the run again, into a folder, as a process of its own: with the recorded SIMD level, and without
// options from the environment.
func (r *repetition) run(output string) error {
	program, err := os.Executable()
	if err != nil {
		return fault.New(fault.Setup, "cannot find the program's own file: %w", err)
	}
	more := r.asRecorded()
	if r.Bool("json") {
		more = append(more, "--json")
	}
	if r.Bool("quiet") {
		more = append(more, "--quiet")
	}
	if library := r.line.String(libraryOption); library != "" && !r.Bool("quiet") && !r.Bool("json") {
		fmt.Fprintf(r.App.ErrWriter, "the library %s that the record names is not loaded, as anybody can have "+
			"written the record; if you trust it, set $%s\n", plain.Name(library), backbone.LibraryVariable)
	}
	child := exec.CommandContext(r.Context.Context, program, r.line.arguments(output, more...)...)
	child.Dir = r.folder
	child.Env = childEnvironment(os.Environ(), r.level, r.then.Run.Repeat != nil)
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	child.Stderr = r.App.ErrWriter
	events := &eventFilter{to: r.App.Writer}
	if r.Bool("json") {
		child.Stdout = events
	}
	err = child.Run()
	if r.Context.Context.Err() != nil {
		return r.Context.Context.Err()
	}
	var ended *exec.ExitError
	if err == nil || errors.As(err, &ended) &&
		slices.Contains([]int{exitSkipped, exitDecided}, ended.ExitCode()) {
		return nil
	}
	if ended == nil {
		return fault.New(fault.Setup, "cannot run musc again: %w", err)
	}
	why := "what it said is above"
	if events.failure != "" {
		why = events.failure
	}
	kind, known := map[int]fault.Kind{exitUsage: fault.Input, exitInput: fault.Input, exitSetup: fault.Setup,
		exitOutput: fault.Output}[ended.ExitCode()]
	if !known {
		kind = fault.Internal
	}
	return fault.New(kind, "the run cannot be repeated: it ended with the exit code %d; %s", ended.ExitCode(), why)
}

// asRecorded are options for what the run chose by itself: so many threads, and no GPU where it had none.
func (r *repetition) asRecorded() (args []string) {
	machine := &r.then.Run.Machine
	if machine.Threads > 0 && !r.line.IsSet("threads") {
		args = append(args, fmt.Sprintf("--threads=%d", machine.Threads))
	}
	if r.then.Kind == results.Scored && !r.then.OnGPU() && !r.line.IsSet("device") {
		args = append(args, "--device=cpu")
	}
	return args
}

// childEnvironment is an environment without options, unless the record is one of an older musc, which had
// them from there. Relative paths in it become absolute: the child works in another folder.
func childEnvironment(environment []string, level string, complete bool) (kept []string) {
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		ours := strings.HasPrefix(name, "MUSC_")
		other := slices.ContainsFunc(variables, func(v [2]string) bool { return v[0] == name }) ||
			strings.HasPrefix(name, "MUSC_TEST_") || strings.HasPrefix(name, "MUSC_FAKE_")
		if name == cpu.Variable || ours && !other && complete {
			continue
		}
		if ours && value != "" && !filepath.IsAbs(value) && reproduce.Present(value) {
			if path, err := filepath.Abs(value); err == nil {
				entry = name + "=" + path
			}
		}
		kept = append(kept, entry)
	}
	if level != "" {
		kept = append(kept, cpu.Variable+"="+level)
	}
	return kept
}

// eventFilter passes on how a run goes, of what it says with --json, and keeps why it failed.
type eventFilter struct {
	to      io.Writer
	begun   []byte // of a line that is not whole yet
	failure string
}

// passedOn are events about progress.
var passedOn = []string{"begin", "progress", "note", "skipped"}

func (f *eventFilter) Write(text []byte) (int, error) {
	f.begun = append(f.begun, text...)
	for {
		line, rest, whole := bytes.Cut(f.begun, []byte("\n"))
		if !whole {
			return len(text), nil
		}
		if err := f.line(line); err != nil {
			return 0, err
		}
		f.begun = slices.Clone(rest)
	}
}

func (f *eventFilter) line(line []byte) error {
	var event struct{ Event, Message string }
	if json.Unmarshal(line, &event) != nil {
		return nil
	}
	if event.Event == "error" {
		f.failure = event.Message
	}
	if !slices.Contains(passedOn, event.Event) {
		return nil
	}
	_, err := fmt.Fprintf(f.to, "%s\n", line)
	return err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/urfave/cli/v2"

	"musc/engine/fault"
	"musc/engine/tasks"
)

// mayOverwrite says whether earlier results may be replaced: it was said now, or when the run began
// that goes on.
func mayOverwrite(c *cli.Context, run tasks.Folder) bool {
	if c.Bool("overwrite") || !c.Bool("resume") {
		return c.Bool("overwrite")
	}
	former, err := tasks.Read(c.Context, run)
	return err == nil && former.MayOverwrite(run)
}

// begin makes the plan of a run, or goes on with the one that is there.
func begin(c *cli.Context, run tasks.Folder, request tasks.Request) (*tasks.Plan, error) {
	plan, listing, err := tasks.Make(request)
	if err != nil {
		return nil, err
	}
	former, err := tasks.Read(c.Context, run)
	switch resume := c.Bool("resume"); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil && !c.Bool("overwrite"):
		return nil, beginAnew(err)
	case err == nil && resume && former.ID == plan.ID:
		return former, nil
	case err == nil && resume:
		return nil, fault.New(fault.Input, "cannot go on with the run in %s: it is not the same any more: "+
			"%s; give the options and photos that it began with, or --overwrite without --resume to begin "+
			"anew", run.Output, strings.Join(tasks.Differences(former, plan), ", "))
	case err == nil && !c.Bool("overwrite"):
		done, err := former.Progress(run)
		if err != nil {
			return nil, err
		}
		if done != "" {
			return nil, fault.New(fault.Output, "an earlier run in %s was stopped (%s): give --resume to go "+
				"on with it, or --overwrite to begin anew", run.Output, done)
		}
	}
	if err := tasks.Remove(run); err != nil {
		return nil, err
	}
	return plan, plan.Write(run, listing)
}

// beginAnew is the error about a plan that cannot be read, with the way out.
func beginAnew(err error) error {
	return fault.New(fault.Output, "%w; --overwrite removes it, and begins anew", err)
}

// resumable says how to go on after an error in the middle of a run. What is not worth going on with is
// removed.
func resumable(err error, plan *tasks.Plan, run tasks.Folder) error {
	done, progressErr := plan.Progress(run)
	switch {
	case progressErr != nil:
		return err
	case done == "":
		return errors.Join(err, tasks.Remove(run))
	}
	mended := ""
	if !errors.Is(err, context.Canceled) {
		mended = "once that is mended, "
	}
	return &resumableError{err, fmt.Sprintf("what is finished is kept (%s): %sthe same command with "+
		"--resume goes on from there", done, mended)}
}

// resumableError is an error after which a run can go on.
type resumableError struct {
	error
	advice string
}

func (e *resumableError) Unwrap() error { return e.error }

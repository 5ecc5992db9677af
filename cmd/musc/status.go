package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"musc/engine/tasks"
)

func statusCommand() *cli.Command {
	return &cli.Command{
		Name:      "status",
		Usage:     "how far a plan's tasks are, and why some failed",
		ArgsUsage: "OUT",
		Description: `Lists done, failed and missing tasks of each phase; the missing ones as a job array's expression, to be
submitted again: the same musc cluster command does that.`,
		Flags: []cli.Flag{&cli.BoolFlag{Name: "json", Category: categoryOutput,
			Usage: "one JSON object a phase on standard output"}},
		OnUsageError: usageError,
		Action:       status,
	}
}

func status(c *cli.Context) error {
	output, err := folderArgument(c, "status out")
	if err != nil {
		return err
	}
	run := tasks.Folder{Output: output}
	plan, err := tasks.Read(c.Context, run)
	if err != nil {
		return err
	}
	states, err := plan.Status(run)
	if err != nil {
		return err
	}
	merged := plan.InPlace(run)
	if c.Bool("json") {
		return statusJSON(c.App.Writer, plan, states, merged)
	}
	table := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "phase\ttasks\tdone\tfailed\tmissing")
	for _, state := range states {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%s\n", state.Phase, state.Tasks, len(state.Done),
			len(state.Failed), tasks.Expression(state.Missing))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, state := range states {
		for _, failure := range state.Failed {
			fmt.Fprintf(c.App.Writer, "%s %d failed on %s at %s: %s\n", failure.Phase, failure.Task,
				failure.Host, failure.Time.Format("2006-01-02 15:04:05 MST"), failure.Message)
		}
	}
	return tellNext(c.App.Writer, states, output, merged)
}

// tellNext says what to do with that status.
func tellNext(w io.Writer, states []tasks.State, output string, merged bool) (err error) {
	for _, state := range states {
		if len(state.Missing) > 0 {
			_, err = fmt.Fprintf(w, "next: the same musc cluster command submits what is missing; one "+
				"task here: musc task %s %s %d\n", output, state.Phase, state.Missing[0])
			return err
		}
	}
	if merged {
		_, err = fmt.Fprintf(w, "all is done; the results are in %s\n", output)
		return err
	}
	_, err = fmt.Fprintf(w, "next: musc merge %s\n", output)
	return err
}

func statusJSON(w io.Writer, plan *tasks.Plan, states []tasks.State, merged bool) error {
	encoder := json.NewEncoder(w)
	for _, state := range states {
		failed := []tasks.Failure{}
		failed = append(failed, state.Failed...)
		if err := encoder.Encode(map[string]any{"event": "phase", "phase": state.Phase,
			"tasks": state.Tasks, "done": len(state.Done), "failed": failed,
			"missing": tasks.Expression(state.Missing)}); err != nil {
			return err
		}
	}
	return encoder.Encode(map[string]any{"event": "done", "plan": plan.ID, "results": merged})
}

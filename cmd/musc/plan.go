package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/results"
	"musc/engine/tasks"
)

func planCommand() *cli.Command {
	own := []cli.Flag{
		&cli.IntFlag{Name: "tasks", Category: categoryOutput, Value: tasks.DefaultTasks,
			Usage: "at most `N` tasks of the phases score and draw; each should last some minutes"},
	}
	return &cli.Command{
		Name:      "plan",
		Usage:     "deal many photos into subsets and tasks, for a cluster",
		ArgsUsage: "PHOTOS...",
		Description: `Nothing is computed and no photo is opened: the plan in OUT/.musc-run says which photos are scored
together, and which task scores them. The scores are those of musc score with the same photos and options.

Examples:
   musc plan photos/ -o out --subset-size 200
   musc plan list.csv -o out --subset-size 200 --maps none --no-overlays
   musc plan photos/ -o out --subset-size 200 --draw-top 1000 --precision float16

Then, on a folder that all machines share:
   musc cluster slurm out -- -p gpu --gres=gpu:1     # or: musc cluster kubernetes out --image IMAGE
   musc status out`,
		Flags: slices.Concat(own, planFlags(), batchFlags(), scoringFlags(), modelFlags(),
			machineFlags(), outputFlags()),
		OnUsageError: usageError,
		Action:       plan,
	}
}

func plan(c *cli.Context) error {
	request, _, err := requestPlan(c, "plan photos/ -o out --subset-size 200")
	if err != nil {
		return err
	}
	request.Tasks = c.Int("tasks")
	output := c.String("output")
	folder, err := results.Prepare(output, results.Options{Overwrite: c.Bool("overwrite"),
		Inputs: inputsOf(c, request), Command: os.Args})
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := engine.CheckNames(folder, request.Images); err != nil {
		return err
	}
	plan, err := begin(c, tasks.Folder{Output: output}, request)
	if err != nil {
		return err
	}
	err = tellPlan(c, plan, output)
	if err == nil && len(plan.Skipped) > 0 {
		err = errSkipped
	}
	return err
}

// tellPlan says what was planned and what comes next.
func tellPlan(c *cli.Context, plan *tasks.Plan, output string) error {
	if c.Bool("json") {
		done := map[string]any{"event": "done", "output": output, "plan": plan.ID,
			"images": plan.Images.Count, "subsets": plan.Subsets, "left_out": len(plan.Skipped)}
		for _, phase := range tasks.Phases {
			done[string(phase)+"_tasks"] = plan.Tasks(phase)
		}
		return json.NewEncoder(c.App.Writer).Encode(done)
	}
	for _, note := range plan.Notes {
		fmt.Fprintln(c.App.ErrWriter, note)
	}
	for _, image := range plan.Skipped {
		fmt.Fprintln(c.App.ErrWriter, skippedLine(image.Path, image.Reason))
	}
	w := c.App.Writer
	fmt.Fprintf(w, "plan %s: %d photos in %d subsets, %d reference images\ntasks:", plan.ID,
		plan.Images.Count, plan.Subsets, plan.References.Count)
	for _, phase := range tasks.Phases {
		fmt.Fprintf(w, " %s %d", phase, plan.Tasks(phase))
	}
	fmt.Fprintf(w, "\nmodel: %s\n", plan.Model.Path)
	_, err := fmt.Fprintf(w, "next: musc cluster slurm %s -- OPTIONS OF SBATCH\n  or: musc cluster "+
		"kubernetes %[1]s --image IMAGE\n  or: musc task %[1]s PHASE K for each task, then musc merge "+
		"%[1]s\n", output)
	return err
}

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
	merged := results.Recognise(output) == results.Scored
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

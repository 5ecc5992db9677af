package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/results"
	"musc/engine/tasks"
	"musc/models/resolve"
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
   musc plan photos/ -o out --bank product.musc --subset-size 1000

Then, on a folder that all machines share:
   musc cluster slurm out -- -p gpu --gres=gpu:1     # or: musc cluster kubernetes out --image IMAGE
   musc status out`,
		Flags: ofPreset(slices.Concat(own, planFlags(), frameFlags(), verdictFlags(), batchFlags(categoryPreset),
			scoringFlags(categoryPreset), modelFlags(), machineFlags(), outputFlags())),
		OnUsageError: usageError,
		Action:       plan,
	}
}

func plan(c *cli.Context) error {
	request, _, err := requestPlan(c, "plan photos/ -o out --subset-size 200", planModel)
	if err != nil {
		return err
	}
	request.Tasks = c.Int("tasks")
	output := c.String("output")
	folder, err := results.Prepare(output, results.Options{Overwrite: c.Bool("overwrite"),
		Inputs: inputsOf(c, request), Command: commandLine()})
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := engine.CheckNames(folder, request.Images); err != nil {
		return err
	}
	plan, err := planInto(c, tasks.Folder{Output: output}, request)
	if err != nil {
		return err
	}
	err = tellPlan(c, plan, output)
	if err == nil && len(plan.Skipped) > 0 {
		err = errSkipped
	}
	return err
}

// planModel finds the model's graph, which it builds if need be. What runs it is each task's own: a
// machine that only plans needs no ONNX Runtime.
func planModel(c *cli.Context) (graph, library string, err error) {
	request := requestOf(c, c.String("model"))
	if _, err = resolve.Library(c.String("library"), request.Device); err == nil || c.IsSet("library") {
		return request.Backbone(c.Context, c.String("library"))
	}
	graph, err = request.Graph(c.Context)
	return graph, "", err
}

// elsewhere says what of the options is not part of a plan, and what was chosen by this machine.
func elsewhere(c *cli.Context) (notes []string) {
	var given []string
	for _, name := range []string{"threads", "memory", "vram", "library"} {
		if c.IsSet(name) {
			given = append(given, "--"+name)
		}
	}
	if len(given) > 0 {
		notes = append(notes, strings.Join(given, ", ")+": not part of a plan, as machines differ; "+
			"give that to musc task")
	}
	request := requestOf(c, c.String("model"))
	if library, _ := resolve.Library(c.String("library"), request.Device); request.Precision == "" &&
		request.Device.CUDA && filepath.Ext(request.Model) != ".onnx" &&
		!resolve.OnGPU(library, request.Device) {
		notes = append(notes, "the model computes in float32, as no GPU was found here; give --precision "+
			"float16 if the tasks run on GPUs, --precision float32 if not")
	}
	return notes
}

// planInto writes a plan, or keeps the same one that is there with what its tasks have left.
func planInto(c *cli.Context, run tasks.Folder, request tasks.Request) (*tasks.Plan, error) {
	plan, listing, err := tasks.Make(request)
	if err != nil {
		return nil, err
	}
	former, err := tasks.Read(c.Context, run)
	switch {
	case errors.Is(err, fs.ErrNotExist), c.Bool("overwrite"):
		if err := tasks.Remove(run); err != nil {
			return nil, err
		}
		return plan, plan.Write(run, listing)
	case err != nil:
		return nil, beginAnew(err)
	case former.ID != plan.ID:
		return nil, fault.New(fault.Output, "another plan is in %s: %s; choose another folder with -o, or "+
			"give --overwrite to remove that plan and what its tasks have left", run.Output,
			strings.Join(tasks.Differences(former, plan), ", "))
	case former.Cuts != plan.Cuts:
		return nil, fault.New(fault.Output, "this plan is in %s already, cut into %d tasks of the phase "+
			"score, not %d; leave --tasks out to go on with it, or give --overwrite to remove what its "+
			"tasks have left", run.Output, former.Tasks(tasks.PhaseScore), plan.Tasks(tasks.PhaseScore))
	}
	former.Notes = append(former.Notes, "this plan was there already: what its tasks have left counts")
	return former, nil
}

// tellPlan says what was planned and what comes next.
func tellPlan(c *cli.Context, plan *tasks.Plan, output string) error {
	observer, finish := newObserver(c, c.Bool("quiet"))
	for _, note := range slices.Concat([]string{settingsNote(c, plan)}, elsewhere(c), plan.Notes) {
		observer.Note(note)
	}
	for _, image := range plan.Skipped {
		observer.Skipped(image.Path, image.Reason)
	}
	finish()
	if c.Bool("json") {
		done := map[string]any{"event": "done", "output": output, "plan": plan.ID,
			"images": plan.Images.Count, "subsets": plan.Subsets, "left_out": len(plan.Skipped)}
		for _, phase := range tasks.Phases {
			done[string(phase)+"_tasks"] = plan.Tasks(phase)
		}
		return json.NewEncoder(c.App.Writer).Encode(done)
	}
	w := c.App.Writer
	fmt.Fprintf(w, "plan %s: %s in %s", plan.ID, counted(plan.Images.Count, "photo"),
		counted(plan.Subsets, "subset"))
	if count := plan.References.Count; count > 0 {
		fmt.Fprint(w, ", ", counted(count, "reference image"))
	}
	fmt.Fprint(w, "\ntasks:")
	for _, phase := range tasks.Phases {
		fmt.Fprintf(w, " %s %d", phase, plan.Tasks(phase))
	}
	fmt.Fprintf(w, "\nmodel: %s\n", plan.Model.Path)
	_, err := fmt.Fprintf(w, "next: musc cluster slurm %s -- OPTIONS OF SBATCH\n  or: musc cluster "+
		"kubernetes %[1]s --image IMAGE\n  or: musc task %[1]s PHASE K for each task, then musc merge "+
		"%[1]s\n", output)
	return err
}

// counted is so many of something, as in "1 photo" and "2 photos".
func counted(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}

package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/results"
	"musc/engine/tasks"
)

func mergeCommand() *cli.Command {
	own := []cli.Flag{
		&cli.BoolFlag{Name: "overwrite", Category: categoryOutput,
			Usage: "replace the results of an earlier run in the output folder"},
		&cli.BoolFlag{Name: "remove-parts", Category: categoryOutput,
			Usage: "remove the plan and all parts when the results are in place"},
		topFlag(), failOnFlag(), waitFlag(), allowMixedFlag(),
	}
	return &cli.Command{
		Name:      "merge",
		Usage:     "put a plan's results together: run last",
		ArgsUsage: "OUT",
		Description: `Needs all tasks of the phases depth, score and nearest. What is left then is done here: RsCIN and ranks,
if no task of the phase merge was run, and the pictures that no task of the phase draw has drawn. The
results take their place as those of musc score do, scores.csv last.`,
		Flags:        slices.Concat(own, machineFlags(), outputFlags()),
		OnUsageError: usageError,
		Action:       merge,
	}
}

func merge(c *cli.Context) error {
	output, err := folderArgument(c, "merge out")
	if err != nil {
		return err
	}
	if _, err := failOn(c); err != nil {
		return err
	}
	started := time.Now().UTC()
	worker, finish, err := workerOf(c, output)
	if err != nil {
		return err
	}
	folder, err := results.Prepare(output, results.Options{Command: commandLine(),
		Overwrite: c.Bool("overwrite") || worker.Plan.MayOverwrite(worker.Folder)})
	if err != nil {
		finish()
		return err
	}
	defer folder.Close()
	result, err := worker.Finish(c.Context, folder, engine.SaveOptions{Version: version(),
		CommandLine: worker.Plan.Command, Started: started})
	if err == nil && c.Bool("remove-parts") {
		err = tasks.Remove(worker.Folder)
	}
	if err == nil {
		for _, image := range result.Skipped {
			worker.Observer.Skipped(image.Path, image.Reason)
		}
	}
	finish()
	if err != nil {
		return err
	}
	err = tellResult(c, result, output)
	if err == nil && !c.Bool("json") && !c.Bool("remove-parts") {
		_, err = fmt.Fprintf(c.App.Writer, "the parts stay in %s: --remove-parts, or remove it\n",
			worker.Folder.Path())
	}
	if err == nil {
		err = outcome(c, result)
	}
	return err
}

// folderArgument is the only argument of a command about a plan.
func folderArgument(c *cli.Context, example string) (string, error) {
	if c.NArg() != 1 {
		return "", fault.New(fault.Usage, "musc %s needs the output folder of a plan, as in: musc %s",
			c.Command.Name, example)
	}
	return c.Args().First(), nil
}

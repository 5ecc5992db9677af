package main

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/tasks"
	"musc/models/resolve"
)

// numberVariables are where schedulers say which task of an array they run, counted from 0.
var numberVariables = []string{"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX", "PBS_ARRAY_INDEX",
	"AWS_BATCH_JOB_ARRAY_INDEX"}

func taskCommand() *cli.Command {
	own := []cli.Flag{
		&cli.BoolFlag{Name: "keep-tokens", Category: categoryMachine,
			Usage: "keep what the backbone gives until it is scored, also in a task that is expected to " +
				"be short"},
		waitFlag(),
		&cli.StringFlag{Name: "model", Aliases: []string{"m"}, Category: categoryModel,
			DefaultText: "where the plan says",
			Usage:       "the .onnx `FILE` of the plan's model on this machine; its bytes must be the plan's"},
		allowMixedFlag(),
		libraryFlag(), deviceFlag(),
	}
	return &cli.Command{
		Name:      "task",
		Usage:     "run one task of a plan: what a scheduler starts",
		ArgsUsage: "OUT PHASE [K]",
		Description: `PHASE is depth, score, nearest, merge or draw, in this order; K is the task's number from 0, or what the
scheduler says in $` + strings.Join(numberVariables, ", $") + `.
A task that is done already ends at once; two copies of one do no harm. Exit code 2 means that no task
of the array can work, 4 that this one cannot, and 1, 5 and 6 that it may on another try or machine.

Examples:
   musc task out score 17
   musc task out score            # in a job array
   musc task out score 17 --device cpu --threads 8`,
		Flags: slices.Concat(own, machineFlags(), outputFlags()), OnUsageError: usageError,
		Action: runTask,
	}
}

func runTask(c *cli.Context) error {
	const example = "as in: musc task out score 17"
	if c.NArg() < 2 || c.NArg() > 3 {
		return fault.New(fault.Usage, "musc task needs the output folder, the phase and the number, %s",
			example)
	}
	phase, err := tasks.ParsePhase(c.Args().Get(1))
	if err != nil {
		return err
	}
	number, err := taskNumber(c, phase)
	if err != nil {
		return err
	}
	worker, finish, err := workerOf(c, c.Args().First())
	if err != nil {
		return err
	}
	skips := &skipCounter{Observer: worker.Observer}
	worker.Observer = skips
	if phase == tasks.PhaseScore {
		worker.Machine.Library, err = resolve.Library(c.String("library"), worker.Machine.Device)
	}
	if err == nil {
		err = worker.Run(c.Context, phase, number)
	}
	finish()
	if err == nil && c.Bool("json") {
		err = json.NewEncoder(c.App.Writer).Encode(map[string]any{"event": "done", "phase": phase,
			"task": number, "left_out": skips.count})
	}
	if err == nil && skips.count > 0 {
		err = errSkipped
	}
	return err
}

// taskNumber is the third argument, or what the scheduler says.
func taskNumber(c *cli.Context, phase tasks.Phase) (int, error) {
	text, from := c.Args().Get(2), "the command line"
	if text == "" && phase == tasks.PhaseMerge { // the only one, whatever array this is in
		return 0, nil
	}
	for _, name := range numberVariables {
		if text == "" {
			text, from = os.Getenv(name), "$"+name
		}
	}
	if text == "" {
		return 0, fault.New(fault.Usage, "which task? No number is given, and none of $%s is set; as in: "+
			"musc task out %s 17", strings.Join(numberVariables, ", $"), phase)
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		return 0, fault.New(fault.Usage, "the task %q of %s is not a number", text, from)
	}
	return number, nil
}

// workerOf reads the plan in an output folder, and what of the machine may run it.
func workerOf(c *cli.Context, output string) (worker *tasks.Worker, finish func(), err error) {
	machine, err := machineOf(c)
	if err != nil {
		return nil, nil, err
	}
	machine.Model, machine.SpillInto = c.String("model"), os.TempDir()
	observer, finish := newObserver(c, c.Bool("quiet"))
	run := tasks.Folder{Output: output, Wait: c.Duration("wait"), Waits: observer.Note}
	plan, err := tasks.Read(c.Context, run)
	if err != nil {
		finish()
		return nil, nil, err
	}
	return &tasks.Worker{Plan: plan, Folder: run, Machine: machine, Version: version(),
			KeepTokens: c.Bool("keep-tokens"), AllowMixed: c.Bool("allow-mixed"), Observer: observer},
		finish, nil
}

// waitFlag is for commands that read what other machines have written.
func waitFlag() cli.Flag {
	return &cli.DurationFlag{Name: "wait", Category: categoryMachine, Value: tasks.DefaultWait,
		Usage: "how long to look for files of other tasks, which network file systems show late"}
}

// allowMixedFlag is for commands that merge.
func allowMixedFlag() cli.Flag {
	return &cli.BoolFlag{Name: "allow-mixed", Category: categoryMachine,
		Usage: "merge parts of different scorers, processors or libraries, whose last digits differ"}
}

// skipCounter counts what is left out.
type skipCounter struct {
	engine.Observer
	count int
}

func (s *skipCounter) Skipped(path, reason string) {
	s.count++
	s.Observer.Skipped(path, reason)
}

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"musc/engine/cluster"
	"musc/engine/device"
	"musc/engine/fault"
	"musc/engine/tasks"
)

func clusterCommand() *cli.Command {
	return &cli.Command{
		Name:  "cluster",
		Usage: "hand a plan's tasks to a cluster's scheduler",
		Description: `The plan is what musc plan made, in a folder that all machines share. Only tasks that are not done are
handed over: after a failure the same command submits the rest.`,
		Subcommands:  []*cli.Command{slurmCommand(), kubernetesCommand()},
		OnUsageError: usageError,
		Action:       noCommand,
	}
}

// clusterFlags are for every scheduler.
func clusterFlags(musc string) []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "musc", DefaultText: musc, Usage: "`PATH` of musc where tasks run"},
		&cli.IntFlag{Name: "parallel", DefaultText: "as many as find room",
			Usage: "at most `N` tasks of a phase at a time"},
		&cli.StringFlag{Name: "device", DefaultText: "a GPU if there is one",
			Usage: "`DEVICE` of musc task score: cuda:0 lets no task fall back to the CPU"},
		&cli.StringFlag{Name: "task-options", Usage: "further `WORDS` for every musc task, in quotes"},
	}
}

func slurmCommand() *cli.Command {
	own := []cli.Flag{
		&cli.BoolFlag{Name: "print", Usage: "print the script that would submit, and submit nothing"},
		&cli.StringFlag{Name: "gpu-options",
			Usage: "further `WORDS` for sbatch, in quotes, for the phase score only"},
		&cli.StringFlag{Name: "cpu-options",
			Usage: "further `WORDS` for sbatch, in quotes, for the other phases, which use no GPU"},
	}
	return &cli.Command{
		Name:      "slurm",
		Usage:     "submit a plan's tasks as job arrays",
		ArgsUsage: "OUT -- OPTIONS OF SBATCH",
		Description: `Each phase is a job array that waits until the one before has succeeded; musc merge comes last. What is
behind -- goes to every sbatch, --gres, --gpus and their like to the phase score only.

Examples:
   musc cluster slurm out -- -p gpu --gres=gpu:1 -c 8 --mem=32G -t 4:00:00
   musc cluster slurm out --cpu-options '-p cpu' --device cuda:0 -- -p gpu --gres=gpu:1
   musc cluster slurm out --print -- -p gpu --gres=gpu:1 > submit.sh

A task that ends with 1, 5 or 6 or is killed is tried again, ` + fmt.Sprint(cluster.Retries) + ` times at most; one that ends with 4 is
not, and after a 2 its whole array is cancelled. What waits for a task that failed is cancelled, too:
see musc status OUT, and give the same command again. Tasks write to OUT/.musc-run/log/PHASE-K.txt.`,
		Flags: slices.Concat(own, clusterFlags("this program"),
			[]cli.Flag{&cli.BoolFlag{Name: "json", Usage: "one JSON object a job array on standard output"}}),
		OnUsageError: usageError,
		Action:       clusterSlurm,
	}
}

func kubernetesCommand() *cli.Command {
	own := []cli.Flag{
		&cli.StringFlag{Name: "image", Usage: "the container `IMAGE`, with musc and sh (required)"},
		&cli.StringFlag{Name: "queue", Usage: "Kueue's local `QUEUE`"},
		&cli.StringSliceFlag{Name: "claim",
			Usage: "mount a PersistentVolumeClaim, as `NAME:/PATH` or NAME:/PATH:ro; may be repeated"},
		&cli.StringSliceFlag{Name: "mount",
			Usage: "mount a folder that every node has, as `/PATH` or /PATH:ro; may be repeated"},
		&cli.GenericFlag{Name: "env", Value: &wordList{},
			Usage: "a variable for every task, as `NAME=VALUE`; may be repeated"},
		&cli.StringFlag{Name: "phase", Usage: "print the Job of this `PHASE` only, or that of " +
			cluster.Finish + ", which comes last"},
		&cli.StringFlag{Name: "gpu-resource", Value: "nvidia.com/gpu",
			Usage: "the `NAME` of what the phase score asks one of; empty for none"},
		&cli.IntFlag{Name: "cpus", DefaultText: "not said", Usage: "ask for `N` processors a task"},
		&cli.StringFlag{Name: "ram", Usage: "ask for so much memory a task, as `32Gi`"},
	}
	return &cli.Command{
		Name:      "kubernetes",
		Usage:     "print a plan's tasks as Indexed Jobs",
		ArgsUsage: "OUT",
		Description: `Prints a Job (batch/v1) for each phase of which tasks are missing, and one for musc merge. Jobs do not wait
for each other: create each when the one before is complete (docs/cluster.md has the loop). Pods must
find OUT and the photos under the paths that the plan was made with.

Examples:
   musc cluster kubernetes /data/out --image IMAGE --claim data:/data --phase score | kubectl create -f -
   musc cluster kubernetes /data/out --image IMAGE --mount /data --queue gpu --parallel 64`,
		Flags: slices.Concat(own, clusterFlags("musc"),
			[]cli.Flag{&cli.BoolFlag{Name: "json", Usage: "errors as JSON on standard output"}}),
		OnUsageError: usageError,
		Action:       clusterKubernetes,
	}
}

func clusterSlurm(c *cli.Context) error {
	rest := c.Args().Slice()
	if len(rest) == 0 || strings.HasPrefix(rest[0], "-") || len(rest) > 1 && rest[1] != "--" {
		return fault.New(fault.Usage, "musc cluster slurm needs the output folder of a plan, and then "+
			"the options of sbatch behind --, as in: musc cluster slurm out -- -p gpu --gres=gpu:1")
	}
	slurm := cluster.Slurm{Options: rest[min(2, len(rest)):], Parallel: c.Int("parallel")}
	var err error
	if slurm.GPUOptions, err = wordsOf(c, "gpu-options"); err != nil {
		return err
	}
	if slurm.CPUOptions, err = wordsOf(c, "cpu-options"); err != nil {
		return err
	}
	run, finished, err := clusterRun(c, rest[0])
	if err != nil {
		return err
	}
	if run.Musc == "" {
		if run.Musc, err = os.Executable(); err != nil {
			return fault.New(fault.Setup, "cannot tell where musc is: %w; name it with --musc", err)
		}
	}
	if finished {
		return tellFinished(c, run)
	}
	if slurm.MaxArraySize, err = cluster.SlurmMaxArraySize(c.Context); err != nil && !c.Bool("print") {
		return err
	}
	jobs, err := slurm.Jobs(run)
	if err != nil {
		return err
	}
	if c.Bool("print") {
		return cluster.PrintSlurm(c.App.Writer, run, jobs)
	}
	ids, err := cluster.SubmitSlurm(c.Context, run, jobs)
	if err != nil {
		return err
	}
	return tellJobs(c, rest[0], run, jobs, ids)
}

func clusterKubernetes(c *cli.Context) error {
	output, err := folderArgument(c, "cluster kubernetes /data/out --image IMAGE --claim data:/data")
	if err != nil {
		return err
	}
	kubernetes := cluster.Kubernetes{Image: c.String("image"), Queue: c.String("queue"),
		Parallel: c.Int("parallel"), GPUResource: c.String("gpu-resource"), CPUs: c.Int("cpus"),
		Memory: c.String("ram"), Env: *c.Generic("env").(*wordList)}
	for _, text := range c.StringSlice("claim") {
		mount, err := cluster.ParseClaim(text)
		if err != nil {
			return err
		}
		kubernetes.Mounts = append(kubernetes.Mounts, mount)
	}
	for _, text := range c.StringSlice("mount") {
		mount, err := cluster.ParseMount(text)
		if err != nil {
			return err
		}
		kubernetes.Mounts = append(kubernetes.Mounts, mount)
	}
	run, finished, err := clusterRun(c, output)
	if err != nil {
		return err
	}
	if run.Musc == "" {
		run.Musc = "musc"
	}
	if finished {
		return tellFinished(c, run)
	}
	printed, err := kubernetes.Write(c.App.Writer, run, c.String("phase"))
	if err == nil && printed == 0 {
		fmt.Fprintf(c.App.ErrWriter, "all tasks of the phase %s are done\n", c.String("phase"))
	}
	return err
}

// clusterRun is the plan in an output folder as a scheduler has to know it; finished says that its
// results are in place.
func clusterRun(c *cli.Context, output string) (run cluster.Run, finished bool, err error) {
	if c.Int("parallel") < 0 || c.Int("cpus") < 0 {
		return run, false, fault.New(fault.Usage, "--parallel and --cpus are not negative")
	}
	options, err := wordsOf(c, "task-options")
	if err == nil && c.IsSet("device") {
		_, err = device.Parse(c.String("device"))
	}
	if err != nil {
		return run, false, err
	}
	folder := tasks.Folder{Output: output}
	plan, err := tasks.Read(c.Context, folder)
	if err != nil {
		return run, false, err
	}
	states, err := plan.Status(folder)
	if err != nil {
		return run, false, err
	}
	run = cluster.Run{ID: plan.ID, Musc: c.String("musc")}
	if run.Folder, err = filepath.Abs(output); err != nil {
		return run, false, fault.New(fault.Input, "cannot tell where %s is: %w; give its whole path",
			output, err)
	}
	finished = plan.InPlace(folder)
	for _, state := range states {
		phase := cluster.Phase{Name: string(state.Phase), Tasks: state.Tasks, Options: options,
			Missing: cluster.Ranges(state.Missing), GPU: state.Phase == tasks.PhaseScore}
		if phase.GPU && c.IsSet("device") {
			phase.Options = append(slices.Clone(options), "--device", c.String("device"))
		}
		run.Phases = append(run.Phases, phase)
	}
	return run, finished, nil
}

func tellFinished(c *cli.Context, run cluster.Run) error {
	if c.Bool("json") {
		return json.NewEncoder(c.App.Writer).Encode(map[string]any{"event": "done", "plan": run.ID, "jobs": 0})
	}
	_, err := fmt.Fprintf(c.App.ErrWriter, "all is done; the results are in %s\n", run.Folder)
	return err
}

// tellJobs says what was submitted, and what to do when it fails.
func tellJobs(c *cli.Context, output string, run cluster.Run, jobs []cluster.SlurmJob,
	ids []string) error {

	if c.Bool("json") {
		encoder := json.NewEncoder(c.App.Writer)
		for i, job := range jobs {
			if err := encoder.Encode(map[string]any{"event": "job", "phase": job.Phase,
				"tasks": job.Tasks, "job": ids[i]}); err != nil {
				return err
			}
		}
		return encoder.Encode(map[string]any{"event": "done", "plan": run.ID, "jobs": len(ids)})
	}
	fmt.Fprintf(c.App.Writer, "plan %s\n", run.ID)
	table := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "phase\ttasks\tjob\twaits for")
	for i, job := range jobs {
		after := []string{}
		for _, before := range job.After {
			after = append(after, ids[before])
		}
		if job.Behind >= 0 {
			after = append(after, ids[job.Behind])
		}
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\n", job.Phase, job.Tasks, ids[i], strings.Join(after, " "))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.App.Writer, "progress: squeue, and musc status %s\nif a task fails, what "+
		"waits for it is cancelled: see musc status %[1]s, then give the same command again\n", output)
	return err
}

// wordsOf splits the value of an option at blanks.
func wordsOf(c *cli.Context, name string) ([]string, error) {
	text := c.String(name)
	if strings.ContainsAny(text, `'"\`) {
		return nil, fault.New(fault.Usage, "--%s %q is split at blanks and knows no quotes; leave them "+
			"out", name, text)
	}
	return strings.Fields(text), nil
}

// wordList collects an option's values, which may hold commas.
type wordList []string

func (w *wordList) Set(value string) error {
	*w = append(*w, value)
	return nil
}

func (w *wordList) String() string { return strings.Join(*w, " ") }

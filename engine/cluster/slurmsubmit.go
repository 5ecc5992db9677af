package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"regexp"
	"strconv"
	"strings"

	"musc/engine/fault"
)

// SlurmMaxArraySize asks the cluster's controller; 0 where there is no scontrol to ask it with, or
// it does not say. Errors are of kind fault.Setup.
func SlurmMaxArraySize(ctx context.Context) (int, error) {
	if _, err := exec.LookPath("scontrol"); err != nil {
		return 0, nil
	}
	text, err := slurm(ctx, "", "scontrol", "show", "config")
	if err != nil {
		return 0, err
	}
	found := regexp.MustCompile(`(?m)^MaxArraySize\s*=\s*(\d+)`).FindStringSubmatch(text)
	if found == nil {
		return 0, nil
	}
	size, err := strconv.Atoi(found[1])
	if err != nil || size < 10 {
		return 0, fault.New(fault.Setup, "this cluster's MaxArraySize of %s is too small for musc: run "+
			"musc task by other means, or ask those who run the cluster for more", found[1])
	}
	return size, nil
}

// PrintSlurm writes jobs as a shell script that submits them.
func PrintSlurm(w io.Writer, run Run, jobs []SlurmJob) error {
	var text strings.Builder
	fmt.Fprintf(&text, "#!/bin/bash\n# What musc cluster slurm submits of plan %s.\nset -e\n"+
		"mkdir -p %s\n", run.ID, quote([]string{run.logFolder()}))
	for i, job := range jobs {
		names := make([]string, i)
		for k := range names {
			names[k] = fmt.Sprintf("$job%d", k+1)
		}
		words := quote(append([]string{"sbatch", "--parsable"}, job.Options...))
		if dependency := job.dependency(names); dependency != nil {
			words += " " + strings.Join(dependency, " ")
		}
		fmt.Fprintf(&text, "\n# %s: %d tasks\njob%d=$(%s <<'END_OF_SCRIPT'\n%sEND_OF_SCRIPT\n)\n",
			job.Phase, job.Tasks, i+1, words, job.Script)
		fmt.Fprintf(&text, "job%d=${job%d%%%%;*}\n", i+1, i+1)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// dependency are sbatch's options for it; ids are the jobs that were submitted before. What waits
// for a task that failed would wait for ever, and is cancelled.
func (j *SlurmJob) dependency(ids []string) []string {
	var terms []string
	if len(j.After) > 0 {
		term := "afterok"
		for _, k := range j.After {
			term += ":" + ids[k]
		}
		terms = append(terms, term)
	}
	if j.Behind >= 0 {
		terms = append(terms, "afterany:"+ids[j.Behind])
	}
	if terms == nil {
		return nil
	}
	return []string{"--kill-on-invalid-dep=yes", "--dependency=" + strings.Join(terms, ",")}
}

// SubmitSlurm submits jobs and returns Slurm's number of each. Of a list that Slurm does not take
// as a whole nothing stays submitted. Errors are of kind fault.Setup, or fault.Usage where jobs of
// the same plan are in Slurm's queue already.
func SubmitSlurm(ctx context.Context, run Run, jobs []SlurmJob) (ids []string, err error) {
	if err := os.MkdirAll(run.logFolder(), 0o755); err != nil {
		return nil, fault.New(fault.Output, "making the folder of the tasks' logs: %w; check the permissions of the "+
			"output folder", err)
	}
	if err := slurmIdle(ctx, &run); err != nil {
		return nil, err
	}
	for i, job := range jobs {
		words := append([]string{"--parsable"}, job.Options...)
		text, err := slurm(ctx, job.Script, "sbatch", append(words, job.dependency(ids)...)...)
		if err != nil {
			return nil, errors.Join(fault.New(fault.Setup, "submitting phase %s (%d of %d job arrays; "+
				"those submitted are cancelled): %w", job.Phase, i+1, len(jobs), err), cancel(ids))
		}
		id, _, _ := strings.Cut(strings.TrimSpace(text), ";")
		ids = append(ids, id)
	}
	return ids, nil
}

// cancel takes back what was submitted, also when what submitted it was interrupted.
func cancel(ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := slurm(context.Background(), "", "scancel", ids...)
	return err
}

// slurmIdle is an error if the queue still holds jobs of the plan.
func slurmIdle(ctx context.Context, run *Run) error {
	me, err := user.Current()
	if err != nil {
		return fault.New(fault.Setup, "asking for the user's name, to look into Slurm's queue: %w", err)
	}
	var names []string
	for _, phase := range append([]Phase{{Name: Finish}}, run.Phases...) {
		names = append(names, run.jobName(phase.Name))
	}
	text, err := slurm(ctx, "", "squeue", "--noheader", "--format=%i", "--user="+me.Username,
		"--name="+strings.Join(names, ","))
	if err != nil {
		return err
	}
	if queued := strings.Fields(text); len(queued) > 0 {
		return fault.New(fault.Usage, "Slurm's queue still holds jobs of this plan: %s; wait until they "+
			"have ended, or cancel them with: scancel %s", strings.Join(queued, " "),
			strings.Join(queued, " "))
	}
	return nil
}

// slurm runs one of Slurm's programs and returns what it says.
func slurm(ctx context.Context, input, program string, words ...string) (string, error) {
	command := exec.CommandContext(ctx, program, words...)
	var stdout, stderr bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(input), &stdout, &stderr
	err := command.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", fault.New(fault.Setup, "there is no %s in $PATH: run musc on a machine from which "+
			"jobs are submitted to Slurm, or see what would be with --print", program)
	case err != nil:
		return "", fault.New(fault.Setup, "%s: %w: %s", program, err,
			strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

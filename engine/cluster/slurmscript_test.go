package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runSlurmScript runs a job's script as a node would, with stand-ins for musc and Slurm that write
// down how they were called.
func runSlurmScript(t *testing.T, run Run, code int, env ...string) (exit int, calls []string) {
	t.Helper()
	folder := t.TempDir()
	log := filepath.Join(folder, "calls")
	note := `{ printf '%s|' "${0##*/}" "$@"; echo; } >> ` + quote([]string{log})
	run.Musc = program(t, folder, "mu sc", note+fmt.Sprintf("\nexit %d", code))
	for _, name := range []string{"scancel", "sleep"} {
		program(t, folder, name, note)
	}
	program(t, folder, "scontrol", note+"\nexit ${SCONTROL:-0}")
	jobs, err := (&Slurm{}).Jobs(run)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("bash")
	command.Stdin = strings.NewReader(jobs[0].Script)
	command.Env = append(os.Environ(), append([]string{"PATH=" + folder + ":" + os.Getenv("PATH"),
		"SLURM_ARRAY_JOB_ID=77", "SLURM_ARRAY_TASK_ID=5", "SLURMD_NODENAME=n1", "SLURM_CPUS_ON_NODE=4",
		"SLURM_JOB_NAME=" + run.jobName(jobs[0].Phase)}, env...)...)
	text, err := command.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	written, err := os.ReadFile(log)
	if err != nil {
		t.Fatalf("nothing was called: %s", text)
	}
	return command.ProcessState.ExitCode(), strings.Split(strings.TrimSpace(string(written)), "\n")
}

func smallRun() Run {
	return Run{Folder: "/data/it's 5% $off", ID: "3fa94c01d2e87b65",
		Phases: []Phase{{Name: "score", Tasks: 9, Missing: []Range{{0, 8}}, Options: []string{"-q"}}}}
}

func TestExitCodesTellSlurmWhatToDo(t *testing.T) {
	me, err := exec.Command("id", "-un").Output()
	if err != nil {
		t.Fatal(err)
	}
	musc := "mu sc|task|--threads|4|-q|/data/it's 5% $off|score|5|"
	requeue := []string{"scontrol|requeue|77_5|", "sleep|60|"}
	cancel := []string{"scancel|--jobname=musc-score-3fa94c01d2e87b65|--user=" +
		strings.TrimSpace(string(me)) + "|", "sleep|60|"}
	for _, c := range []struct {
		code, restarts, exit int
		calls                []string
	}{
		{0, 0, 0, nil},
		{3, 0, 0, nil},
		{2, 0, 2, cancel},
		{4, 0, 4, nil},
		{1, 0, 1, requeue},
		{5, 0, 5, requeue},
		{6, 2, 6, requeue},
		{137, 2, 137, requeue},
		{5, 3, 5, nil},
		{137, 4, 137, nil},
		{2, 9, 2, cancel},
	} {
		exit, calls := runSlurmScript(t, smallRun(), c.code,
			fmt.Sprint("SLURM_RESTART_COUNT=", c.restarts))
		want := strings.Join(append([]string{musc}, c.calls...), "\n")
		if got := strings.Join(calls, "\n"); got != want || exit != c.exit {
			t.Errorf("exit code %d of musc after %d restarts: %d and calls\n%s\nwant %d and\n%s", c.code,
				c.restarts, exit, got, c.exit, want)
		}
	}
}

// A task that failed while the controller restarts is tried again all the same.
func TestRequeueWaitsForTheController(t *testing.T) {
	exit, calls := runSlurmScript(t, smallRun(), 5, "SCONTROL=1")
	want := ""
	for _, pause := range []string{"5", "10", "30", "60", "60"} {
		want += "scontrol|requeue|77_5|\nsleep|" + pause + "|\n"
	}
	if got := strings.Join(calls[1:], "\n") + "\n"; got != want || exit != 5 {
		t.Errorf("exit code %d, calls\n%swant 5 and\n%s", exit, got, want)
	}
}

func TestTasksKeepToTheMemoryOfTheirJob(t *testing.T) {
	for _, c := range []struct{ env, want string }{
		{"SLURM_MEM_PER_NODE=8192", "--memory|6144M|"},
		{"SLURM_MEM_PER_CPU=1000", "--memory|3000M|"},
		{"SLURM_MEM_PER_NODE=0", ""},
		{"UNRELATED=1", ""},
	} {
		_, calls := runSlurmScript(t, smallRun(), 0, c.env)
		if want := "mu sc|task|--threads|4|" + c.want + "-q|"; !strings.HasPrefix(calls[0], want) {
			t.Errorf("%s: called %s, want %s...", c.env, calls[0], want)
		}
	}
}

func TestOffsetOfAnArrayIsAdded(t *testing.T) {
	run := smallRun()
	run.Phases[0].Missing = []Range{{2005, 2005}}
	if _, calls := runSlurmScript(t, run, 0); !strings.HasSuffix(calls[0], "|score|2005|") {
		t.Errorf("called %s, want task 2005", calls[0])
	}
}

func TestLastStepIsOneCommand(t *testing.T) {
	run := smallRun()
	run.Phases[0].Missing = nil
	_, calls := runSlurmScript(t, run, 0)
	if want := "mu sc|merge|--threads|4|/data/it's 5% $off|"; calls[0] != want {
		t.Errorf("called %s, want %s", calls[0], want)
	}
}

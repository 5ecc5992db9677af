package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// without Slurm's programs, whatever this machine has.
func withoutSlurm(t *testing.T) {
	t.Helper()
	t.Setenv("PATH", t.TempDir())
}

func TestClusterSlurmPrintsWhatIsMissing(t *testing.T) {
	out := planned(t, " --subsets 3")
	if code, _, stderr := musc(t, "task", out, "depth", "0"); code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	withoutSlurm(t)
	code, script, stderr := musc(t, "cluster", "slurm", out, "--print", "--parallel", "2",
		"--gpu-options", "-t 1:00", "--cpu-options", "-p cpu", "--device", "cuda:0", "--task-options",
		"--wait 2m", "--musc", "/opt/musc", "--", "-p", "gpu", "--gres=gpu:1")
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	for _, want := range []string{
		"\njob1=$(sbatch --parsable -p gpu --gres=gpu:1 -t 1:00 --job-name=musc-score-",
		" --array=0-2%2 ",
		`run=(/opt/musc task "${share[@]}" --wait 2m --device cuda:0 ` + out + " score)",
		"\njob2=$(sbatch --parsable -p gpu -p cpu --job-name=musc-nearest-",
		`run=(/opt/musc task "${share[@]}" --wait 2m ` + out + " draw)",
		`run=(/opt/musc merge "${share[@]}" ` + out + ")",
	} {
		if !strings.Contains(script, want) {
			t.Errorf("no %q in\n%s", want, script)
		}
	}
	if strings.Contains(script, "musc-depth-") {
		t.Errorf("the phase depth is done, and submitted:\n%s", script)
	}
}

func TestClusterKubernetesPrintsOnePhase(t *testing.T) {
	out := planned(t, " --subsets 3")
	args := []string{"cluster", "kubernetes", out, "--image", "musc:1", "--mount", filepath.Dir(out),
		"--env", "LIST=a,b", "--phase"}
	code, text, stderr := musc(t, append(args, "score")...)
	if code != exitOK || strings.Count(text, "kind: Job") != 1 ||
		!strings.Contains(text, "value: a,b\n") || !strings.Contains(text, "args: [musc, task, ") {
		t.Errorf("exit %d: %s\n%s", code, stderr, text)
	}
	if code, _, stderr := musc(t, "task", out, "depth", "0"); code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	code, text, stderr = musc(t, append(args, "depth")...)
	if code != exitOK || text != "" || !strings.Contains(stderr, "depth are done") {
		t.Errorf("nothing is missing: exit %d: %s\n%s", code, stderr, text)
	}
}

func TestClusterSubmitsNothingWhenAllIsDone(t *testing.T) {
	out := planned(t, "")
	for _, words := range []string{"task OUT depth 0", "task OUT score 0", "task OUT nearest 0",
		"merge OUT"} {
		if code, _, stderr := musc(t, line(words, "", out)...); code != exitOK {
			t.Fatalf("%s: exit %d: %s", words, code, stderr)
		}
	}
	withoutSlurm(t)
	for _, words := range []string{"cluster slurm OUT", "cluster slurm OUT --print",
		"cluster kubernetes OUT --image musc:1 --mount /"} {
		code, stdout, stderr := musc(t, line(words, "", out)...)
		if code != exitOK || stdout != "" || !strings.Contains(stderr, "all is done") {
			t.Errorf("%s: exit %d: %s%s", words, code, stdout, stderr)
		}
	}
}

func TestWhatClusterRefuses(t *testing.T) {
	out := planned(t, "")
	withoutSlurm(t)
	for words, want := range map[string]struct {
		code int
		says string
	}{
		"cluster slurm OUT -- -p gpu":                {exitSetup, "there is no squeue"},
		"cluster slurm":                              {exitUsage, "as in: musc cluster slurm"},
		"cluster slurm -- -p gpu":                    {exitUsage, "as in: musc cluster slurm"},
		"cluster slurm OUT more":                     {exitUsage, "as in: musc cluster slurm"},
		"cluster slurm OUT -- run.sh":                {exitUsage, "run.sh"},
		"cluster slurm OUT -- --array=1":             {exitUsage, "--array=1"},
		"cluster slurm OUT --cpu-options 'a":         {exitUsage, "quotes"},
		"cluster slurm OUT --device gpu":             {exitUsage, "gpu"},
		"cluster slurm OUT --parallel -1":            {exitUsage, "--parallel"},
		"cluster slurm OUT/none":                     {exitInput, "musc plan"},
		"cluster kubernetes OUT":                     {exitUsage, "--image"},
		"cluster kubernetes OUT --image m":           {exitUsage, "--claim"},
		"cluster kubernetes OUT --claim d":           {exitUsage, "PersistentVolumeClaim"},
		"cluster kubernetes OUT --mount d":           {exitUsage, "absolute"},
		"cluster kubernetes OUT --image m --mount /": {exitOK, ""},
		"cluster pbs OUT":                            {exitUsage, "no command"},
	} {
		code, _, stderr := musc(t, line(words, "", out)...)
		if code != want.code || !strings.Contains(stderr, want.says) {
			t.Errorf("%s: exit %d, want %d with %q: %s", words, code, want.code, want.says, stderr)
		}
	}
}

// standInSlurm are stand-ins for Slurm's programs, which number the jobs that are submitted.
func standInSlurm(t *testing.T) {
	t.Helper()
	folder := t.TempDir()
	for name, script := range map[string]string{"squeue": "", "scontrol": "", "sbatch": "echo >> " + folder +
		"/n; wc -l < " + folder + "/n"} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	if _, err := exec.LookPath("wc"); err != nil {
		t.Skip("there is no wc")
	}
}

func TestClusterSlurmTellsWhatItSubmitted(t *testing.T) {
	out := planned(t, "")
	standInSlurm(t)
	code, stdout, stderr := musc(t, "cluster", "slurm", out)
	for _, want := range []string{"depth    1      1    \n", "score    1      2    1\n",
		"finish   1      6    5\n", "musc status " + out} {
		if code != exitOK || !strings.Contains(stdout, want) {
			t.Errorf("exit %d, no %q in:\n%s%s", code, want, stdout, stderr)
		}
	}
	code, stdout, stderr = musc(t, "cluster", "slurm", out, "--json")
	if want := `{"event":"job","job":"8","phase":"score","tasks":1}`; code != exitOK ||
		!strings.Contains(stdout, want) || strings.Count(stdout, "\n") != 7 {
		t.Errorf("exit %d, no %s in:\n%s%s", code, want, stdout, stderr)
	}
}

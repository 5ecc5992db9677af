//go:build unix

package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// stoppedRun is a run of musc score that was killed when it wrote a line that begins with word, and what
// it would have given.
func stoppedRun(t *testing.T, options, word string) *planRun {
	t.Helper()
	r := &planRun{t, fewWashers(t, 14), filepath.Join(t.TempDir(), "out"),
		filepath.Join(t.TempDir(), "whole")}
	r.must("score PHOTOS -q -o " + r.whole + options)
	run := exec.Command(os.Args[0], line("score PHOTOS -o OUT"+options, r.photos, r.out)...)
	run.Env = append(os.Environ(), asMusc+"=1")
	said, err := run.StderrPipe()
	if err == nil {
		err = run.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), word) {
			run.Process.Kill()
		}
	}
	if err := run.Wait(); err == nil {
		t.Skip("the run was faster than its end")
	}
	return r
}

// A run that was stopped goes on if it is told to and is the same; else it is left as it is.
func TestRunThatWasStopped(t *testing.T) {
	const options = " --keep-tokens --preset paper --image-size 224 --batch 2 --threads 1"
	r := stoppedRun(t, options, "mutual scoring:")
	r.refused("score PHOTOS -o OUT"+options, exitOutput, "part of what the backbone and mutual scoring give",
		"--resume", "--overwrite")
	r.refused("score PHOTOS -o OUT --resume --seed 3"+options, exitInput, "--seed was 0 and is 3")
	r.refused("score PHOTOS "+washers+" -o OUT --resume"+options, exitInput, "16 photos more")
	r.refused("plan PHOTOS -o OUT --seed 3 --preset paper --image-size 224 --batch 2", exitOutput, "--seed was 0 and is 3")
	r.refused("score PHOTOS -o OUT --resume"+options, exitOK, "what an earlier run kept of the backbone",
		"14 images scored")
	r.same()
	r.refused("score PHOTOS -o OUT --resume"+options, exitOutput, "scores.csv is there already")
}

// Without anything to go on with a run simply begins, and --overwrite begins anew.
func TestResumeWithNothingToGoOnWith(t *testing.T) {
	r := stoppedRun(t, " --keep-tokens --preset paper --image-size 112 --batch 1 --threads 1", "mutual scoring:")
	r.must("score PHOTOS -q -o OUT --overwrite --preset paper --image-size 112 --batch 1 --threads 1")
	r.same()
	r.out = filepath.Join(t.TempDir(), "new")
	r.must("score PHOTOS -q -o OUT --resume --preset paper --image-size 112 --batch 1 --threads 1")
	r.same()
}

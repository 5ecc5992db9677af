//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"musc/engine/tasks"
)

// planRun is a plan whose tasks a test runs in this process, and musc score's results of the same.
type planRun struct {
	*testing.T
	photos string // a list or a folder
	out    string
	whole  string
}

// newPlanRun plans photos, which are scored with the same options, too.
func newPlanRun(t *testing.T, photos, options string) *planRun {
	t.Helper()
	r := &planRun{t, photos, filepath.Join(t.TempDir(), "out"), filepath.Join(t.TempDir(), "whole")}
	r.must("plan PHOTOS -o OUT" + small + options)
	r.must("score PHOTOS -q -o " + r.whole + small + options)
	return r
}

// run runs a command line.
func (r *planRun) run(args string) (code int, said string) {
	r.Helper()
	code, stdout, stderr := musc(r.T, line(args, r.photos, r.out)...)
	return code, stdout + stderr
}

// must runs command lines that succeed, or leave something out.
func (r *planRun) must(lines ...string) {
	r.Helper()
	for _, args := range lines {
		if code, said := r.run(args); code != exitOK && code != exitSkipped {
			r.Fatalf("musc %s: exit %d: %s", args, code, said)
		}
	}
}

// refused runs a command line that fails in a certain way.
func (r *planRun) refused(args string, want int, words ...string) {
	r.Helper()
	code, said := r.run(args)
	for _, word := range words {
		if code != want || !strings.Contains(said, word) {
			r.Errorf("musc %s: exit %d, want %d with %q: %s", args, code, want, word, said)
		}
	}
}

// tasks runs all tasks of phases.
func (r *planRun) tasks(phases ...tasks.Phase) {
	r.Helper()
	plan, err := tasks.Read(r.Context(), tasks.Folder{Output: r.out})
	if err != nil {
		r.Fatal(err)
	}
	for _, phase := range phases {
		for task := range plan.Tasks(phase) {
			r.must("task OUT -q --wait 0s " + string(phase) + " " + strconv.Itoa(task))
		}
	}
}

// path is that of a file of the run.
func (r *planRun) path(elements ...string) string {
	return tasks.Folder{Output: r.out}.Path(elements...)
}

// same compares the results with those of musc score, the work of the tasks being removed.
func (r *planRun) same() {
	r.Helper()
	if err := os.RemoveAll(r.path()); err != nil {
		r.Fatal(err)
	}
	(&soak{t: r.T, whole: r.whole}).compare(r.out)
}

var beforeMerging = []tasks.Phase{tasks.PhaseDepth, tasks.PhaseScore, tasks.PhaseNearest}

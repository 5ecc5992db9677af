//go:build unix

package main

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"musc/engine/tasks"
)

// The tasks of a plan are run by two workers, each a process: in any order, each twice, some as two
// copies at a time, some killed and run again. Merging is killed, too. The results are those of
// musc score, byte by byte.
func TestTasksOfTwoWorkersWithKills(t *testing.T) {
	photos := fewWashers(t, 14)
	const options = " --subset-size 5 --reference PHOTOS" + small
	r := &machines{t: t, random: rand.New(rand.NewPCG(16, 2)), out: filepath.Join(t.TempDir(), "out")}
	whole := filepath.Join(t.TempDir(), "whole")
	for _, args := range []string{"plan PHOTOS -o " + r.out + options,
		"score PHOTOS -o " + whole + options} {
		if code, _, stderr := musc(t, line(args, photos, "")...); code != exitOK {
			t.Fatalf("%s: exit %d: %s", args, code, stderr)
		}
	}
	plan, err := tasks.Read(t.Context(), tasks.Folder{Output: r.out})
	if err != nil {
		t.Fatal(err)
	}
	for _, phase := range tasks.Phases {
		r.phase(plan, phase)
	}
	r.merge()
	(&soak{t: t, whole: whole}).compare(r.out)
	t.Logf("%d processes came to their end, %d were killed before", r.ended, r.killed)
	if r.killed == 0 {
		t.Error("nothing was killed")
	}
}

// machines are two that run tasks.
type machines struct {
	t      *testing.T
	out    string
	mutex  sync.Mutex // of what is below
	random *rand.Rand
	ended  int
	killed int
	length time.Duration // that a process of this phase takes, as far as is known
}

// phase runs each task of a phase twice.
func (r *machines) phase(plan *tasks.Plan, phase tasks.Phase) {
	r.length = 200 * time.Millisecond
	var list []int
	for task := range plan.Tasks(phase) {
		list = append(list, task, task)
	}
	r.random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	todo := make(chan int, len(list))
	for _, task := range list {
		todo <- task
	}
	close(todo)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for task := range todo {
				r.task(phase, task)
			}
		})
	}
	workers.Wait()
	states, err := plan.Status(tasks.Folder{Output: r.out})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, state := range states {
		if state.Phase == phase && (len(state.Missing) > 0 || len(state.Failed) > 0) {
			r.t.Fatalf("%s: missing %v, failed %v", phase, state.Missing, state.Failed)
		}
	}
}

// task runs one task to its end: alone or with a copy of it, killed before or not.
func (r *machines) task(phase tasks.Phase, task int) {
	args := []string{"task", r.out, string(phase), strconv.Itoa(task), "-q", "--threads", "1"}
	switch r.draw(4) {
	case 0, 1:
		r.kill(args)
	case 2:
		var copies sync.WaitGroup
		copies.Go(func() { r.finish(args) })
		defer copies.Wait()
	}
	r.finish(args)
}

// merge puts the results in place in spite of kills.
func (r *machines) merge() {
	args := []string{"merge", r.out, "-q", "--threads", "1"}
	for range 3 {
		r.kill(args)
	}
	r.finish(args)
	r.kill(args)
	r.finish(append(args, "--remove-parts"))
}

func (r *machines) draw(n int) int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.random.IntN(n)
}

// kill starts a process and kills it at a random moment.
func (r *machines) kill(args []string) {
	r.mutex.Lock()
	moment := time.Duration(r.random.Float64() * float64(r.length))
	r.mutex.Unlock()
	run := r.start(args, nil)
	time.Sleep(moment)
	run.Process.Kill()
	run.Wait()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if !run.ProcessState.Exited() {
		r.killed++
	}
}

// finish runs a process to its end, which is a success.
func (r *machines) finish(args []string) {
	var text strings.Builder
	begun := time.Now()
	run := r.start(args, &text)
	if err := run.Wait(); err != nil {
		r.t.Errorf("%v: %v: %s", args, err, text.String())
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.ended++
	r.length = time.Since(begun)
}

func (r *machines) start(args []string, stderr *strings.Builder) *exec.Cmd {
	run := exec.CommandContext(r.t.Context(), os.Args[0], args...)
	run.Env = append(os.Environ(), asMusc+"=1")
	if stderr != nil {
		run.Stderr = stderr
	}
	if err := run.Start(); err != nil {
		panic(err) // there is no process to wait for
	}
	return run
}

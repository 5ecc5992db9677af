package engine_test

import (
	"context"
	"fmt"
	"log"

	"musc/engine"
)

// progress tells how far a job is. What it does not say itself is left to Silent.
type progress struct {
	engine.Silent
	step        engine.Step
	done, total int
}

func (p *progress) Begin(step engine.Step, total int) { p.step, p.done, p.total = step, 0, total }

func (p *progress) Advance(n int) {
	if p.done += n; p.done == p.total {
		fmt.Printf("%s: all %d\n", p.step, p.total)
	}
}

func (p *progress) Skipped(path, _ string) { fmt.Println("left out:", path) }

// An Observer hears how a job goes: steps with their units of work, notes, and photos that are left out.
func ExampleObserver() {
	job := washers(4)
	job.Images[3].Path = "../testdata/washer/none.png"
	if _, err := engine.Score(context.Background(), job, &progress{}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// load model: all 1
	// left out: ../testdata/washer/none.png
	// backbone: all 4
	// mutual scoring: all 3
	// image scores: all 3
}

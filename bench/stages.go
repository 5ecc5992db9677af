package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"musc/engine"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/results"
	"musc/models/build"
	"musc/models/resolve"
)

// caseTotal is the sum of an end-to-end run's steps.
const caseTotal = "total"

// measureSteps scores a folder of photos from files to files, as `musc score --preset paper`
// does, and takes the seconds of each step. Without ONNX Runtime or the default model it leaves a note.
func (b *bench) measureSteps(ctx context.Context, within limits) error {
	job, err := endToEnd(ctx, b.plan.photos, b.plan.threads)
	if err != nil {
		return b.noEndToEnd(ctx, err)
	}
	row := Row{Group: groupSteps, Unit: seconds, Images: len(job.Images), Threads: b.plan.threads,
		Shape: wholeShape()}
	output := filepath.Join(b.scratch, "scored")
	job.SpillInto = b.scratch
	limited, cancel := context.WithDeadline(ctx, within.end)
	defer cancel()
	begun := time.Now()
	for round := range within.most {
		if within.over(round, time.Since(begun)) {
			break
		}
		pulse := takePulse()
		result, err := engine.Score(limited, job, engine.Silent{})
		if err == nil {
			err = saveAll(limited, result, job, output)
		}
		if err != nil {
			if limited.Err() != nil && ctx.Err() == nil {
				break
			}
			return fmt.Errorf("scoring %s end to end: %w", b.plan.photos, err)
		}
		row.Pulse = append(row.Pulse, pulse)
		row.addTimings(result.Timings)
	}
	if len(row.Cases) == 0 {
		b.leaveOut(row.key())(caseMusc, errNoTime)
		return nil
	}
	b.result.Rows = append(b.result.Rows, row)
	return nil
}

// saveAll writes everything that musc score writes.
func saveAll(ctx context.Context, result *engine.Result, job engine.Config, output string) error {
	folder, err := results.Prepare(output, results.Options{Overwrite: true})
	if err != nil {
		return err
	}
	defer folder.Close()
	return engine.Save(ctx, result, job, folder, engine.SaveOptions{Maps: "tiff", Overlays: true,
		CommandLine: []string{}, Started: time.Now()})
}

// addTimings appends one sample to the case of every step, and to their sum's.
func (r *Row) addTimings(timings []engine.Timing) {
	total := 0.0
	add := func(name string, took float64) {
		if r.find(name) == nil {
			r.Cases = append(r.Cases, Case{Name: name})
		}
		c := r.find(name)
		c.Samples = append(c.Samples, took)
	}
	for _, timing := range timings {
		add(string(timing.Step), timing.Seconds)
		total += timing.Seconds
	}
	add(caseTotal, total)
}

// endToEnd is the job of the paper's parameters on the photos of a folder, with the default model.
func endToEnd(ctx context.Context, photos string, threads int) (engine.Config, error) {
	job := engine.Config{Scoring: engine.Defaults(), Threads: threads}
	if _, err := os.Stat(photos); err != nil {
		return job, fault.New(fault.Input, "no photos: %w; run it from the repository, or name a"+
			" folder with --photos", err)
	}
	var err error
	if job.Images, _, err = dataset.Collect([]string{photos}, dataset.Options{}); err != nil {
		return job, err
	}
	job.Model, job.Library, err = resolve.Request{Options: build.Options{ImageSize: wholeSize}}.
		Backbone(ctx, "")
	return job, err
}

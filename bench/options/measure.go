package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"musc/bench/present"
	"musc/engine"
	"musc/engine/evaluation"
	"musc/engine/fault"
	"musc/engine/imageio"
)

// spent is the processor time of this process: others on the machine do not change it much.
func spent() time.Duration {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// measure adds a row for every way to look at the set's photos and bound. Times are ratios to the first's.
func measure(ctx context.Context, job engine.Config, s set, only string, table *present.Table) error {
	if len(s.class.Test) == 0 {
		return fault.New(fault.Input, "no photos to score")
	}
	job.Images = evaluation.Items(s.class)
	photo, _, err := imageio.Decode(job.Images[0].Path, imageio.Options{})
	if err != nil {
		return err
	}
	var first, firstMutual float64
	var plain *evaluation.Result
	for k, w := range ways(s, photo) {
		if k > 0 && !wanted(w.name, only) {
			continue
		}
		job.Frame, job.ROI = w.frame, w.roi
		before := spent()
		batch, err := engine.Extract(ctx, job, engine.Silent{})
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		extraction := (spent() - before).Seconds()
		for _, near := range w.near {
			scoring := job.Scoring
			scoring.Near = near
			before = spent()
			result, err := batch.Score(ctx, scoring, 0)
			if err != nil {
				return fmt.Errorf("%s, near %d: %w", w.name, near, err)
			}
			mutual := (spent() - before).Seconds()
			if first == 0 {
				first, firstMutual = extraction+mutual, mutual
			}
			of, err := evaluation.OfEngine(ctx, s.class, result, 0)
			if err != nil {
				return fmt.Errorf("%s, near %d: %w", w.name, near, err)
			}
			gain := "-"
			if plain == nil {
				plain = of
			} else if gain, err = difference(plain, of); err != nil {
				return err
			}
			row := []string{named(w.name, near), of.Image.AUROC.Percent(1), gain, of.Pixel.AP.Percent(1),
				of.Pixel.PRO.Percent(1),
				fmt.Sprintf("%.2f", (extraction+mutual)/first), fmt.Sprintf("%.2f", mutual/firstMutual)}
			table.Add(row...)
			fmt.Fprintf(os.Stderr, "%s: %s (%.2f s + %.2f s)\n", s.name, strings.Join(row, " | "), extraction, mutual)
		}
		batch.Close()
	}
	return nil
}

// wanted says whether a name is among those that are listed with commas between; any is, if none are.
func wanted(name, only string) bool {
	return only == "" || slices.Contains(strings.Split(only, ","), name)
}

// named is how options are called in the table.
func named(name string, near int) string {
	if near > 0 {
		name = strings.TrimSpace(fmt.Sprintf("%s --near %d", name, near))
	}
	if name == "" {
		return "none"
	}
	return "`" + name + "`"
}

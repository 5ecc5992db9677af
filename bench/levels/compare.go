package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"musc/bench/present"
	"musc/cgo/cpu"
	"musc/engine/mutual"
)

// compare adds a row for every level of this machine.
func compare(ctx context.Context, problem *mutual.Problem, table *present.Table) error {
	want, err := define(ctx, problem)
	if err != nil {
		return err
	}
	best := cpu.Level()
	for _, level := range cpu.Levels() {
		if err := cpu.Use(level); err != nil {
			return err
		}
		got, err := mutual.CPU{Threads: runtime.GOMAXPROCS(0)}.PatchScores(ctx, problem)
		if err != nil {
			return err
		}
		largest, mean := differences(got, want)
		patches := problem.Images.Shape().Patches()
		table.Add(level, fmt.Sprintf("%.1e", largest), fmt.Sprintf("%.1e", mean),
			fmt.Sprint(displaced(photoScores(got, patches), photoScores(want, patches))))
	}
	return cpu.Use(best)
}

// define is the definition's patch scores; a thread takes some of the photos.
func define(ctx context.Context, problem *mutual.Problem) ([]float64, error) {
	shape, threads := problem.Images.Shape(), runtime.GOMAXPROCS(0)
	scores := make([]float64, shape.Images*shape.Patches())
	group, ctx := errgroup.WithContext(ctx)
	for t := range threads {
		group.Go(func() error {
			part := *problem
			part.Scored = make([]bool, shape.Images)
			for i := t; i < shape.Images; i += threads {
				part.Scored[i] = true
			}
			of, err := mutual.Definition{}.PatchScores(ctx, &part)
			if err != nil {
				return err
			}
			for i := t; i < shape.Images; i += threads {
				from, to := i*shape.Patches(), (i+1)*shape.Patches()
				copy(scores[from:to], of[from:to])
			}
			return nil
		})
	}
	return scores, group.Wait()
}

// differences are the largest and the mean absolute difference.
func differences(got, want []float64) (largest, mean float64) {
	for k := range got {
		d := math.Abs(got[k] - want[k])
		largest, mean = max(largest, d), mean+d/float64(len(got))
	}
	return largest, mean
}

// photoScores are the greatest patch scores of each photo.
func photoScores(scores []float64, patches int) (photos []float64) {
	for photo := range slices.Chunk(scores, patches) {
		photos = append(photos, slices.Max(photo))
	}
	return photos
}

// displaced counts the photos that have another place in the order of their scores than they should.
func displaced(got, want []float64) (count int) {
	one, other := order(got), order(want)
	for k := range one {
		if one[k] != other[k] {
			count++
		}
	}
	return count
}

// order lists photos by score, those of equal scores by number.
func order(scores []float64) []int {
	photos := make([]int, len(scores))
	for i := range photos {
		photos[i] = i
	}
	slices.SortStableFunc(photos, func(i, j int) int { return cmp.Compare(scores[i], scores[j]) })
	return photos
}

//go:build cuda && linux

package gpubench

import (
	"context"
	"errors"
	"math"
	"time"

	"musc/engine/features"
	"musc/engine/mutual"
	"musc/kernels"
)

var (
	degrees  = []int{1, 3, 5}
	interval = mutual.Interval{High: 0.3}
)

// scorings measures the paper's rows of one backbone, s = 1, 2, 3, and the first one with a bound, and
// by the box filter: $MUSC_CUDA_KERNEL=fastest chooses as these two rows say. Among patches that are near
// each other there are two rows as well.
func (p Plan) scorings(ctx context.Context, ordinal int, s Shape) (rows []Scoring, err error) {
	store := synthetic(s, p.Images)
	defer store.Close()
	own := map[int][]float64{} // of all images at once by the own kernel, by Near
	all := []Scoring{{Subsets: 1}, {Subsets: 2}, {Subsets: 3}, {Subsets: 1, Bound: p.Bounded},
		{Subsets: 1, Kernel: string(kernels.Box)}}
	for _, near := range p.Near {
		all = append(all, Scoring{Subsets: 1, Near: near},
			Scoring{Subsets: 1, Near: near, Kernel: string(kernels.Box)})
	}
	for _, row := range all {
		row.Shape, row.Images = s.Name, p.Images
		scores, err := row.run(ctx, ordinal, store)
		if err != nil {
			return rows, err
		}
		switch {
		case own[row.Near] == nil:
			own[row.Near] = scores
		case row.Bound > 0 || row.Kernel != "":
			for k := range scores {
				row.Difference = max(row.Difference, math.Abs(scores[k]-own[row.Near][k]))
			}
		}
		p.say("scoring, %s, %d subsets, %s, near %s: %.2f ms an image", s.Name, row.Subsets,
			row.kernel(), row.near(), row.Milliseconds)
		rows = append(rows, row)
	}
	return rows, nil
}

// run scores three times: to warm up, for the time, and for the steps, whose events take a little
// time themselves. It returns the first subset's scores.
func (row *Scoring) run(ctx context.Context, ordinal int, store *features.Store) (first []float64,
	err error) {

	score := func(hear func(int, []kernels.Span)) (took time.Duration, err error) {
		begun := time.Now()
		for subset := range row.Subsets {
			var members []int
			for i := subset; i < row.Images; i += row.Subsets {
				members = append(members, i)
			}
			scores, err := mutual.CUDA{Ordinals: []int{ordinal}, Memory: row.Bound, Spans: hear,
				Kernels: []kernels.Kernel{kernels.Kernel(row.Kernel)}}.PatchScores(ctx,
				&mutual.Problem{Images: store, Members: members, Degrees: degrees, Interval: interval,
					Near: row.Near})
			if err != nil {
				return 0, err
			}
			if subset == 0 {
				first = scores
			}
		}
		return time.Since(begun), nil
	}
	if _, err := score(nil); err != nil {
		return nil, err
	}
	watch, err := watchMemory(ordinal)
	if err != nil {
		return nil, err
	}
	took, err := score(nil)
	if err := errors.Join(err, watch.end()); err != nil {
		return nil, err
	}
	row.PeakBytes = watch.peak
	row.Milliseconds = 1e3 * took.Seconds() / float64(row.Images)
	sums := map[kernels.Step]time.Duration{}
	if _, err := score(func(_ int, spans []kernels.Span) {
		for _, span := range spans {
			sums[span.Step] += span.End - span.Begin
		}
	}); err != nil {
		return nil, err
	}
	for step := kernels.Copying; step <= kernels.Adding; step++ {
		row.Steps = append(row.Steps, StepTime{step.String(),
			1e3 * sums[step].Seconds() / float64(row.Images)})
	}
	return first, nil
}

// scale scores the first shape on the first device, the first two, four and so on, and all.
func (p Plan) scale(ctx context.Context, devices int, result *Result) error {
	if devices < 2 {
		return nil
	}
	s := p.Shapes[0]
	store := synthetic(s, p.Images)
	defer store.Close()
	for count := 1; ; count = min(2*count, devices) {
		var ordinals []int
		for k := range count {
			ordinals = append(ordinals, k)
		}
		var took time.Duration
		for range 2 { // the second counts
			begun := time.Now()
			if _, err := (mutual.CUDA{Ordinals: ordinals}).PatchScores(ctx, &mutual.Problem{
				Images: store, Degrees: degrees, Interval: interval}); err != nil {
				return err
			}
			took = time.Since(begun)
		}
		row := Scaling{s.Name, p.Images, count, 1e3 * took.Seconds() / float64(p.Images)}
		p.say("scoring, %s, %d devices: %.2f ms an image", s.Name, count, row.Milliseconds)
		result.Scaling = append(result.Scaling, row)
		if count == devices {
			return nil
		}
	}
}

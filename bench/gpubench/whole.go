//go:build cuda && linux

package gpubench

import (
	"context"
	"errors"
	"fmt"

	"musc/engine"
	"musc/engine/device"
	"musc/models/build"
	"musc/models/resolve"
)

// wholeRun scores photos by a backbone of random weights in float16, which takes as long as a
// trained one. The second of two runs counts; loading the model does not.
func (p Plan) wholeRun(ctx context.Context, ordinal int, s Shape, subsets int) (Run, error) {
	row := Run{Shape: s.Name, Images: p.Images, Subsets: subsets}
	job := engine.Config{Scoring: engine.Defaults(), SpillInto: p.Scratch,
		Device: device.Choice{CUDA: true, Optional: p.Optional, Ordinals: []int{ordinal}}}
	job.Scoring.Subsets = subsets
	for k := range p.Images {
		item := p.Photos[k%len(p.Photos)]
		item.Name = fmt.Sprintf("%d/%s", k/len(p.Photos), item.Name)
		job.Images = append(job.Images, item)
	}
	var err error
	if job.Model, job.Library, err = (resolve.Request{Model: s.Model, Random: true,
		Device: job.Device, Options: build.Options{ImageSize: s.ImageSize, Precision: build.Float16}}).
		Backbone(ctx, p.Library); err != nil {
		return row, err
	}
	for range 2 {
		watch, err := watchMemory(ordinal)
		if err != nil {
			return row, err
		}
		result, err := engine.Score(ctx, job, engine.Silent{})
		if err := errors.Join(err, watch.end()); err != nil {
			return row, err
		}
		row.Steps, row.Milliseconds, row.PeakBytes = nil, 0, watch.peak
		for _, timing := range result.Timings {
			took := 1e3 * timing.Seconds / float64(p.Images)
			row.Steps = append(row.Steps, StepTime{string(timing.Step), took})
			if timing.Step != engine.StepLoad {
				row.Milliseconds += took
			}
		}
	}
	return row, nil
}

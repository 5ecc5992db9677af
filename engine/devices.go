package engine

import (
	"context"
	"fmt"
	"strings"

	"musc/engine/backbone"
	"musc/engine/device"
	"musc/engine/mutual"
	"musc/engine/mutual/trust"
)

// chooseScorer sets what scores. Where the CPU will do for one half, a GPU may do the other.
func (job *Config) chooseScorer(ctx context.Context, tell, note func(text string)) (err error) {
	on := job.Device
	if why := job.needsCPU(); on.CUDA && why != "" {
		if mutual.CUDAError(on.Ordinals) == nil {
			tell(why)
		}
		on = device.CPU
	}
	job.scorer, job.scorerWhy, err = trust.NewScorer(ctx, trust.Resources{Device: on,
		Threads: job.Threads, DeviceMemory: job.DeviceMemory, Note: note,
		Test: trust.Test{Child: job.SelfTest, Tell: tell}})
	return err
}

// noteDevices says in one line what runs where, and why not on a GPU where that was wanted.
func (job *Config) noteDevices(observer Observer, info backbone.Info) {
	scorer := "CPU"
	if mutual.OnGPU(job.scorer) {
		scorer = job.Device.String()
	}
	line := fmt.Sprintf("backbone: %s (%s), mutual scoring: %s", strings.Replace(info.Provider, "CUDA",
		"cuda", 1), info.Runtime, scorer)
	switch why := job.backboneWhy(info); {
	case why != "" && job.scorerWhy != "":
		line += "; no GPU is used: " + why
	case why != "":
		line += "; the backbone is not on the GPU: " + why
	case job.scorerWhy != "":
		line += "; mutual scoring is not on the GPU: " + job.scorerWhy
	}
	observer.Note(line)
}

// backboneWhy says why the backbone is not on a GPU that was wanted: what keeps the scoring from it, too,
// has to be mended first.
func (job *Config) backboneWhy(info backbone.Info) string {
	if info.DeviceNote != "" && job.scorerWhy != "" {
		return job.scorerWhy
	}
	return info.DeviceNote
}

package main

import (
	"context"

	"musc/engine"
	"musc/engine/backbone"
	"musc/engine/dataset"
	"musc/engine/features"
	"musc/engine/imageio"
	"musc/engine/mutual"
)

// extract runs the job's backbone over photos, and makes the problem of scoring them.
func extract(ctx context.Context, job engine.Config, items []dataset.Item) (*mutual.Problem, error) {
	session, err := backbone.Open(backbone.Config{Library: job.Library, Model: job.Model})
	if err != nil {
		return nil, err
	}
	defer session.Close()
	info, stages := session.Info(), job.Scoring.Stages
	images := features.NewMemory(features.Shape{Stages: len(stages), Images: len(items),
		Height: info.GridHeight, Width: info.GridWidth, Channels: info.Channels})
	input, tokens := make([]float32, 3*info.ImageSize*info.ImageSize), info.NewTokens(1)
	for i, item := range items {
		photo, _, err := imageio.Decode(item.Path, job.Decode)
		if err != nil {
			return nil, err
		}
		imageio.Normalise(input, photo.Resize(info.ImageSize, info.ImageSize, imageio.Bicubic), info.Mean, info.Std)
		if err := session.Extract(ctx, input, 1, tokens); err != nil {
			return nil, err
		}
		for k, stage := range stages {
			copy(images.Tokens(k, i), tokens.Stages[stage-1])
		}
	}
	return &mutual.Problem{Images: images, Degrees: job.Scoring.Degrees, Interval: job.Scoring.Interval,
		Average: job.Scoring.Average}, nil
}

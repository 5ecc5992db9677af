package main

import (
	"context"
	"runtime"

	"musc/engine"
	"musc/engine/dataset"
	"musc/engine/health"
	"musc/models/resolve"
)

// extractor gives the class tokens, brightness and sharpness of photos by the default model.
type extractor struct {
	pipeline *engine.Pipeline
	scratch  string // folder
}

func openExtractor(ctx context.Context) (*extractor, error) {
	graph, library, err := resolve.Request{}.Backbone(ctx, "")
	if err != nil {
		return nil, err
	}
	job := engine.Config{Library: library, Model: graph, Threads: runtime.GOMAXPROCS(0),
		Scoring: engine.Defaults()}
	job.Scoring.Stages = []int{1} // patch tokens are of no use here
	pipeline, err := engine.Open(ctx, job, chunk, engine.Silent{})
	return &extractor{pipeline: pipeline}, err
}

// chunk is how many photos' patch tokens are in memory at once.
const chunk = 64

// extract reads photos in their order; each must be readable.
func (x *extractor) extract(ctx context.Context, paths []string) (*health.Batch, error) {
	found := &health.Batch{}
	for len(paths) > 0 {
		n := min(len(paths), chunk)
		items := make([]dataset.Item, n)
		for i, path := range paths[:n] {
			items[i] = dataset.Item{Path: path, Name: path}
		}
		paths = paths[n:]
		batch, err := x.pipeline.Extract(ctx, items, engine.Keep{})
		if err != nil {
			return nil, err
		}
		images, _ := batch.Read()
		for _, image := range images {
			found.Photos = append(found.Photos, health.Photo{Name: image.Name, Path: image.Path,
				Brightness: image.Brightness, Sharpness: image.Sharpness})
			found.Class = append(found.Class, image.ClassToken...)
			found.ClassDim = len(image.ClassToken)
		}
		batch.Close()
	}
	return found, nil
}

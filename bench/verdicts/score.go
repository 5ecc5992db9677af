package main

import (
	"context"
	"fmt"
	"os"

	"musc/bench/subject"
	"musc/engine"
	"musc/engine/dataset"
	"musc/engine/evaluation/labelled"
	"musc/engine/fault"
)

// scorer scores batches with the default model and its preset.
type scorer struct {
	job             engine.Config
	model, settings string
}

func newScorer(ctx context.Context) (s *scorer, err error) {
	s = &scorer{}
	s.job, s.model, s.settings, err = subject.Job(ctx)
	return s, err
}

// batch is a batch that is scored, and what is true of its photos.
type batch struct {
	*engine.Result
	photos []labelled.Image // [N] as Result.Images
	names  []string         // [N]
	scores []float64        // [N] before RsCIN
}

// score scores photos as a batch of their own.
func (s *scorer) score(ctx context.Context, photos []labelled.Image) (*batch, error) {
	job := s.job
	byName := map[string]labelled.Image{}
	job.Images = make([]dataset.Item, len(photos))
	for i, photo := range photos {
		job.Images[i], byName[photo.Name] = photo.Item, photo
	}
	fmt.Fprintf(os.Stderr, "scoring %d photos\n", len(photos))
	result, err := engine.Score(ctx, job, engine.Silent{})
	if err != nil {
		return nil, err
	}
	if len(result.Skipped) > 0 {
		return nil, fault.New(fault.Input, "%s cannot be read: %s", result.Skipped[0].Path,
			result.Skipped[0].Reason)
	}
	b := &batch{Result: result}
	for _, image := range result.Images {
		b.photos = append(b.photos, byName[image.Name])
		b.names, b.scores = append(b.names, image.Name), append(b.scores, image.ScoreBefore)
	}
	return b, nil
}

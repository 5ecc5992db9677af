package main

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"musc/engine"
	"musc/engine/anomalymap"
	"musc/engine/backbone"
	"musc/engine/dataset"
	"musc/engine/imageio"
	"musc/engine/report"
)

// steps are the sums over some photos, step by step.
type steps struct {
	session *backbone.Session
	scratch string
	photos  int
	names   []string
	spent   []time.Duration // of the processor
	passed  []time.Duration
	at      int
}

// take measures a step of the photo under way.
func (s *steps) take(name string, step func() error) error {
	began, before := time.Now(), processor()
	if err := step(); err != nil {
		return err
	}
	spent, passed := processor()-before, time.Since(began)
	if s.photos == 0 {
		s.names = append(s.names, name)
		s.spent, s.passed = append(s.spent, spent), append(s.passed, passed)
	} else {
		s.spent[s.at] += spent
		s.passed[s.at] += passed
	}
	s.at++
	return nil
}

// measure takes the steps of a folder's first photos. A first one, which is not counted, warms up.
func (s *steps) measure(ctx context.Context, folder string, sample int) error {
	items, _, err := dataset.Collect([]string{folder}, dataset.Options{})
	if err != nil {
		return err
	}
	items = items[:min(sample+1, len(items))]
	for k, item := range items {
		s.at = 0
		if k == 1 {
			s.photos, s.names, s.spent, s.passed = 0, nil, nil, nil
		}
		if err := s.photo(ctx, item.Path); err != nil {
			return err
		}
		s.photos++
	}
	return nil
}

func (s *steps) photo(ctx context.Context, path string) error {
	info := s.session.Info()
	side := info.ImageSize
	var photo, small *imageio.RGB
	var err error
	input, tokens := make([]float32, 3*side*side), info.NewTokens(1)
	scores, scale := scoresOf(info.Patches())
	overlay, ofMap := filepath.Join(s.scratch, "overlay.png"), filepath.Join(s.scratch, "map.tiff")
	defer os.Remove(overlay)
	defer os.Remove(ofMap)
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"digest", func() error { _, err = engine.Digest(path); return err }},
		{"decode", func() error { photo, _, err = imageio.Decode(path, imageio.Options{}); return err }},
		{"resize", func() error { small = photo.Resize(side, side, imageio.Bicubic); return nil }},
		{"exposure, normalise", func() error {
			small.Exposure()
			imageio.Normalise(input, small, info.Mean, info.Std)
			return nil
		}},
		{"backbone", func() error { return s.session.Extract(ctx, input, 1, tokens) }},
		{"map", func() error {
			upsampler, err := anomalymap.New(info.GridHeight, info.GridWidth, photo.Height, photo.Width)
			if err != nil {
				return err
			}
			reader := upsampler.Reader(scores)
			return report.StreamMap(ofMap, report.TIFF, photo.Width, photo.Height, func(y int, row []float32) {
				reader.Seek(y)
				reader.ReadSingle(row)
			})
		}},
		{"overlay", func() error {
			return report.WriteOverlay(overlay, report.Picture{Name: path, Photo: photo, Scores: scores,
				Height: info.GridHeight, Width: info.GridWidth}, scale, report.DefaultLongerSide)
		}},
		{"thumbnail", func() error { return report.WritePagePhoto(overlay, photo) }},
	} {
		if err := s.take(step.name, step.do); err != nil {
			return err
		}
	}
	return nil
}

// scoresOf are patch scores of which a few stand out, and their scale.
func scoresOf(patches int) ([]float64, report.Scale) {
	random := rand.New(rand.NewPCG(3, 4))
	scores := make([]float64, patches)
	for k := range scores {
		scores[k] = 0.1 + 0.1*random.Float64()
	}
	scores[patches/2] = 0.6
	return scores, report.Scale{Low: 0.2, High: 0.6}
}

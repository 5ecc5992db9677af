package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"musc/bench/present"
	"musc/engine/bank"
	"musc/engine/features"
)

func newEncodingTable() *present.Table {
	return &present.Table{Title: "What rounding a bank's tokens costs: banks of half of the good photos, all " +
		"others scored by the nearest",
		Head: []string{"set", "tokens", "MB a 100 photos", "image AUROC", "largest difference of a score",
			"in % of the scores' standard deviation"}}
}

// addEncodings scores photos as the backbone gives them by banks whose tokens are rounded.
func addEncodings(ctx context.Context, t *present.Table, s *set, draws int) error {
	shape := s.store.Shape()
	values := float64(shape.Stages * shape.Patches() * shape.Channels)
	for _, e := range []struct {
		name  string
		bytes float64 // a photo
		round func() (*features.Store, error)
	}{
		{"float32", 4 * values, func() (*features.Store, error) { return s.store, nil }},
		{"float16", 2 * values, func() (*features.Store, error) { return s.kept(bank.Float16) }},
		{"int8, a scale a channel", values + float64(8*shape.Stages*shape.Channels),
			func() (*features.Store, error) { return s.kept(bank.Int8) }},
		{"int8, a scale a patch", values + float64(4*shape.Stages*shape.Patches()),
			func() (*features.Store, error) { return s.perPatch(), nil }},
	} {
		rounded, err := e.round()
		if err != nil {
			return err
		}
		d, err := measure(ctx, beside(s.store, rounded), s.degrees)
		if err != nil {
			return err
		}
		aurocs := make([]float64, draws)
		largest, all := 0.0, []float64{}
		for draw := range draws {
			photos, rest := s.bank(len(s.good)/2, draw)
			kept := make([]int, len(photos))
			for k, photo := range photos {
				kept[k] = photo + shape.Images
			}
			exact := s.scores(s.pairs, rest, photos, rules[0])
			scores := s.scores(d, rest, kept, rules[0])
			for k := range scores {
				largest = max(largest, math.Abs(scores[k]-exact[k]))
			}
			all = append(all, exact...)
			if aurocs[draw], err = s.auroc(rest, scores); err != nil {
				return err
			}
		}
		_, deviation := moments(all)
		t.Add(s.name, e.name, fmt.Sprintf("%.1f", 100*e.bytes/1e6), fmt.Sprintf("%.2f", mean(aurocs)),
			fmt.Sprintf("%.1e", largest), fmt.Sprintf("%.2f", 100*largest/deviation))
	}
	return nil
}

func mean(values []float64) float64 {
	value, _ := moments(values)
	return value
}

// kept are the tokens as a bank gives them back.
func (s *set) kept(encoding bank.Encoding) (*features.Store, error) {
	folder, err := os.MkdirTemp("", "musc-bench-bank-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	shape := s.store.Shape()
	header := bank.Header{Settings: bank.Settings{Stages: make([]int, shape.Stages), Degrees: s.degrees},
		Shape: bank.Shape{Views: 1, Stages: shape.Stages, Height: shape.Height, Width: shape.Width,
			Channels: shape.Channels, Encoding: encoding}}
	w, err := bank.Create(filepath.Join(folder, "x.musc"), header, false)
	if err != nil {
		return nil, err
	}
	defer w.Abort()
	for i := range shape.Images {
		err := w.Add(bank.Photo{Name: fmt.Sprint(i)},
			func(_, stage int) []float32 { return s.store.Tokens(stage, i) }, nil)
		if err != nil {
			return nil, err
		}
	}
	b, err := w.Bank()
	if err != nil {
		return nil, err
	}
	defer b.Close()
	store, _, err := b.References("")
	return store, err
}

// perPatch rounds every patch token to 255 levels of its own: what the format does not offer.
func (s *set) perPatch() *features.Store {
	shape := s.store.Shape()
	store := features.NewMemory(shape)
	for stage := range shape.Stages {
		for i := range shape.Images {
			from, to := s.store.Tokens(stage, i), store.Tokens(stage, i)
			for first := 0; first < len(from); first += shape.Channels {
				row := from[first:][:shape.Channels]
				largest := 0.0
				for _, value := range row {
					largest = max(largest, math.Abs(float64(value)))
				}
				for c, value := range row {
					to[first+c] = float32(math.Round(float64(value)/largest*127) * largest / 127)
				}
			}
		}
	}
	return store
}

// beside puts the photos of two stores into one.
func beside(a, b *features.Store) *features.Store {
	shape := a.Shape()
	shape.Images *= 2
	both := features.NewMemory(shape)
	for stage := range shape.Stages {
		for i := range a.Shape().Images {
			copy(both.Tokens(stage, i), a.Tokens(stage, i))
			copy(both.Tokens(stage, i+a.Shape().Images), b.Tokens(stage, i))
		}
	}
	return both
}

//go:build cuda && linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"

	"musc/cgo/cuda"
	"musc/engine/features"
	"musc/engine/mutual"
	"musc/kernels"
)

// Search is the search of Eq. 1 by itself: every two of some images, one degree.
type Search struct {
	Shape        shape   `json:"shape"`
	Images       int     `json:"images"`
	Milliseconds float64 `json:"milliseconds"` // of all pairs
	Teraflops    float64 `json:"teraflops"`    // a second, of 2 P P C a pair: padding does not count
}

// Scoring is mutual scoring as a whole, from raw patch tokens in host memory to patch scores there.
type Scoring struct {
	Shape        shape   `json:"shape"`
	Images       int     `json:"images"`
	Subsets      int     `json:"subsets"`
	Bound        int64   `json:"bound,omitempty"` // on the device's memory; 0: none
	Milliseconds float64 `json:"milliseconds_an_image"`
	PeakBytes    int64   `json:"peak_bytes"`              // of the device's memory, above the start
	Difference   float64 `json:"difference_to_unbounded"` // the largest of a score
}

// search measures all pairs of p.slots images.
func (p plan) search(ordinal int, s shape) (Search, error) {
	device, err := kernels.Open(ordinal, "")
	if err != nil {
		return Search{}, err
	}
	result, err := p.searchOn(device, s)
	return result, errors.Join(err, device.Close())
}

func (p plan) searchOn(device *kernels.Device, s shape) (_ Search, err error) {
	scoring, err := device.NewScoring(kernels.Sizes{Height: s.Height, Width: s.Width,
		Channels: s.Channels, Degrees: 1, Slots: p.slots, Rows: p.slots, Scorers: p.slots,
		Images: p.slots})
	if err != nil {
		return Search{}, err
	}
	defer func() { err = errors.Join(err, scoring.Close()) }()
	store := synthetic(shape{s.Name, s.Height, s.Width, s.Channels, 1}, p.slots)
	defer store.Close()
	sample := func(k int) []float32 { return store.Tokens(0, k) }
	if err := scoring.Begin([]int{0}, sample, 1); err != nil {
		return Search{}, err
	}
	var pairs []kernels.Pair
	for i := range p.slots {
		if err := scoring.Load(i, store.Tokens(0, i)); err != nil {
			return Search{}, err
		}
		for j := i + 1; j < p.slots; j++ {
			pairs = append(pairs, kernels.Pair{Rows: i, RowOfRows: i, ScorerOfRows: j,
				Columns: j, RowOfColumns: j, ScorerOfColumns: i})
		}
	}
	if err := errors.Join(scoring.Clear(), scoring.Wait()); err != nil {
		return Search{}, err
	}
	const repeats = 10 // in one time: the launches' own time is not to count
	var times []time.Duration
	for round := -1; round < p.rounds; round++ {
		begun := time.Now()
		for range repeats {
			if err := scoring.Search(pairs); err != nil {
				return Search{}, err
			}
		}
		if err := scoring.Wait(); err != nil {
			return Search{}, err
		}
		if round >= 0 { // the first one warms up
			times = append(times, time.Since(begun)/repeats)
		}
	}
	took := median(times)
	patches := float64(s.patches())
	work := 2 * float64(len(pairs)) * patches * patches * float64(s.Channels)
	return Search{s, p.slots, 1e3 * took.Seconds(), work / took.Seconds() / 1e12}, nil
}

// scorings measures the paper's rows of one backbone, s = 1, 2, 3, and the first one with a bound.
func (p plan) scorings(ctx context.Context, ordinal int, s shape) (rows []Scoring, err error) {
	store := synthetic(s, p.images)
	defer store.Close()
	var unbounded []float64
	for _, row := range []Scoring{{Subsets: 1}, {Subsets: 2}, {Subsets: 3},
		{Subsets: 1, Bound: p.bounded}} {
		row.Shape, row.Images = s, p.images
		scores, err := row.run(ctx, ordinal, store)
		if err != nil {
			return rows, err
		}
		switch {
		case unbounded == nil:
			unbounded = scores
		case row.Bound > 0:
			for k := range scores {
				row.Difference = max(row.Difference, math.Abs(scores[k]-unbounded[k]))
			}
		}
		fmt.Fprintf(os.Stderr, "scoring, %s, %d subsets: %.2f ms an image\n", s.Name, row.Subsets,
			row.Milliseconds)
		rows = append(rows, row)
	}
	return rows, nil
}

// run scores twice, of which the second counts, and returns the first subset's scores.
func (row *Scoring) run(ctx context.Context, ordinal int, store *features.Store) ([]float64, error) {
	var first []float64
	for range 2 {
		watch, err := watchMemory(ordinal)
		if err != nil {
			return nil, err
		}
		begun := time.Now()
		for subset := range row.Subsets {
			var members []int
			for i := subset; i < row.Images; i += row.Subsets {
				members = append(members, i)
			}
			scores, err := mutual.CUDA{Ordinals: []int{ordinal}, Memory: row.Bound}.PatchScores(ctx,
				&mutual.Problem{Images: store, Members: members, Degrees: []int{1, 3, 5},
					Interval: mutual.Interval{High: 0.3}})
			if err != nil {
				return nil, errors.Join(err, watch.end())
			}
			if subset == 0 {
				first = scores
			}
		}
		row.Milliseconds = 1e3 * time.Since(begun).Seconds() / float64(row.Images)
		if err := watch.end(); err != nil {
			return nil, err
		}
		row.PeakBytes = watch.peak
	}
	return first, nil
}

// memoryWatch asks again and again how much of the device's memory is in use.
type memoryWatch struct {
	context      *cuda.Context
	before, peak int64
	stop         chan struct{}
	stopped      sync.WaitGroup
	err          error
}

func watchMemory(ordinal int) (*memoryWatch, error) {
	context, err := cuda.Open(ordinal)
	if err != nil {
		return nil, err
	}
	w := &memoryWatch{context: context, stop: make(chan struct{})}
	free, _, err := context.Memory()
	if err != nil {
		return nil, errors.Join(err, context.Close())
	}
	w.before = free
	w.stopped.Go(func() {
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-w.stop:
				return
			case <-ticker.C:
				free, _, err := context.Memory()
				w.err = errors.Join(w.err, err)
				w.peak = max(w.peak, w.before-free)
			}
		}
	})
	return w, nil
}

func (w *memoryWatch) end() error {
	close(w.stop)
	w.stopped.Wait()
	return errors.Join(w.err, w.context.Close())
}

// synthetic tokens are a layout that all images share and noise of their own, with one loud
// channel, as those of aligned photos of one product.
func synthetic(s shape, images int) *features.Store {
	store := features.NewMemory(features.Shape{Stages: s.Stages, Images: images, Height: s.Height,
		Width: s.Width, Channels: s.Channels})
	var group sync.WaitGroup
	for stage := range s.Stages {
		group.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(stage)))
			layout := make([]float32, s.patches()*s.Channels)
			for k := range layout {
				layout[k] = float32(random.NormFloat64())
				if k%s.Channels == s.Channels/3 {
					layout[k] += 25
				}
			}
			for image := range images {
				tokens := store.Tokens(stage, image)
				for k, x := range layout {
					tokens[k] = x + 0.35*float32(random.NormFloat64())
				}
			}
		})
	}
	group.Wait()
	return store
}

// markdown is the result as tables.
func (r *Result) markdown() string {
	var text strings.Builder
	fmt.Fprintf(&text, "# %s, driver for CUDA %s\n\n", r.Device, r.Driver)
	text.WriteString("Synthetic patch tokens. The search by itself, one degree:\n\n" +
		"| tokens of | images | ms | TFLOP/s, useful |\n|---|---|---|---|\n")
	for _, s := range r.Searches {
		fmt.Fprintf(&text, "| %s | %d | %.3f | %.1f |\n", s.Shape.Name, s.Images, s.Milliseconds,
			s.Teraflops)
	}
	text.WriteString("\nMutual scoring, tokens and scores in host memory, degrees 1, 3, 5, four stages; " +
		"without the backbone:\n\n" +
		"| tokens of | images | s | bound, MB | ms an image | peak MB | largest difference |\n" +
		"|---|---|---|---|---|---|---|\n")
	for _, s := range r.Scorings {
		bound := "none"
		if s.Bound > 0 {
			bound = fmt.Sprintf("%.0f", float64(s.Bound)/1e6)
		}
		fmt.Fprintf(&text, "| %s | %d | %d | %s | %.2f | %.0f | %.1e |\n", s.Shape.Name, s.Images,
			s.Subsets, bound, s.Milliseconds, float64(s.PeakBytes)/1e6, s.Difference)
	}
	return text.String()
}

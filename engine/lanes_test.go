package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"musc/engine/backbone"
	"musc/engine/dataset"
	"musc/engine/features"
)

// tinyInfo is a model of 28 pixels and 2 x 2 patches.
var tinyInfo = backbone.Info{ImageSize: 28, Patch: 14, GridHeight: 2, GridWidth: 2, Channels: 8,
	Stages: backbone.Stages, ClassDim: 8, Std: [3]float32{1, 1, 1}, Provider: "CPU"}

// fakeSource makes tokens of the pixels alone. before is called at the begin of each run.
type fakeSource struct {
	before  func(run int) error
	runs    int32 // that it takes at once; 0: one
	lock    sync.Mutex
	batches [][]float32 // the first pixel of each image of each run
	running atomic.Int32
	all     *atomic.Int32 // of all sources, at once
}

func (s *fakeSource) Extract(ctx context.Context, batch []float32, n int, out backbone.Tokens) error {
	if s.running.Add(1) > max(1, s.runs) {
		return errors.New("too many batches at once on one device")
	}
	defer s.running.Add(-1)
	s.all.Add(1)
	defer s.all.Add(-1)
	size := 3 * tinyInfo.ImageSize * tinyInfo.ImageSize
	var firsts []float32
	for i := range n {
		firsts = append(firsts, batch[i*size])
	}
	s.lock.Lock()
	run := len(s.batches)
	s.batches = append(s.batches, firsts)
	s.lock.Unlock()
	if err := s.before(run); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for i := range n {
		image := batch[i*size : (i+1)*size]
		for stage, tokens := range out.Stages {
			for k := range 32 {
				tokens[i*32+k] = 1 + image[(k*37+stage)%size]
			}
		}
		copy(out.Class[i*8:(i+1)*8], image)
	}
	return nil
}

// extractWith runs the pipeline over the washers, two a batch; befores has a source each.
func extractWith(t *testing.T, ctx context.Context, lanes int, befores ...func(run int) error) (
	found *extracted, tokens []float32, sources []*fakeSource, err error) {
	t.Helper()
	return extractBeside(t, ctx, lanes, 1, befores...)
}

// extractBeside is extractWith where each source takes so many runs at once.
func extractBeside(t *testing.T, ctx context.Context, lanes, runs int,
	befores ...func(run int) error) (
	found *extracted, tokens []float32, sources []*fakeSource, err error) {
	t.Helper()
	paths, err := filepath.Glob("../testdata/washer/images/*.png")
	if err != nil || len(paths) < 9 {
		t.Fatalf("%d washers, %v", len(paths), err)
	}
	job := Config{Batch: 2, Threads: 2, Memory: 1 << 30, Scoring: Defaults()}
	for k, path := range slices.Insert(paths[:9:9], 4, "absent.png") {
		job.Images = append(job.Images, dataset.Item{Path: path, Name: fmt.Sprint(k)})
	}
	var interfaces []tokenSource
	all := new(atomic.Int32)
	for _, before := range befores {
		source := &fakeSource{before: before, runs: int32(runs), all: all}
		sources, interfaces = append(sources, source), append(interfaces, source)
	}
	x := newExtractor(&job, job.Images, &clock{observer: Silent{}}, tinyInfo,
		newLanes(interfaces, lanes, runs))
	x.allocate = tinyStore
	err = x.run(ctx)
	if left := all.Load(); left != 0 {
		t.Errorf("%d batches outlive the run", left)
	}
	if err == nil {
		for image := range x.found.images {
			for stage := range backbone.Stages {
				tokens = append(tokens, x.found.store.Tokens(stage, image)...)
			}
		}
	}
	return &x.found, tokens, sources, err
}

// tinyStore is room for the tokens of the tiny model.
func tinyStore(images int) (*features.Store, error) {
	return features.NewMemory(features.Shape{Stages: backbone.Stages, Images: images, Height: 2,
		Width: 2, Channels: 8}), nil
}

func atOnce(int) error { return nil }

// after is a device that takes its time.
func after(pause time.Duration) func(int) error {
	return func(int) error { time.Sleep(pause); return nil }
}

// Whatever devices share the batches and whichever is faster, the images come in their order with
// the same tokens, and what is left out is listed once.
func TestDevicesShareTheImages(t *testing.T) {
	want, wantTokens, _, err := extractWith(t, t.Context(), 1, atOnce)
	if err != nil || len(want.images) != 9 || len(want.skipped) != 1 {
		t.Fatalf("%d images, left out %v, %v", len(want.images), want.skipped, err)
	}
	for name, test := range map[string]struct {
		lanes   int
		befores []func(int) error
	}{
		"one device, two lanes":     {2, []func(int) error{atOnce}},
		"the first is slow":         {1, []func(int) error{after(20 * time.Millisecond), atOnce}},
		"the second is slow":        {2, []func(int) error{atOnce, after(20 * time.Millisecond)}},
		"more devices than batches": {2, slices.Repeat([]func(int) error{atOnce}, 7)},
	} {
		t.Run(name, func(t *testing.T) {
			got, tokens, sources, err := extractWith(t, t.Context(), test.lanes, test.befores...)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(tokens, wantTokens) {
				t.Error("other tokens")
			}
			for k, image := range got.images {
				if image.Name != want.images[k].Name ||
					!slices.Equal(image.ClassToken, want.images[k].ClassToken) {
					t.Errorf("image %d is %s, want %s", k, image.Name, want.images[k].Name)
				}
			}
			if !slices.Equal(got.skipped, want.skipped) {
				t.Errorf("left out %v, want %v", got.skipped, want.skipped)
			}
			for k, source := range sources { // five batches, dealt in turn
				if dealt := (5 + len(sources) - 1 - k) / len(sources); len(source.batches) != dealt {
					t.Errorf("device %d got %d batches, want %d", k, len(source.batches), dealt)
				}
			}
		})
	}
}

// The first batch waits for the second one's begin: that ends only if both devices run at once.
func TestDevicesRunAtOnce(t *testing.T) {
	began := make(chan struct{})
	first := func(run int) error {
		if run > 0 {
			return nil
		}
		select {
		case <-began:
			return nil
		case <-time.After(10 * time.Second):
			return errors.New("the second device waits for the first")
		}
	}
	second := func(run int) error {
		if run == 0 {
			close(began)
		}
		return nil
	}
	if _, _, _, err := extractWith(t, t.Context(), 1, first, second); err != nil {
		t.Error(err)
	}
}

// Two batches of one device run side by side, and no more: the first waits for the second's begin, and
// of three lanes the last waits for a place.
func TestRunsSideBySideOnOneDevice(t *testing.T) {
	want, wantTokens, _, err := extractWith(t, t.Context(), 1, atOnce)
	if err != nil {
		t.Fatal(err)
	}
	began := make(chan struct{})
	got, tokens, _, err := extractBeside(t, t.Context(), 3, 2, func(run int) error {
		switch run {
		case 0:
			select {
			case <-began:
			case <-time.After(10 * time.Second):
				return errors.New("the second run waits for the first")
			}
		case 1:
			close(began)
		}
		time.Sleep(5 * time.Millisecond)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(tokens, wantTokens) {
		t.Error("other tokens")
	}
	for k, image := range got.images {
		if image.Name != want.images[k].Name {
			t.Errorf("image %d is %s, want %s", k, image.Name, want.images[k].Name)
		}
	}
}

// Of several errors the one of the earliest images is told, although it came last.
func TestFirstErrorInTheImagesOrder(t *testing.T) {
	early, late := errors.New("of the first batch"), errors.New("of the second batch")
	_, _, _, err := extractWith(t, t.Context(), 1,
		func(int) error { time.Sleep(50 * time.Millisecond); return early },
		func(int) error { return late })
	if !errors.Is(err, early) {
		t.Errorf("told %v", err)
	}
	// The last batch is under way on the first device when that error is told.
	_, _, sources, err := extractWith(t, t.Context(), 2, after(50*time.Millisecond), func(run int) error {
		if run == 1 {
			return late
		}
		return nil
	})
	if !errors.Is(err, late) || len(sources[1].batches) != 2 {
		t.Errorf("told %v after %d batches", err, len(sources[1].batches))
	}
}

func TestCancelledOnSeveralDevices(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, _, _, err := extractWith(t, ctx, 2, after(10*time.Millisecond), func(int) error {
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

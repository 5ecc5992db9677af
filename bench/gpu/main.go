//go:build cuda && linux

// Command gpu measures mutual scoring on a CUDA device: the search by itself, and the table of time
// and memory of the paper for the same numbers of patches and channels. Tokens are synthetic.
// Script check.sh runs it on the device, and PyTorch beside it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"musc/cgo/cuda"
	"musc/engine/atomicfile"
)

// shape is what one backbone gives mutual scoring.
type shape struct {
	Name     string `json:"name"`
	Height   int    `json:"height"`
	Width    int    `json:"width"`
	Channels int    `json:"channels"`
	Stages   int    `json:"stages"`
}

func (s shape) patches() int { return s.Height * s.Width }

// The two backbones of the paper's table, at the sizes it uses.
var paper = []shape{
	{"ViT-L-14-336 at 518", 37, 37, 1024, 4},
	{"ViT-B-16-plus-240 at 512", 32, 32, 896, 4},
}

// Result is what a run found out. Times are medians.
type Result struct {
	Device   string    `json:"device"`
	Driver   string    `json:"driver"`
	Searches []Search  `json:"searches"`
	Scorings []Scoring `json:"scorings"`
}

// plan is how much to measure.
type plan struct {
	shapes  []shape
	images  int   // of a scoring
	slots   int   // images of a search
	rounds  int   // of which the median counts
	bounded int64 // bytes of the device's memory, for the scoring with a bound
}

func main() {
	out := flag.String("out", "out", "the folder for gpu.json and gpu.md")
	ordinal := flag.Int("device", 0, "the N of cuda:N")
	images := flag.Int("images", 200, "how many images are scored")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	p := plan{shapes: paper, images: *images, slots: 24, rounds: 5, bounded: 3 << 29}
	result, err := p.measure(ctx, *ordinal)
	if result != nil && len(result.Searches) > 0 { // what was measured before an error counts
		err = errors.Join(err, save(result, *out))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gpu:", err)
		os.Exit(1)
	}
}

// measure returns what it has even if it fails.
func (p plan) measure(ctx context.Context, ordinal int) (*Result, error) {
	devices, err := cuda.Devices()
	if err != nil {
		return nil, err
	}
	if ordinal < 0 || ordinal >= len(devices) {
		return nil, fmt.Errorf("there is no cuda:%d", ordinal)
	}
	result := &Result{Device: devices[ordinal].String(), Driver: devices[ordinal].Driver}
	for _, s := range p.shapes {
		search, err := p.search(ordinal, s)
		if err != nil {
			return result, fmt.Errorf("search, %s: %w", s.Name, err)
		}
		fmt.Fprintf(os.Stderr, "search, %s: %.1f TFLOP/s\n", s.Name, search.Teraflops)
		result.Searches = append(result.Searches, search)
	}
	for _, s := range p.shapes {
		scorings, err := p.scorings(ctx, ordinal, s)
		result.Scorings = append(result.Scorings, scorings...)
		if err != nil {
			return result, fmt.Errorf("scoring, %s: %w", s.Name, err)
		}
	}
	return result, nil
}

func save(result *Result, folder string) error {
	text, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := atomicfile.WriteFile(filepath.Join(folder, "gpu.json"), append(text, '\n')); err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(folder, "gpu.md"), []byte(result.markdown()))
}

// median of times, which it sorts; there is at least one.
func median(times []time.Duration) time.Duration {
	for i := range times {
		for k := i; k > 0 && times[k] < times[k-1]; k-- {
			times[k], times[k-1] = times[k-1], times[k]
		}
	}
	return times[len(times)/2]
}

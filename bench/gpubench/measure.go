//go:build cuda && linux

package gpubench

import (
	"context"
	"fmt"
	"slices"

	"musc/cgo/cuda"
)

// Devices names the devices of this machine; the error says why there is none.
func Devices() (names []string, err error) {
	devices, err := cuda.Devices()
	for _, device := range devices {
		names = append(names, device.Name)
	}
	return names, err
}

// Measure measures one device, and all together if there are several. It returns what it has even
// if it fails; a part that cannot be had here (PyTorch, a backbone on the GPU) is noted and left out.
func (p Plan) Measure(ctx context.Context, ordinal int) (*Result, error) {
	devices, err := cuda.Devices()
	if err != nil {
		return nil, err
	}
	if ordinal < 0 || ordinal >= len(devices) {
		return nil, fmt.Errorf("there is no cuda:%d", ordinal)
	}
	result := &Result{Device: devices[ordinal].Name, Driver: devices[ordinal].Driver}
	for _, s := range p.Shapes {
		search, err := p.search(ordinal, s)
		if err != nil {
			return result, fmt.Errorf("search, %s: %w", s.Name, err)
		}
		p.say("search, %s: %.1f TFLOP/s", s.Name, search.Teraflops)
		result.Searches = append(result.Searches, search)
	}
	for _, s := range p.Shapes {
		scorings, err := p.scorings(ctx, ordinal, s)
		result.Scorings = append(result.Scorings, scorings...)
		if err != nil {
			return result, fmt.Errorf("scoring, %s: %w", s.Name, err)
		}
	}
	if err := p.scale(ctx, len(devices), result); err != nil {
		return result, fmt.Errorf("scoring on several devices: %w", err)
	}
	if err := p.runs(ctx, ordinal, result); err != nil {
		return result, err
	}
	return result, p.peers(ctx, ordinal, result)
}

// runs measures the rows of the paper's table.
func (p Plan) runs(ctx context.Context, ordinal int, result *Result) error {
	run := p.Whole
	if run == nil {
		run = p.wholeRun
		if len(p.Photos) == 0 {
			p.note(result, "photos to scores: no photos")
			return nil
		}
	}
	for _, s := range p.Shapes {
		for subsets := 1; subsets <= 3; subsets++ {
			row, err := run(ctx, ordinal, s, subsets)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil { // the backbone, more often than not: what was measured stands
				p.note(result, "photos to scores, %s: %v", s.Name, err)
				break
			}
			p.say("photos to scores, %s, %d subsets: %.2f ms an image", s.Name, subsets,
				row.Milliseconds)
			result.Runs = append(result.Runs, row)
		}
	}
	return nil
}

func (p Plan) say(format string, arguments ...any) {
	if p.Say != nil {
		p.Say(format, arguments...)
	}
}

// note keeps what the reader has to know.
func (p Plan) note(r *Result, format string, arguments ...any) {
	text := fmt.Sprintf(format, arguments...)
	p.say("%s", text)
	r.Notes = append(r.Notes, text)
}

// median of values; there is at least one.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

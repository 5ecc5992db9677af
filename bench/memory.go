package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"

	"github.com/urfave/cli/v2"

	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/memory"
	"musc/engine/mutual"
)

// Cases of memory: what a process grew by above what it held before it had any token.
const caseLeast = "musc, least possible"

// peak is what a child process reports.
type peak struct {
	Start int64 `json:"start"` // resident before the tokens
	Peak  int64 `json:"peak"`
}

// memoryRow finds the peak of memory for a number of images: musc with everything in memory, musc
// with the smallest plan, and the peers. Each runs in a process of its own.
func (b *bench) memoryRow(ctx context.Context, s shape, images int, within limits) error {
	limited, cancel := context.WithDeadline(ctx, within.end)
	defer cancel()
	row := Row{Group: groupMemory, Shape: s.String(), Images: images, Threads: b.plan.threads,
		Unit: bytes}
	add := func(name string, p peak) {
		row.Cases = append(row.Cases, Case{Name: name, Samples: []float64{float64(p.Peak - p.Start)}})
	}
	for _, name := range []string{caseMusc, caseLeast} {
		var p peak
		err := runChild(limited, &p, memoryArguments(s, images, b.plan.threads, name == caseLeast)...)
		if limited.Err() != nil && ctx.Err() == nil {
			b.leaveOut(row.key())(name, errNoTime)
			return nil
		}
		if err != nil {
			return err
		}
		if p.Peak == 0 {
			b.note("memory: this system does not tell a process's peak")
			return nil
		}
		add(name, p)
	}
	for _, method := range b.plan.memoryMethods {
		p, err := b.peerPeak(limited, s, images, method)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if limited.Err() != nil {
			err = errNoTime
		}
		if err != nil {
			b.leaveOut(row.key())(peerNames[method], err)
		} else if p.Peak > 0 {
			add(peerNames[method], p)
		}
	}
	b.result.Rows = append(b.result.Rows, row)
	return nil
}

// peerPeak starts fresh peers for one run of a method; no peak where they do not offer it.
func (b *bench) peerPeak(ctx context.Context, s shape, images int, method string) (peak, error) {
	if !b.server.offers(method) {
		return peak{}, nil
	}
	store := features.NewMemory(s.tokensOf(images))
	defer store.Close()
	fillTokens(store)
	tokens := filepath.Join(b.scratch, "memory.npy")
	if err := saveTokens(tokens, store); err != nil {
		return peak{}, err
	}
	defer os.Remove(tokens)
	fresh, err := b.startPeers(ctx)
	if err != nil {
		return peak{}, err
	}
	defer fresh.close()
	fresh.single = true
	before, err := fresh.ask(ctx, request{Method: "memory"})
	if err != nil {
		return peak{}, err
	}
	if _, err := fresh.ask(ctx, request{Method: method, Tokens: tokens, Height: s.height,
		Width: s.width, Degrees: s.degrees, High: interval.High,
		Threads: b.plan.threads}); err != nil {
		return peak{}, err
	}
	after, err := fresh.ask(ctx, request{Method: "memory"})
	return peak{before.Resident, after.Peak}, err
}

func memoryArguments(s shape, images, threads int, least bool) []string {
	arguments := []string{"memory", "--threads", strconv.Itoa(threads),
		"--height", strconv.Itoa(s.height), "--width", strconv.Itoa(s.width),
		"--channels", strconv.Itoa(s.channels), "--images", strconv.Itoa(images)}
	for _, degree := range s.degrees {
		arguments = append(arguments, "--degree", strconv.Itoa(degree))
	}
	if least {
		arguments = append(arguments, "--least")
	}
	return arguments
}

// childMemory is the other end of memoryRow.
func childMemory(c *cli.Context) error {
	s := shape{height: c.Int("height"), width: c.Int("width"), channels: c.Int("channels"),
		degrees: c.IntSlice("degree")}
	sizes := s.tokensOf(c.Int("images"))
	answer := peak{Start: memory.Resident()}
	var plan mutual.Plan // everything in memory
	folder := ""
	if c.Bool("least") {
		var err error
		if folder, err = os.MkdirTemp("", "musc-bench-*"); err != nil {
			return fault.New(fault.Output, "cannot make a temporary folder: %w", err)
		}
		defer os.RemoveAll(folder)
		plan = mutual.NewPlan(1, mutual.Sizes{Shape: sizes, Degrees: s.degrees,
			Threads: c.Int("threads")})
		plan.Folder = folder
	}
	store, err := newStore(sizes, plan.Spill, folder)
	if err != nil {
		return err
	}
	defer store.Close()
	fillTokens(store)
	if _, err := (mutual.CPU{Threads: c.Int("threads")}).PatchScores(c.Context, &mutual.Problem{
		Images: store, Degrees: s.degrees, Interval: interval, Plan: plan}); err != nil {
		return err
	}
	answer.Peak = memory.PeakResident()
	return json.NewEncoder(c.App.Writer).Encode(answer)
}

func newStore(sizes features.Shape, spill bool, folder string) (*features.Store, error) {
	if spill {
		return features.NewSpilled(sizes, folder)
	}
	return features.NewMemory(sizes), nil
}

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"musc/engine/assets"
	"musc/engine/fault"
)

// setup fetches what the other commands need, so that they need no network: Zig, CUDA's headers, the
// bundle's wheels, and musc's modules with the Go that builds them; those of this program came with it.
func setup(ctx context.Context, options options) error {
	if err := assets.Ensure(ctx, []assets.Artifact{assets.Zig, assets.CUDAHeaders}, assets.Options{
		Progress: func(text string) { fmt.Fprintln(os.Stderr, text) },
	}); err != nil {
		return err
	}
	if err := fetchWheels(ctx, options.cuda); err != nil {
		return err
	}
	if err := useToolchain(ctx, options.root); err != nil {
		return err
	}
	download := exec.CommandContext(ctx, "go", "mod", "download")
	download.Dir, download.Stderr = options.root, os.Stderr
	if err := download.Run(); err != nil {
		return fault.New(fault.Setup, "cannot download the modules of go.mod: %w", err)
	}
	return nil
}

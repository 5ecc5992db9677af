// Command provider puts ONNX Runtime with its CUDA provider into a folder, without the machine code
// of other architectures than the wanted one: 284 MB that pack to a fifth.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"musc/engine/assets"
	"musc/engine/atomicfile"
)

func main() {
	architecture := flag.Int("architecture", 90, "the `SM` to keep: 80, 86, 89, 90 or 120")
	folder := flag.String("o", "", "the folder to write the libraries to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *folder, uint32(*architecture)); err != nil {
		fmt.Fprintln(os.Stderr, "provider:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, folder string, architecture uint32) error {
	if folder == "" {
		return fmt.Errorf("-o is missing")
	}
	runtime := assets.CUDA13.Runtime()
	err := assets.Ensure(ctx, []assets.Artifact{*runtime}, assets.Options{
		Progress: func(text string) { fmt.Fprintln(os.Stderr, text) },
	})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, member := range runtime.Members {
		path, err := assets.Path(runtime, member.Path)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if member.Path == assets.CUDAProvider {
			kept, dropped, err := prune(content, architecture)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			fmt.Fprintf(os.Stderr, "%s: %d MB of machine code kept, %d MB dropped\n", member.Path,
				kept>>20, dropped>>20)
		}
		if err := atomicfile.WriteFile(filepath.Join(folder, member.Path), content); err != nil {
			return err
		}
	}
	return nil
}

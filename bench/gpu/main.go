// Command gpu measures musc on a CUDA device where there is neither Go nor a network: script
// check.sh runs it there. It prints the tables that `make bench` prints on such a machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"musc/bench/gpubench"
	"musc/engine/dataset"
)

func main() {
	out := flag.String("out", "out", "the folder for the results")
	ordinal := flag.Int("device", 0, "the N of cuda:N")
	images := flag.Int("images", gpubench.Full().Images, "how many images are scored")
	photos := flag.String("photos", "", "a folder of photos; none: the backbone is not measured")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *out, *ordinal, *images, *photos); err != nil {
		fmt.Fprintln(os.Stderr, "gpu:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out string, ordinal, images int, photos string) error {
	plan := gpubench.Full()
	plan.Images, plan.Pythons = images, []string{"python3"}
	plan.Say = func(format string, arguments ...any) {
		fmt.Fprintf(os.Stderr, format+"\n", arguments...)
	}
	var err error
	if plan.Scratch, err = os.MkdirTemp("", "musc-gpu-"); err != nil {
		return err
	}
	defer os.RemoveAll(plan.Scratch)
	if photos != "" {
		if plan.Photos, _, err = dataset.Collect([]string{photos}, dataset.Options{}); err != nil {
			return err
		}
	}
	result, err := plan.Measure(ctx, ordinal)
	if result != nil && len(result.Searches) > 0 { // what was measured before an error counts
		markdown, e := result.Save(out)
		fmt.Print(markdown)
		err = errors.Join(err, e)
	}
	return err
}

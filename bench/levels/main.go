// Command levels compares the patch scores of every SIMD level of this machine with a float64
// computation by definition, on the tokens of real photos.
//
//	go run ./bench/levels [-photos N] NAME=DATASET...
//
// DATASET is what musc eval takes; of its photos the first N are scored, by the default model with its
// preset. The definition takes N^2 P^2 C steps a stage and degree: about a minute for 16 photos of 256 patches.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"musc/bench/present"
	"musc/bench/subject"
	"musc/engine/evaluation"
	"musc/engine/fault"
)

func main() {
	photos := flag.Int("photos", 16, "the photos of each data set that are scored, at most")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, flag.Args(), *photos); err != nil {
		fmt.Fprintln(os.Stderr, "levels:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, args []string, photos int) error {
	if len(args) == 0 {
		return fault.New(fault.Usage, "no data set; as in: go run ./bench/levels washers=washer_render")
	}
	job, model, preset, err := subject.Job(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Patch scores of %s, %s, in float32 at each SIMD level and in float64.\n", model, preset)
	for _, arg := range args {
		name, path, ok := strings.Cut(arg, "=")
		if !ok {
			return fault.New(fault.Usage, "%q is not NAME=DATASET", arg)
		}
		class, err := subject.Class(path)
		if err != nil {
			return err
		}
		items := evaluation.Items(class)
		items = items[:min(len(items), photos)]
		if len(items) < 2 {
			return fault.New(fault.Input, "the data set %s has %d photos to score; photos score each other", path,
				len(items))
		}
		problem, err := extract(ctx, job, items)
		if err != nil {
			return err
		}
		table := present.Table{Title: fmt.Sprintf("%s, %d photos", name, len(items)),
			Head: []string{"level", "largest difference", "mean difference", "photos out of order"}}
		if err := compare(ctx, problem, &table); err != nil {
			return err
		}
		table.Write(w)
	}
	return nil
}

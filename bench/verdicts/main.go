// Command verdicts measures package engine/verdict on labelled data sets: how often its thresholds
// are right about photos, and how well its regions cover the defects in masks.
//
//	go run ./bench/verdicts [-draws 3] [-o FILE.md] NAME=DATASET...
//
// DATASET is what musc eval takes. Photos are scored by the default model with its preset.
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
	"musc/engine/atomicfile"
	"musc/engine/evaluation/labelled"
	"musc/engine/fault"
)

func main() {
	draws := flag.Int("draws", 3, "batches drawn of each data set and share of defective photos")
	output := flag.String("o", "", "write the tables to this file as well")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, flag.Args(), *draws, *output); err != nil {
		fmt.Fprintln(os.Stderr, "verdicts:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, args []string, draws int, output string) error {
	if len(args) == 0 {
		return fault.New(fault.Usage, "no data set; as in: go run ./bench/verdicts washers=washer_render")
	}
	scorer, err := newScorer(ctx)
	if err != nil {
		return err
	}
	images, shares, pixels := newImageTable(), newShareTable(), newPixelTable()
	for _, arg := range args {
		name, path, ok := strings.Cut(arg, "=")
		if !ok {
			return fault.New(fault.Usage, "%q is not NAME=DATASET", arg)
		}
		class, err := subject.Class(path)
		if err != nil {
			return err
		}
		if err := measure(ctx, scorer, name, class, draws, images, shares, pixels); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "# Verdicts, measured\n\nModel %s, %s.\n", scorer.model, scorer.settings)
	for _, table := range []*present.Table{images, shares, pixels} {
		table.Write(&text)
	}
	if output != "" {
		if err := atomicfile.WriteFile(output, []byte(text.String())); err != nil {
			return err
		}
	}
	_, err = io.WriteString(w, text.String())
	return err
}

// measure adds a data set to the tables.
func measure(ctx context.Context, s *scorer, name string, class *labelled.Class, draws int,
	images, shares, pixels *present.Table) error {
	whole, err := s.score(ctx, class.Test)
	if err != nil {
		return err
	}
	if err := addVerdicts(images, name, whole); err != nil {
		return err
	}
	if err := addPixels(pixels, name, whole); err != nil {
		return err
	}
	good, defective := split(class.Test)
	half, err := s.score(ctx, good)
	if err != nil {
		return err
	}
	if err := addVerdicts(images, name+", good ones alone", half); err != nil {
		return err
	}
	return addShares(ctx, shares, s, name, good, defective, draws)
}

// split divides photos by their label.
func split(photos []labelled.Image) (good, defective []labelled.Image) {
	for _, photo := range photos {
		if photo.Defective {
			defective = append(defective, photo)
		} else {
			good = append(good, photo)
		}
	}
	return good, defective
}

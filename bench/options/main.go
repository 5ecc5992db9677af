// Command options measures what the options for real photos do to labelled data sets: to image AUROC, pixel
// AP and PRO, and to the processor time that it takes.
//
//	go run ./bench/options [-o FILE.md] [-only OPTIONS,...] NAME=DATASET[@X,Y,RADIUS]...
//
// DATASET is what musc eval takes; X, Y and RADIUS are the circle of the product in its photos, in pixels.
// Photos are scored by the default model with its preset. A gain of AUROC is told with its standard error,
// by drawing the photos again with replacement, the same ones for both. The patch tokens of each way to look at photos are
// extracted once.
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
	output := flag.String("o", "", "write the tables to this file as well")
	only := flag.String("only", "", "measure these options alone, such as \"--crop,--tiles 2x2\", beside none of them")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, flag.Args(), *only, *output); err != nil {
		fmt.Fprintln(os.Stderr, "options:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, args []string, only, output string) error {
	if len(args) == 0 {
		return fault.New(fault.Usage, "no data set; as in: go run ./bench/options washers=washer_render@128,128,110")
	}
	job, model, preset, err := subject.Job(ctx)
	if err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "# Options, measured\n\nModel %s, %s.\n", model, preset)
	for _, arg := range args {
		set, err := parseSet(arg)
		if err != nil {
			return err
		}
		table := &present.Table{Title: fmt.Sprintf("%s, %d photos", set.name, len(set.class.Test)),
			Head: []string{"options", "image AUROC", "gain", "pixel AP", "PRO", "time", "of it mutual scoring"}}
		if err := measure(ctx, job, set, only, table); err != nil {
			return fmt.Errorf("%s: %w", set.name, err)
		}
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

// set is a labelled data set of one class.
type set struct {
	name   string
	class  *labelled.Class
	circle *circle // of the product; nil: not known
}

// circle is a part of photos, in their pixels.
type circle struct{ x, y, radius int }

func parseSet(arg string) (s set, err error) {
	name, path, ok := strings.Cut(arg, "=")
	if !ok {
		return s, fault.New(fault.Usage, "%q is not NAME=DATASET[@X,Y,RADIUS]", arg)
	}
	s.name = name
	if at := strings.LastIndexByte(path, '@'); at >= 0 {
		s.circle = &circle{}
		if _, err := fmt.Sscanf(path[at+1:], "%d,%d,%d", &s.circle.x, &s.circle.y, &s.circle.radius); err != nil {
			return s, fault.New(fault.Usage, "%q is no circle X,Y,RADIUS", path[at+1:])
		}
		path = path[:at]
	}
	s.class, err = subject.Class(path)
	return s, err
}

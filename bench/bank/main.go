// Command bank measures what docs/bank-measured.md says of banks of good photos: how new photos are
// scored best by them, what rounding their tokens costs, which photos a thinned bank should keep, and
// how PatchCore's memory compares on the same tokens.
//
//	go run ./bench/bank [-draws 10] [-o FILE.md] [-only score,verdict,encoding,thin,patchcore] NAME=DATASET...
//
// DATASET is what musc eval takes, of one class. Tokens are those of the default model with its preset.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"musc/bench/present"
	"musc/engine/atomicfile"
	"musc/engine/fault"
)

// table is one question.
type table struct {
	name string
	*present.Table
	add func(ctx context.Context, t *present.Table, s *set, draws int) error
}

func tables() []table {
	return []table{
		{"score", newScoreTable(), addScores},
		{"verdict", newVerdictTable(), addVerdicts},
		{"encoding", newEncodingTable(), addEncodings},
		{"thin", newThinTable(), addThin},
		{"patchcore", newPatchCoreTable(), addPatchCore},
	}
}

func main() {
	draws := flag.Int("draws", 10, "banks drawn of each data set and size")
	output := flag.String("o", "", "write the tables to this file as well")
	only := flag.String("only", "score,verdict,encoding,thin,patchcore", "which tables")
	flag.Parse()
	err := run(context.Background(), os.Stdout, flag.Args(), *draws, *output, strings.Split(*only, ","))
	if err != nil {
		fmt.Fprintln(os.Stderr, "bank:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, args []string, draws int, output string, only []string) error {
	if len(args) == 0 {
		return fault.New(fault.Usage, "no data set; as in: go run ./bench/bank washers=washer_render")
	}
	all := tables()
	for _, arg := range args {
		name, path, ok := strings.Cut(arg, "=")
		if !ok {
			return fault.New(fault.Usage, "%q is not NAME=DATASET", arg)
		}
		s, err := open(ctx, name, path)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, t := range all {
			if !slices.Contains(only, t.name) {
				continue
			}
			fmt.Fprintf(os.Stderr, "%s: %s\n", name, t.name)
			if err := t.add(ctx, t.Table, s, draws); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "# Banks of good photos, measured\n")
	for _, t := range all {
		t.Write(&text)
	}
	if output != "" {
		if err := atomicfile.WriteFile(output, []byte(text.String())); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, text.String())
	return err
}

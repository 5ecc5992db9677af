package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"musc/engine/atomicfile"
	"musc/engine/fault"
	"musc/engine/npy"
	"musc/engine/rscin"
)

func rescoreCommand() *cli.Command {
	return &cli.Command{
		Name:  "rescore",
		Usage: "apply RsCIN to anybody's image scores",
		Description: `Re-scores images with their neighbourhood among the class tokens (RsCIN, Eq. 4 and 5). The CSV has
the columns image and score; the .npy holds one token an image, [N,D], rows in the same order.
The answer has the same columns, the scores scaled to [0,1] and re-scored.

Example:
   musc rescore --scores in.csv --class-tokens tokens.npy --windows 2,3 -o out.csv`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "scores", Usage: "`CSV` with the columns image,score (required)"},
			&cli.StringFlag{Name: "class-tokens", Usage: "`NPY` of shape [N,D] (required)"},
			&cli.IntSliceFlag{Name: "windows", Usage: "neighbourhood sizes `K,K,...`",
				Value: cli.NewIntSlice(2, 3)},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "the `CSV` to write (required)"},
			&cli.BoolFlag{Name: "json", Usage: "errors as JSON on standard output"},
		},
		OnUsageError: usageError,
		Action:       rescore,
	}
}

func rescore(c *cli.Context) error {
	const example = "rescore --scores in.csv --class-tokens tokens.npy -o out.csv"
	var paths [3]string
	for i, name := range []string{"scores", "class-tokens", "output"} {
		var err error
		if paths[i], err = require(c, name, example); err != nil {
			return err
		}
	}
	table, err := readScores(paths[0])
	if err != nil {
		return err
	}
	tokens, width, err := readClassTokens(paths[1], len(table.scores))
	if err != nil {
		return err
	}
	scores, err := rscin.Rescore(table.scores, tokens, len(table.scores), width,
		c.IntSlice("windows"))
	if err != nil {
		var row *rscin.RowError
		if errors.As(err, &row) && row.Row < len(table.scores) {
			return fault.New(fault.Input, "re-scoring %s with %s: row %d (%s): %s", paths[0], paths[1],
				row.Row+1, table.rows[row.Row][table.image], row.Problem)
		}
		return fmt.Errorf("re-scoring %s with %s: %w", paths[0], paths[1], err)
	}
	return table.write(paths[2], scores)
}

// scoreTable is a CSV of image scores, kept whole so that it can be written with other scores.
type scoreTable struct {
	rows         [][]string
	image, score int // columns
	scores       []float64
}

// readScores reads a CSV with the columns image and score, in any order and among others.
func readScores(path string) (*scoreTable, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.Input, "cannot read scores: %w", err)
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fault.New(fault.Input, "cannot read scores from %s: %w; it must be a CSV with "+
			"the columns image,score", path, err)
	}
	if len(records) < 2 {
		return nil, fault.New(fault.Input, "%s holds no scores; it must be a CSV with the columns "+
			"image,score and one row an image", path)
	}
	header := slices.Clone(records[0])
	for i := range header {
		header[i] = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(header[i], "\ufeff")))
	}
	table := &scoreTable{rows: records[1:],
		image: slices.Index(header, "image"), score: slices.Index(header, "score")}
	if table.image < 0 || table.score < 0 {
		return nil, fault.New(fault.Input, "%s has the columns %s; image and score are needed", path,
			strings.Join(records[0], ","))
	}
	for i, row := range table.rows {
		value, err := strconv.ParseFloat(strings.TrimSpace(row[table.score]), 64)
		if err != nil {
			return nil, fault.New(fault.Input, "%s, line %d: the score %q is not a number", path, i+2,
				row[table.score])
		}
		table.scores = append(table.scores, value)
	}
	return table, nil
}

// write saves the table with other scores, [N].
func (t *scoreTable) write(path string, scores []float64) error {
	return atomicfile.Save(path, func(w io.Writer) error {
		out := csv.NewWriter(w)
		if err := out.Write([]string{"image", "score"}); err != nil {
			return err
		}
		for i, row := range t.rows {
			score := strconv.FormatFloat(scores[i], 'g', -1, 64)
			if err := out.Write([]string{row[t.image], score}); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	})
}

// readClassTokens reads [images,D] from a .npy file.
func readClassTokens(path string, images int) (tokens []float32, width int, err error) {
	array, err := npy.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer array.Close()
	if len(array.Shape) != 2 || array.Shape[0] != images || array.Shape[1] < 1 {
		return nil, 0, fault.New(fault.Input, "%s has the shape %v; [%d,D] is needed: one class token "+
			"for each row of the scores", path, array.Shape, images)
	}
	tokens = make([]float32, images*array.Shape[1])
	return tokens, array.Shape[1], array.ReadFloat32(tokens, 0)
}

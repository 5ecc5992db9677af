package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/urfave/cli/v2"

	"musc/engine/atomicfile"
	"musc/engine/csvfile"
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
			overwriteFlag(),
			&cli.BoolFlag{Name: "json", Usage: "errors as JSON on standard output"},
		},
		OnUsageError: usageError,
		Action:       rescore,
	}
}

func rescore(c *cli.Context) error {
	const example = "rescore --scores in.csv --class-tokens tokens.npy -o out.csv"
	var paths [2]string
	for i, name := range []string{"scores", "class-tokens"} {
		var err error
		if paths[i], err = require(c, name, example); err != nil {
			return err
		}
	}
	output, err := outputFile(c, example, "scores", "class-tokens")
	if err != nil {
		return err
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
				row.Row+1, table.images[row.Row], row.Problem)
		}
		return fmt.Errorf("re-scoring %s with %s: %w", paths[0], paths[1], err)
	}
	return table.write(output, scores)
}

// scoreTable is a list of image scores.
type scoreTable struct {
	images []string
	scores []float64 // [N]
}

// readScores reads a list with the columns image and score, in any order and among others.
func readScores(path string) (*scoreTable, error) {
	list, err := csvfile.ReadTable(path, "image", "score")
	if err != nil {
		return nil, err
	}
	if len(list.Rows) == 0 {
		return nil, fault.New(fault.Input, "%s holds no scores; it must have one row an image below "+
			"image,score", path)
	}
	table := &scoreTable{}
	for _, row := range list.Rows {
		score, err := list.Number(row, "score")
		if err != nil {
			return nil, err
		}
		table.images = append(table.images, list.Text(row, "image"))
		table.scores = append(table.scores, score)
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
		for i, image := range t.images {
			score := strconv.FormatFloat(scores[i], 'g', -1, 64)
			if err := out.Write([]string{image, score}); err != nil {
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

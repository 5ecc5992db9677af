package paper

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine"
	"musc/engine/csvfile"
	"musc/engine/evaluation/labelled"
	"musc/engine/evaluation/metrics"
	"musc/engine/evaluation/table"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/mutual"
	"musc/engine/npy"
	"musc/engine/rscin"
)

// tokenWindows are what RescoreTokens tries; 0 stands for all images.
var tokenWindows = []struct {
	name    string
	windows []int
}{
	{"off", []int{1}}, {"{2}", []int{2}}, {"{3}", []int{3}}, {"{2,3}", []int{2, 3}}, {"{8}", []int{8}},
	{"{9}", []int{9}}, {"{8,9}", []int{8, 9}}, {"full", []int{0}},
}

// RescoreTokens applies RsCIN to anybody's image scores: folder holds CLASS.npy, the class tokens
// [N,D] of a class, and CLASS.csv, a row an image in the same order, with the columns label (0 for
// good) and, perhaps, score. Without scores the class tokens score each other, as images of a
// single patch, stage and degree. The table has the image AUROC of each class under each choice
// of windows. Errors are of kind fault.Input and name the file.
func RescoreTokens(ctx context.Context, folder string, scorer mutual.Scorer) (table.Table, error) {
	t := table.Table{Name: "rscin on class tokens", Title: fmt.Sprintf("Image AUROC in per cent "+
		"under RsCIN's windows, scores and class tokens of %s", folder), Columns: []table.Column{
		{Name: "class", Key: "class"}, {Name: "images", Key: "images"},
		{Name: "scores", Key: "scores"}}}
	for _, choice := range tokenWindows {
		t.Columns = append(t.Columns, table.Column{Group: "windows", Name: choice.name,
			Key: "windows_" + strings.ReplaceAll(strings.Trim(choice.name, "{}"), ",", "_")})
	}
	lists, err := filepath.Glob(filepath.Join(escape(folder), "*.csv"))
	if err != nil || len(lists) == 0 {
		return t, fault.New(fault.Input, "%s has no CLASS.csv beside its CLASS.npy; check the path",
			folder)
	}
	slices.Sort(lists)
	columns, images := make([][]metrics.Value, len(tokenWindows)), 0
	for _, list := range lists {
		if err := ctx.Err(); err != nil {
			return t, err
		}
		c, err := readTokens(list)
		if err != nil {
			return t, err
		}
		source := "given"
		if c.scores == nil {
			source = "of the tokens"
			if c.scores, err = scoreTokens(ctx, c, scorer); err != nil {
				return t, fmt.Errorf("%s: %w", list, err)
			}
		}
		n := len(c.labels)
		images += n
		row := []table.Cell{table.Text(c.name), table.Count(n), table.Text(source)}
		for k, choice := range tokenWindows {
			windows := slices.Clone(choice.windows)
			if windows[0] == 0 {
				windows[0] = n
			}
			rescored, err := rscin.Rescore(c.scores, c.tokens, n, c.width, windows)
			if err != nil {
				return t, fmt.Errorf("%s: %w", list, err)
			}
			level, err := metrics.Images(c.labels, rescored)
			if err != nil {
				return t, fmt.Errorf("%s: %w", list, err)
			}
			columns[k] = append(columns[k], level.AUROC)
			row = append(row, table.PercentTo(level.AUROC, 2))
		}
		t.Rows = append(t.Rows, row)
	}
	mean := []table.Cell{table.Text("mean"), table.Count(images), table.Text("")}
	for _, column := range columns {
		mean = append(mean, table.PercentTo(metrics.Mean(column), 2))
	}
	t.Footer = [][]table.Cell{mean}
	return t, nil
}

// escape keeps a folder's own brackets and stars out of a glob.
func escape(folder string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(folder)
}

// tokenClass is what is known about a class's images.
type tokenClass struct {
	name   string
	labels []bool
	scores []float64 // nil: none were given
	tokens []float32 // [N,width]
	width  int
}

func readTokens(list string) (*tokenClass, error) {
	base := strings.TrimSuffix(list, filepath.Ext(list))
	c := &tokenClass{name: filepath.Base(base)}
	rows, err := csvfile.ReadTable(list, "label")
	if err != nil {
		return nil, err
	}
	for _, row := range rows.Rows {
		label, err := labelled.ParseLabel(rows.Text(row, "label"))
		if err != nil {
			return nil, fault.New(fault.Input, "the list %s, line %d: %w", list, rows.Line(row, "label"), err)
		}
		c.labels = append(c.labels, label != labelled.Good)
		if !rows.Has("score") {
			continue
		}
		score, err := rows.Number(row, "score")
		if err != nil {
			return nil, err
		}
		c.scores = append(c.scores, score)
	}
	array, err := npy.Open(base + ".npy")
	if err != nil {
		return nil, err
	}
	defer array.Close()
	if len(array.Shape) != 2 || array.Shape[0] != len(c.labels) || array.Shape[1] < 1 {
		return nil, fault.New(fault.Input, "%s.npy has the shape %v; %s lists %d images, so [%d,D] is "+
			"needed", base, array.Shape, list, len(c.labels), len(c.labels))
	}
	c.width = array.Shape[1]
	c.tokens = make([]float32, array.Len())
	return c, array.ReadFloat32(c.tokens, 0)
}

// scoreTokens is mutual scoring of images of one patch.
func scoreTokens(ctx context.Context, c *tokenClass, scorer mutual.Scorer) ([]float64, error) {
	store := features.NewMemory(features.Shape{Stages: 1, Images: len(c.labels), Height: 1, Width: 1,
		Channels: c.width})
	defer store.Close()
	for i := range c.labels {
		copy(store.Tokens(0, i), c.tokens[i*c.width:])
	}
	scoring := engine.Defaults()
	return scorer.PatchScores(ctx, &mutual.Problem{Images: store, Degrees: []int{1},
		Interval: scoring.Interval, Average: scoring.Average})
}

package evaluation

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"musc/engine/evaluation/metrics"
	"musc/engine/evaluation/table"
	"musc/engine/fault"
	"musc/engine/report"
)

// metric is a column of the tables.
type metric struct {
	group, name, key string
	of               func(r *Result) metrics.Value
}

// metricColumns are those of a table of results: the paper's seven, then two newer ones.
var metricColumns = []metric{
	{"image", "AUROC", "image_auroc", func(r *Result) metrics.Value { return r.Image.AUROC }},
	{"image", "F1-max", "image_f1_max", func(r *Result) metrics.Value { return r.Image.F1Max }},
	{"image", "AP", "image_ap", func(r *Result) metrics.Value { return r.Image.AP }},
	{"pixel", "AUROC", "pixel_auroc", func(r *Result) metrics.Value { return r.Pixel.AUROC }},
	{"pixel", "F1-max", "pixel_f1_max", func(r *Result) metrics.Value { return r.Pixel.F1Max }},
	{"pixel", "AP", "pixel_ap", func(r *Result) metrics.Value { return r.Pixel.AP }},
	{"pixel", "PRO", "pixel_pro", func(r *Result) metrics.Value { return r.Pixel.PRO }},
	{"beyond the paper", "MVTec's PRO", "mvtec_pro",
		func(r *Result) metrics.Value { return r.Pixel.MVTecPRO }},
	{"beyond the paper", "AUPIMO", "aupimo", func(r *Result) metrics.Value { return r.Pixel.AUPIMO }},
}

// Mean is the mean over classes of a metric by its key, such as image_auroc; none if no class has
// it. An unknown key is a programmer's error.
func Mean(results []*Result, key string) metrics.Value {
	for _, column := range metricColumns {
		if column.key == key {
			values := make([]metrics.Value, len(results))
			for i, result := range results {
				values[i] = column.of(result)
			}
			return metrics.Mean(values)
		}
	}
	panic("evaluation: no metric " + key)
}

// Label names a metric for people by its key: "image AUROC".
func Label(key string) string {
	for _, column := range metricColumns {
		if column.key == key {
			return strings.TrimPrefix(column.group+" "+column.name, "beyond the paper ")
		}
	}
	panic("evaluation: no metric " + key)
}

// Table lists the metrics of each class and their mean.
func Table(title string, results []*Result) table.Table {
	t := table.Table{Name: "metrics", Title: title, Columns: []table.Column{
		{Name: "class", Key: "class"}, {Name: "images", Key: "images"},
		{Name: "defective", Key: "defective"}}}
	for _, column := range metricColumns {
		t.Columns = append(t.Columns, table.Column{Group: column.group, Name: column.name,
			Key: column.key})
	}
	images, defective := 0, 0
	for _, result := range results {
		images, defective = images+result.Images, defective+result.Defective
		row := []table.Cell{table.Text(result.Class), table.Count(result.Images),
			table.Count(result.Defective)}
		for _, column := range metricColumns {
			row = append(row, table.Percent(column.of(result)))
		}
		t.Rows = append(t.Rows, row)
		for _, note := range result.Notes {
			t.Notes = append(t.Notes, result.Class+": "+note)
		}
		if len(result.Skipped) > 0 {
			t.Notes = append(t.Notes, fmt.Sprintf("%s: %d images were left out", result.Class,
				len(result.Skipped)))
		}
	}
	mean := []table.Cell{table.Text("mean"), table.Count(images), table.Count(defective)}
	for _, column := range metricColumns {
		mean = append(mean, table.Percent(Mean(results, column.key)))
	}
	t.Footer = [][]table.Cell{mean}
	return t
}

// imageTable lists the scores of a class's images, and what the threshold of F1-max makes of them.
func imageTable(result *Result) table.Table {
	t := table.Table{Name: result.Class, Title: "Images of " + result.Class,
		Columns: []table.Column{{Name: "image", Key: "image"}, {Name: "label", Key: "label"},
			{Name: "defective", Key: "defective"}, {Name: "score", Key: "score"},
			{Name: "before RsCIN", Key: "score_before_rscin"},
			{Name: "above threshold", Key: "above_threshold"},
			{Name: "threshold", Key: "f1_threshold"}}}
	threshold, defined := result.Image.F1Threshold.Get()
	for _, score := range result.Scores {
		above := table.Text("")
		if defined {
			above = table.Count(number(score.Score >= threshold))
		}
		t.Rows = append(t.Rows, []table.Cell{table.Text(score.Image), table.Text(score.Label),
			table.Count(number(score.Defective)), table.Number(metrics.Some(score.Score), 6),
			table.Number(metrics.Some(score.Before), 6), above,
			table.Number(result.Image.F1Threshold, 6)})
	}
	return t
}

func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// Files that Report writes besides a folder a class.
var tableFiles = []string{"metrics.csv", "metrics.json", "metrics.md", "metrics.xlsx"}

// CheckInputs refuses a folder whose tables would take the place of what the run reads.
func (f *Folder) CheckInputs(inputs ...string) error {
	for _, name := range append([]string{"."}, tableFiles...) {
		place := filepath.Join(f.Path, name)
		info, err := os.Stat(place)
		if err != nil {
			continue
		}
		for _, input := range inputs {
			if other, err := os.Stat(input); err == nil && os.SameFile(info, other) {
				return fault.New(fault.Output, "cannot write %s: it is the input %s, which would be "+
					"lost; choose another folder with -o", place, input)
			}
		}
	}
	return nil
}

// Report writes the table of results as CSV, JSON, Markdown and spreadsheet, each class's images as
// CSV, and the curves of all classes as roc.png, pr.png and pro.png.
func (f *Folder) Report(title string, results []*Result) error {
	metricsTable := Table(title, results)
	tables := []table.Table{metricsTable}
	for _, result := range results {
		images := imageTable(result)
		tables = append(tables, images)
		path := filepath.Join(f.Path, result.Class, "images.csv")
		if err := table.Save(path, images); err != nil {
			return err
		}
	}
	for _, name := range tableFiles {
		parts := tables[:1]
		if filepath.Ext(name) == ".xlsx" {
			parts = tables
		}
		if err := table.Save(filepath.Join(f.Path, name), parts...); err != nil {
			return err
		}
	}
	return f.plots(results)
}

// plots draws the curves of the classes that have any.
func (f *Folder) plots(results []*Result) error {
	for _, plot := range []struct {
		file, title, x, y string
		limit             float64
		of                func(c *metrics.Curves) []metrics.Point
	}{
		{"roc.png", "ROC of pixels", "false-positive rate", "true-positive rate", 1,
			func(c *metrics.Curves) []metrics.Point { return c.ROC }},
		{"pr.png", "Precision and recall of pixels", "recall", "precision", 1,
			func(c *metrics.Curves) []metrics.Point { return c.PR }},
		{"pro.png", "Per-region overlap", "false-positive rate", "mean overlap", metrics.PROLimit,
			func(c *metrics.Curves) []metrics.Point { return c.PRO }},
	} {
		var curves []report.Curve
		for _, result := range results {
			if points := plot.of(&result.Curves); len(points) > 0 {
				curves = append(curves, report.Curve{Name: result.Class, Points: points})
			}
		}
		if len(curves) == 0 {
			continue
		}
		err := report.WriteCurves(filepath.Join(f.Path, plot.file), report.CurvePlot{Title: plot.title,
			X: plot.x, Y: plot.y, Limit: plot.limit, Curves: curves})
		if err != nil {
			return err
		}
	}
	return nil
}

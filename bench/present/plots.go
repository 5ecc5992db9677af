package present

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"musc/engine/atomicfile"
)

const (
	plotWidth  = 22 * vg.Centimeter
	plotHeight = 12 * vg.Centimeter
	labelSize  = vg.Length(8)  // points
	widestBar  = vg.Length(30) // points
)

// Save writes a picture as PNG.
func Save(picture *plot.Plot, path string) error {
	writer, err := picture.WriterTo(plotWidth, plotHeight, "png")
	if err != nil {
		return err
	}
	var data bytes.Buffer
	if _, err := writer.WriteTo(&data); err != nil {
		return err
	}
	return atomicfile.Save(path, func(w io.Writer) error {
		_, err := w.Write(data.Bytes())
		return err
	})
}

// Bars collects the heights of a bar chart: some series, side by side in every category.
type Bars struct {
	title, yLabel string
	series        []string
	categories    []string
	heights       map[[2]string]float64 // by series and category
}

// NewBars begins an empty chart.
func NewBars(title, yLabel string) *Bars {
	return &Bars{title: title, yLabel: yLabel, heights: map[[2]string]float64{}}
}

// Add sets one bar.
func (b *Bars) Add(series, category string, height float64) {
	b.series = appendNew(b.series, series)
	b.categories = appendNew(b.categories, category)
	b.heights[[2]string{series, category}] = height
}

func appendNew(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

// Plot draws the bars, with zero where a series lacks a category; nil if there are none.
func (b *Bars) Plot() (*plot.Plot, error) {
	if len(b.series) == 0 {
		return nil, nil
	}
	picture := plot.New()
	picture.Title.Text, picture.Y.Label.Text = b.title, b.yLabel
	picture.Legend.Top = true
	width := min(widestBar, 0.7*plotWidth/vg.Length(len(b.series)*len(b.categories)))
	for k, series := range b.series {
		values := make(plotter.Values, len(b.categories))
		tops := plotter.XYLabels{}
		for c, category := range b.categories {
			height, ok := b.heights[[2]string{series, category}]
			if values[c] = height; ok {
				tops.XYs = append(tops.XYs, plotter.XY{X: float64(c), Y: height})
				tops.Labels = append(tops.Labels, fmt.Sprintf("%.3g", height))
			}
		}
		chart, err := plotter.NewBarChart(values, width)
		if err != nil {
			return nil, err
		}
		chart.Color, chart.LineStyle.Width = plotutil.Color(k), 0
		chart.Offset = width * (vg.Length(k) - vg.Length(len(b.series)-1)/2)
		labels, err := plotter.NewLabels(tops)
		if err != nil {
			return nil, err
		}
		labels.Offset = vg.Point{X: chart.Offset, Y: 2}
		for l := range labels.TextStyle {
			labels.TextStyle[l].XAlign, labels.TextStyle[l].Font.Size = draw.XCenter, labelSize
		}
		picture.Add(chart, labels)
		picture.Legend.Add(series, chart)
	}
	picture.Y.Max *= 1.4 // room for the legend
	picture.NominalX(b.categories...)
	return picture, nil
}

package report

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"musc/engine/atomicfile"
	"musc/engine/evaluation/metrics"
	"musc/engine/fault"
)

// CurvePlot is a plot of curves, one a class, whose y axis is from 0 to 1.
type CurvePlot struct {
	Title  string
	X, Y   string  // labels of the axes
	Limit  float64 // where the x axis ends
	Curves []Curve
}

// Curve is a line with its name in the legend.
type Curve struct {
	Name   string
	Points []metrics.Point
}

// WriteCurves draws a plot into a .png or .svg file. Errors are of kind fault.Output, or
// fault.Usage for another extension.
func WriteCurves(path string, curves CurvePlot) error {
	format := strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
	if format != "png" && format != "svg" {
		return fault.New(fault.Usage, "plots are written as png or svg, not %s", path)
	}
	p, legend := plot.New(), plot.NewLegend()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = oneLine(curves.Title), curves.X, curves.Y
	p.Add(plotter.NewGrid())
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, curves.Limit, 0, 1
	for i, curve := range curves.Curves {
		points := make(plotter.XYs, len(curve.Points))
		for k, point := range curve.Points {
			points[k] = plotter.XY{X: point.X, Y: point.Y}
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return fault.New(fault.Internal, "drawing the curve of %s: %w", curve.Name, err)
		}
		// Where colours repeat, the dashes change.
		line.Color = plotutil.Color(i % len(plotutil.SoftColors))
		line.Dashes = plotutil.Dashes(i / len(plotutil.SoftColors))
		line.Width = vg.Points(1.2)
		p.Add(line)
		legend.Add(oneLine(curve.Name), line)
	}
	p.X.Max, p.Y.Max = curves.Limit, 1 // Add widens them to the data

	canvas, err := draw.NewFormattedCanvas(20*vg.Centimeter, 13*vg.Centimeter, format)
	if err != nil {
		return fault.New(fault.Internal, "drawing %s: %w", path, err)
	}
	whole := draw.New(canvas)
	legend.Top = true
	legend.TextStyle.Font.Size = vg.Points(8)
	legend.YOffs = -vg.Points(20)
	beside := legend.Rectangle(whole).Size().X + vg.Points(12) // the legend's width
	p.Draw(draw.Crop(whole, 0, -beside, 0, 0))
	legend.Draw(whole)
	var data bytes.Buffer
	if _, err := canvas.WriteTo(&data); err != nil {
		return fault.New(fault.Internal, "drawing %s: %w", path, err)
	}
	return atomicfile.Save(path, func(w io.Writer) error {
		_, err := w.Write(data.Bytes())
		return err
	})
}

// oneLine keeps a strange name from breaking the legend.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"

	"musc/bench/present"
)

// drawAll writes one picture a group of rows that was measured, base-GROUP.png.
func drawAll(r *Result, base string) error {
	for _, drawing := range []struct {
		name string
		draw func(*Result) (*plot.Plot, error)
	}{
		{"kernels", drawKernels}, {"speed", drawSpeed}, {"images", drawImages},
		{"threads", drawThreads}, {"memory", drawMemory}, {"steps", drawSteps},
	} {
		picture, err := drawing.draw(r)
		if err == nil && picture != nil {
			err = present.Save(picture, base+"-"+drawing.name+".png")
		}
		if err != nil {
			return fmt.Errorf("drawing %s: %w", drawing.name, err)
		}
	}
	return nil
}

// drawKernels is the product's and the ceiling's rate at ViT-L, level by level.
func drawKernels(r *Result) (*plot.Plot, error) {
	b := present.NewBars("The product of two ViT-L images, one thread", "GFLOP/s")
	for _, name := range []string{caseCeiling, caseProduct, "PyTorch sgemm", caseOpenBLAS} {
		for _, row := range r.in(groupKernels) {
			if c := row.find(name); c != nil && row.Shape == vitL.String() {
				b.Add(name, row.Level, median(c.rates())/1e9)
			}
		}
	}
	return b.Plot()
}

// drawSpeed is how many times as fast musc is as each peer, shape by shape.
func drawSpeed(r *Result) (*plot.Plot, error) {
	b := present.NewBars("Mutual scoring as a whole: musc is faster by", "times")
	for _, method := range scorerMethods {
		for _, row := range r.in(groupScorers) {
			if values := ratios(row.find(peerNames[method]), row.find(caseMusc)); values != nil {
				b.Add(peerNames[method], shortName(row.Shape), median(values))
			}
		}
	}
	return b.Plot()
}

// drawSteps is the seconds of each step, end to end.
func drawSteps(r *Result) (*plot.Plot, error) {
	b := present.NewBars("End to end", "seconds")
	for _, row := range r.in(groupSteps) {
		for k := range row.Cases {
			b.Add(fmt.Sprintf("%d photos", row.Images), row.Cases[k].Name, median(row.Cases[k].Samples))
		}
	}
	return b.Plot()
}

func drawImages(r *Result) (*plot.Plot, error) {
	rows := r.in(groupImages)
	picture, err := drawLines(rows, "images", "seconds", 1,
		func(row Row) float64 { return float64(row.Images) })
	smallest := math.Inf(1)
	for _, row := range rows {
		for _, c := range row.Cases {
			smallest = min(smallest, slices.Min(c.Samples))
		}
	}
	logarithmic(picture, smallest)
	return picture, err
}

func drawMemory(r *Result) (*plot.Plot, error) {
	return drawLines(r.in(groupMemory), "images", "peak memory, MB", 1e-6,
		func(row Row) float64 { return float64(row.Images) })
}

func drawThreads(r *Result) (*plot.Plot, error) {
	return drawLines(r.in(groupThreads), "threads", "seconds", 1,
		func(row Row) float64 { return float64(row.Threads) })
}

// drawLines is one line a case through the medians of rows, nil if there is at most one row.
func drawLines(rows []Row, xLabel, yLabel string, scale float64, x func(Row) float64) (
	*plot.Plot, error) {

	if len(rows) < 2 {
		return nil, nil
	}
	picture := plot.New()
	picture.Title.Text, picture.X.Label.Text, picture.Y.Label.Text = rows[0].Shape, xLabel, yLabel
	picture.Legend.Top, picture.Legend.Left = true, true
	var lines []any
	for _, c := range rows[0].Cases {
		var points plotter.XYs
		for _, row := range rows {
			if here := row.find(c.Name); here != nil {
				points = append(points, plotter.XY{X: x(row), Y: scale * median(here.Samples)})
			}
		}
		lines = append(lines, c.Name, points)
	}
	var ticks plot.ConstantTicks
	for _, row := range rows {
		ticks = append(ticks, plot.Tick{Value: x(row), Label: fmt.Sprint(x(row))})
	}
	picture.X.Tick.Marker, picture.X.Padding = ticks, vg.Centimeter
	picture.Y.Min = 0
	return picture, plotutil.AddLinePoints(picture, lines...)
}

// logarithmic gives a plot, which may be nil, logarithmic axes, the y axis from smallest on.
func logarithmic(picture *plot.Plot, smallest float64) {
	if picture == nil {
		return
	}
	picture.X.Scale, picture.Y.Scale, picture.Y.Min = plot.LogScale{}, plot.LogScale{}, smallest
	var ticks plot.ConstantTicks
	for power := math.Pow(10, math.Floor(math.Log10(smallest))); power <= picture.Y.Max; power *= 10 {
		for _, step := range []float64{1, 2, 5} {
			ticks = append(ticks, plot.Tick{Value: step * power, Label: fmt.Sprintf("%.3g",
				step*power)})
		}
	}
	picture.Y.Tick.Marker = ticks
}

// shortName is a shape's name without its sizes.
func shortName(shape string) string {
	name, _, _ := strings.Cut(shape, ",")
	return name
}

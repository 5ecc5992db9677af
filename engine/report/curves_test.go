package report

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"gonum.org/v1/plot/plotutil"

	"musc/engine/evaluation/metrics"
	"musc/engine/fault"
)

func TestCurvesAreDrawn(t *testing.T) {
	plot := CurvePlot{Title: "ROC", X: "false-positive rate", Y: "true-positive rate", Limit: 1}
	for i := range 15 {
		height := float64(i) / 15
		plot.Curves = append(plot.Curves, Curve{fmt.Sprintf("class\n%d", i),
			[]metrics.Point{{X: 0, Y: height}, {X: 1, Y: height}}})
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "roc.png")
	var content [2][]byte
	for k := range content {
		if err := WriteCurves(path, plot); err != nil {
			t.Fatal(err)
		}
		var err error
		if content[k], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(content[0], content[1]) {
		t.Error("other bytes the second time")
	}
	picture, err := png.Decode(bytes.NewReader(content[0]))
	if err != nil {
		t.Fatal(err)
	}
	// Each line spans most of the plot, so a colour near its own is on many pixels.
	for i := range len(plotutil.SoftColors) {
		want, count := color.RGBAModel.Convert(plotutil.Color(i)).(color.RGBA), 0
		for y := range picture.Bounds().Dy() {
			for x := range picture.Bounds().Dx() {
				got := color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA)
				if near(got.R, want.R) && near(got.G, want.G) && near(got.B, want.B) {
					count++
				}
			}
		}
		if count < picture.Bounds().Dx()/2 {
			t.Errorf("the colour of line %d is on %d pixels", i, count)
		}
	}
	if err := WriteCurves(filepath.Join(folder, "roc.svg"), plot); err != nil {
		t.Error(err)
	}
	for path, kind := range map[string]fault.Kind{"roc.pdf": fault.Usage, "no/roc.png": fault.Output} {
		if err := WriteCurves(filepath.Join(folder, path), plot); fault.KindOf(err) != kind {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

// near allows for a line that does not lie on whole pixels.
func near(a, b uint8) bool { return max(a, b)-min(a, b) < 50 }

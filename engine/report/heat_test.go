package report

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"musc/engine/fault"
)

func TestHeatHasTheScalesColours(t *testing.T) {
	scale := Scale{Low: 1, High: 3, Threshold: 2}
	values := []float32{0, 1, 1.5, 2, 2.5, 9}
	var data bytes.Buffer
	if err := EncodeHeat(&data, 3, 2, values, scale); err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(&data)
	if err != nil || picture.Bounds() != image.Rect(0, 0, 3, 2) {
		t.Fatal(picture.Bounds(), err)
	}
	levels := scale.Colours()
	for i, value := range values {
		level := levels[scale.Level(float64(value))]
		want := color.NRGBA{level[0], level[1], level[2], level[3]}
		got := color.NRGBAModel.Convert(picture.At(i%3, i/3)).(color.NRGBA)
		if got.A != want.A || got.A > 0 && got != want {
			t.Errorf("%v: %v, want %v", value, got, want)
		}
	}
}

func TestEncodedMapsAreThoseOfFiles(t *testing.T) {
	values := []float32{0, .5, -1, 3e7, .25, 1}
	path := filepath.Join(t.TempDir(), "map.tiff")
	if err := WriteMap(path, TIFF, 2, 3, values); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(path)
	var got bytes.Buffer
	if err := EncodeMap(&got, 2, 3, values); err != nil {
		t.Fatal(err)
	}
	if err != nil || !slices.Equal(got.Bytes(), want) {
		t.Errorf("other bytes than in a file: %v", err)
	}
}

func TestMapsThatAreNoneAreNotEncoded(t *testing.T) {
	for _, c := range []struct {
		width, height int
		values        []float32
		kind          fault.Kind
	}{{2, 2, []float32{0, 0, float32(math.NaN()), 0}, fault.Input},
		{1, 1, []float32{float32(math.Inf(1))}, fault.Input},
		{2, 2, make([]float32, 3), fault.Internal}, {0, 0, nil, fault.Internal}} {
		var out bytes.Buffer
		if err := EncodeHeat(&out, c.width, c.height, c.values, Scale{}); fault.KindOf(err) != c.kind {
			t.Errorf("heat of %v: %v", c.values, err)
		}
		if err := EncodeMap(&out, c.width, c.height, c.values); fault.KindOf(err) != c.kind {
			t.Errorf("a map of %v: %v", c.values, err)
		}
		if out.Len() > 0 {
			t.Error("something was written")
		}
	}
}

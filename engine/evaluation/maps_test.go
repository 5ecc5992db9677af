package evaluation

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/evaluation/labelled"
	"musc/engine/evaluation/labelled/labelledtest"
	"musc/engine/fault"
	"musc/engine/report"
)

// wide is a class of photos of 16 x 12 pixels, the second of which has a mask of its upper half.
func wide(t *testing.T) *labelled.Class {
	t.Helper()
	root := t.TempDir()
	for k, folder := range []string{"test/good", "test/dent", "ground_truth/dent"} {
		p := image.NewGray(image.Rect(0, 0, 16, 12))
		for x := 0; k == 2 && x < 16*6; x++ {
			p.Pix[x] = 255
		}
		labelledtest.Save(t, p, root, filepath.FromSlash(folder), "0.png")
	}
	data, err := labelled.Open(root, "")
	must(t, err)
	return &data.Classes[0]
}

// writeMaps writes a map for each image, with its upper half above the rest if it is defective.
func writeMaps(t *testing.T, class *labelled.Class, width, height int) *Maps {
	t.Helper()
	root := t.TempDir()
	for _, image := range class.Test {
		values := make([]float32, width*height)
		for x := 0; image.Defective && x < width*(height/2); x++ {
			values[x] = 1
		}
		path := filepath.Join(root, strings.TrimSuffix(image.Name, ".png")+".npy")
		must(t, report.WriteMap(path, report.NPY, width, height, values))
	}
	return &Maps{Folder: root, Single: true}
}

func TestShapesOfMaps(t *testing.T) {
	class := wide(t)
	for _, c := range []struct {
		width, height int
		want          string // note or error; "" for none
	}{
		{16, 12, ""}, {8, 6, ""}, {32, 24, ""}, {15, 12, ""}, {16, 11, ""}, {5, 4, ""}, {14, 14, ""},
		{224, 224, ""}, {16, 8, "2 of its 2 maps have another shape"}, {32, 12, "2 of its 2 maps"},
		{12, 16, "is 12 x 16 pixels, but its photo"}, {6, 8, "its sides are swapped"},
		{24, 33, "its sides are swapped"},
	} {
		name := fmt.Sprintf("%d x %d", c.width, c.height)
		result, err := writeMaps(t, class, c.width, c.height).Measure(t.Context(), class)
		if strings.Contains(c.want, "maps") || c.want == "" {
			if err != nil || value(t, result.Pixel.AUROC) < 0.9 {
				t.Errorf("%s: %+v, %v", name, result, err)
				continue
			}
			noted := slices.ContainsFunc(result.Notes, func(n string) bool {
				return strings.Contains(n, "another shape") && strings.Contains(n, c.want)
			})
			if noted != (c.want != "") {
				t.Errorf("%s: %q", name, result.Notes)
			}
		} else if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), c.want) ||
			!strings.Contains(err.Error(), "0.npy") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Without the photo, as where a data set's masks alone are at hand, shapes are not compared.
func TestMapsWithoutPhotos(t *testing.T) {
	class := wide(t)
	maps := writeMaps(t, class, 12, 16)
	for _, image := range class.Test {
		must(t, os.Remove(image.Path))
	}
	if result, err := maps.Measure(t.Context(), class); err != nil || result.Images != 2 {
		t.Errorf("%+v, %v", result, err)
	}
}

// bits are a float32's bytes in a .npy.
func bits(value float64) []byte {
	return binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(value)))
}

func TestMapsThatAreNotFinite(t *testing.T) {
	class := wide(t)
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		maps := writeMaps(t, class, 16, 12)
		values := make([]float32, 16*12)
		const marker = 0.7109375 // the only one of its bytes
		values[2*16+5] = marker
		path := filepath.Join(maps.Folder, "good", "0.npy")
		must(t, report.WriteMap(path, report.NPY, 16, 12, values))
		content, err := os.ReadFile(path)
		must(t, err)
		content = bytes.Replace(content, bits(marker), bits(bad), 1)
		must(t, os.WriteFile(path, content, 0o644))
		for _, scores := range []string{"", "image,score\ngood/0.png,0\ndent\\0.png,1\n"} {
			if scores != "" {
				maps.Scores = filepath.Join(t.TempDir(), "scores.csv")
				must(t, os.WriteFile(maps.Scores, []byte(scores), 0o644))
			}
			_, err := maps.Measure(t.Context(), class)
			if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), path) ||
				!strings.Contains(err.Error(), "at column 5, row 2") {
				t.Errorf("%v: %v", bad, err)
			}
		}
	}
}

func TestScoresBesideMaps(t *testing.T) {
	class := wide(t)
	maps := writeMaps(t, class, 16, 12)
	for text, want := range map[string]string{
		"image,score\ngood/0.png,3\ndent/0.png,1\n":                                 "",
		"image;score;class\ngood/0.png;3,5;" + class.Name + "\ndent/0.png;9;bolt\n": "has no score of dent/0.png",
		"image,score\ngood/0.png,3\n":                                               "has no score of dent/0.png",
		"image,score\ngood/0.png,high\n":                                            `the score "high" in line 2`,
		"image,value\n":                                                             `no column "score"`,
	} {
		maps.Scores = filepath.Join(t.TempDir(), "scores.csv")
		must(t, os.WriteFile(maps.Scores, []byte(text), 0o644))
		result, err := maps.Measure(t.Context(), class)
		if want != "" {
			if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), want) ||
				!strings.Contains(err.Error(), maps.Scores) {
				t.Errorf("%q: %v", text, err)
			}
		} else if err != nil || value(t, result.Image.AUROC) != 0 || result.Scores[0].Score != 1 {
			t.Errorf("%q: %+v, %v", text, result, err)
		}
	}
}

// Maps and scores are inputs of the result: other contents under the same names are noticed.
func TestInputsOfMaps(t *testing.T) {
	class := wide(t)
	maps := writeMaps(t, class, 16, 12)
	maps.Scores = filepath.Join(t.TempDir(), "scores.csv")
	must(t, os.WriteFile(maps.Scores, []byte("image,score\n"), 0o644))
	inputs, err := maps.Inputs(class)
	if err != nil || len(inputs) != 3 || inputs[2] != maps.Scores ||
		filepath.Base(inputs[0]) != "0.npy" {
		t.Errorf("%q, %v", inputs, err)
	}
	maps.Scores = ""
	if inputs, err = maps.Inputs(class); err != nil || len(inputs) != 2 {
		t.Errorf("%q, %v", inputs, err)
	}
	must(t, os.Remove(inputs[0]))
	if _, err = maps.Inputs(class); fault.KindOf(err) != fault.Input {
		t.Errorf("a map is missing: %v", err)
	}
}

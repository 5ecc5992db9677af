package build

import (
	"errors"
	"slices"
	"testing"

	"musc/engine/fault"
)

// Weights under open_clip's names and shapes come out under timm's, as a file with those names has them.
func TestTensorsHaveTimmsNamesAndShapes(t *testing.T) {
	for file, timm := range map[string]string{"dinov2": "dinov2", "clip": "clip", "swin": "swin",
		"clip_open_clip": "clip"} {
		spec := readCase(t, timm)
		want, err := openWeights(weightsOf(timm).Path)
		if err != nil {
			t.Fatal(err)
		}
		defer want.Close()
		var names []string
		err = Tensors(&spec, weightsOf(file).Path, func(name string, shape []int, got []float32) error {
			names = append(names, name)
			wantShape, _ := want.Shape(name)
			values := make([]float32, len(got))
			if err := want.Read(values, name); err != nil {
				return err
			}
			if !slices.Equal(shape, wantShape) || !slices.Equal(got, values) {
				t.Errorf("%s: %s %v is another one than %v", file, name, shape, wantShape)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		expected := want.Names()
		if file == "clip_open_clip" { // which has no bias of the projection
			expected = slices.DeleteFunc(expected, func(name string) bool { return name == "head.bias" })
		}
		if !slices.Equal(names, expected) {
			t.Errorf("%s: %v, want %v", file, names, expected)
		}
	}
}

func TestTensorsEndWithAnError(t *testing.T) {
	spec, other, enough := readCase(t, "dinov2"), readCase(t, "clip"), errors.New("enough")
	keep := func(string, []int, []float32) error { return nil }
	if err := Tensors(&other, weightsOf("dinov2").Path, keep); fault.KindOf(err) != fault.Input {
		t.Errorf("another model's weights: %v", err)
	}
	calls := 0
	err := Tensors(&spec, weightsOf("dinov2").Path, func(string, []int, []float32) error {
		calls++
		return enough
	})
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

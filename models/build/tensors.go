package build

import (
	"musc/models"
)

// Tensors gives each every weight of a backbone under timm's name and in timm's shape, row-major, in the
// order of the names: for another program that is to run the same model. Values are valid during the
// call. Errors are those of openWeights and of each, and of kind fault.Input for weights that are not the
// model's.
func Tensors(spec *models.Spec, path string,
	each func(name string, shape []int, values []float32) error) error {

	weights, err := openWeights(path)
	if err != nil {
		return err
	}
	defer weights.Close()
	named, err := newParameters(weights, path, spec)
	if err != nil {
		return err
	}
	expected := randomWeights(spec, 0)
	for _, name := range expected.Names() {
		if name == "head.bias" && !named.has(name) {
			continue // not every naming has it
		}
		shape, _ := expected.Shape(name)
		rows, columns := matrixOf(shape)
		values, err := named.read(name, rows, columns)
		if err != nil {
			return err
		}
		if err := each(name, shape, values); err != nil {
			return err
		}
	}
	return nil
}

// matrixOf is the matrix as which parameters.read gives a tensor of a shape of timm's: tables of the shape
// [1,T,C] have T rows, and what is a single row is a vector.
func matrixOf(shape []int) (rows, columns int) {
	size := 1
	for _, side := range shape {
		size *= side
	}
	rows = shape[0]
	if len(shape) == 3 {
		rows = shape[1]
	}
	if rows == 1 {
		return size, 1
	}
	return rows, size / rows
}

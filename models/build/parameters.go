package build

import (
	"musc/engine/fault"
	"musc/models"
)

// parameters reads a backbone's weights under timm's names, whatever the file calls them.
type parameters struct {
	weights namedTensors
	path    string // for messages
	spec    *models.Spec
	scheme  scheme
	values  []float32 // of the last parameter read
	spare   []float32 // scratch for transposing
}

func newParameters(w namedTensors, path string, spec *models.Spec) (*parameters, error) {
	named, err := schemeOf(w, path, spec)
	if err != nil {
		return nil, err
	}
	return &parameters{weights: w, path: path, spec: spec, scheme: named}, nil
}

// has reports whether the file holds a parameter.
func (p *parameters) has(parameter string) bool {
	for _, part := range p.scheme(parameter) {
		if _, ok := p.weights.Shape(part.name); !ok {
			return false
		}
	}
	return true
}

// read returns a parameter as the row-major matrix [rows, columns], a vector as [size, 1]; valid
// until the next read. A
// tensor that is missing or of another size is a fault.Input.
func (p *parameters) read(parameter string, rows, columns int) ([]float32, error) {
	p.values = grow(p.values, rows*columns)
	filled := 0
	for _, part := range p.scheme(parameter) {
		shape, ok := p.weights.Shape(part.name)
		if !ok {
			return nil, fault.New(fault.Input, "weights %s lack tensor %q of model %s; choose the "+
				"model or the file so that they belong together", p.path, part.name, p.spec.Name)
		}
		size := 1
		for _, side := range shape {
			size *= side
		}
		if size%columns != 0 || size == 0 || filled+size > len(p.values) ||
			!part.transposed && !isMatrix(shape, size/columns, columns) {
			return nil, p.wrongShape(part.name, shape, rows, columns)
		}
		into := p.values[filled : filled+size]
		filled += size
		if !part.transposed {
			if err := p.weights.Read(into, part.name); err != nil {
				return nil, err
			}
			continue
		}
		if len(shape) != 2 || shape[0] != columns {
			return nil, p.wrongShape(part.name, shape, columns, rows)
		}
		p.spare = grow(p.spare, size)
		if err := p.weights.Read(p.spare, part.name); err != nil {
			return nil, err
		}
		transpose(into, p.spare, columns, size/columns)
	}
	if filled != len(p.values) {
		shape, _ := p.weights.Shape(p.scheme(parameter)[0].name)
		return nil, p.wrongShape(p.scheme(parameter)[0].name, shape, rows, columns)
	}
	return p.values, nil
}

// readTransposed is read, returning [columns, rows]: what x W^t needs as a right factor.
func (p *parameters) readTransposed(parameter string, rows, columns int) ([]float32, error) {
	values, err := p.read(parameter, rows, columns)
	if err != nil {
		return nil, err
	}
	p.spare = grow(p.spare, len(values))
	transpose(p.spare, values, rows, columns)
	return p.spare, nil
}

func (p *parameters) wrongShape(name string, shape []int, rows, columns int) error {
	return fault.New(fault.Input, "weights %s: tensor %q has shape %v, model %s needs %d x %d; "+
		"choose the model or the file so that they belong together", p.path, name, shape,
		p.spec.Name, rows, columns)
}

// isMatrix tells [rows, columns] and the shapes that mean it, such as [rows, 3, 14, 14] or
// [1, rows, columns], from a matrix of equal size the other way round.
func isMatrix(shape []int, rows, columns int) bool {
	return columns == 1 || len(shape) >= 2 && (shape[0] == rows || shape[len(shape)-1] == columns)
}

func grow(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}

// transpose writes the matrix src [rows, columns] as dst [columns, rows], block by block. Strides
// are often large powers of two, whose lines share a few places in the cache: a block of 8 rows
// stays there where a square of a cache line's width does not, and is 7 times as fast.
func transpose(dst, src []float32, rows, columns int) {
	const blockRows, blockColumns = 8, 16
	for c0 := 0; c0 < columns; c0 += blockColumns {
		for r0 := 0; r0 < rows; r0 += blockRows {
			r1 := min(r0+blockRows, rows)
			for c := c0; c < min(c0+blockColumns, columns); c++ {
				out, from := dst[c*rows+r0:c*rows+r1], r0*columns+c
				for i := range out {
					out[i] = src[from]
					from += columns
				}
			}
		}
	}
}

package onnxfile

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"musc/models/sections"
)

const (
	maxDimensions = 8
	bufferBytes   = 1 << 16
)

// tensor is an initialiser's place in the file. Its bytes are the segments one after the other:
// little-endian elements, or varints with an element's 16 bits each.
type tensor struct {
	kind     Type
	shape    []int
	segments []sections.Section
	varints  bool
	external bool
	// transposed: the file has the matrix [shape[1], shape[0]].
	transposed bool
}

func (t *tensor) elements() int {
	n := 1
	for _, side := range t.shape {
		n *= side
	}
	return n
}

// readTensor reads everything but the data. The name is returned with an error too, once known.
func readTensor(c *cursor, place field) (name string, t tensor, err error) {
	in, err := c.inside(place)
	if err != nil {
		return "", tensor{}, err
	}
	var dims []int64
	for {
		field, err := in.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return name, tensor{}, err
		}
		switch field.number {
		case tensorName:
			name, err = in.text(field)
		case tensorDims:
			dims, err = in.varints(dims, field, maxDimensions)
		case tensorType:
			t.kind = Type(field.value)
		case tensorWhere:
			t.external = field.value == externalStorage
		case tensorRaw, tensorFloats:
			t.segments = append(t.segments, field.Section)
		case tensorInt32s:
			if field.kind == protowire.BytesType {
				t.segments, t.varints = append(t.segments, field.Section), true
			}
		}
		if err != nil {
			return name, tensor{}, err
		}
	}
	if t.kind.element() == 0 {
		return name, t, nil
	}
	return name, t, t.check(dims)
}

// check compares the shape with the bytes there are: nothing is allocated on the file's word.
func (t *tensor) check(dims []int64) error {
	var stored int64
	for _, segment := range t.segments {
		stored += segment.Bytes()
	}
	limit := stored // each element takes at least one byte
	if t.external {
		limit = math.MaxInt32
	}
	elements, fits := sections.Elements(dims, limit)
	if !fits {
		return fmt.Errorf("shape %v does not fit its %d bytes", dims, stored)
	}
	for _, side := range dims {
		t.shape = append(t.shape, int(side))
	}
	if t.varints && t.kind == Float32 {
		return fmt.Errorf("integers in a tensor of float32: %w", errMalformed)
	}
	if !t.external && !t.varints && elements*t.kind.element().Bytes() != stored {
		return fmt.Errorf("shape %v needs %d bytes, the file has %d", dims,
			elements*t.kind.element().Bytes(), stored)
	}
	return nil
}

func (t *tensor) read(file *sections.File, dst []float32) error {
	if len(dst) == 0 {
		return nil // one side is 0, the others can be anything
	}
	in := bufio.NewReaderSize(file.Reader(t.segments...), bufferBytes)
	if !t.transposed {
		return t.decode(in, dst)
	}
	rows, columns := t.shape[0], t.shape[1]
	column := make([]float32, rows) // dst[:, j] is one row of the file
	for j := range columns {
		if err := t.decode(in, column); err != nil {
			return err
		}
		for i, v := range column {
			dst[i*columns+j] = v
		}
	}
	return nil
}

// decode reads the next len(dst) elements.
func (t *tensor) decode(in *bufio.Reader, dst []float32) error {
	if t.varints {
		for i := range dst {
			bits, err := binary.ReadUvarint(in)
			if err != nil || bits > math.MaxUint16 {
				return errMalformed
			}
			dst[i] = t.kind.element().Value(uint16(bits))
		}
		return nil
	}
	return t.kind.element().ReadFloats(in, dst)
}

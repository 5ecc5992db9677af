package npy

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"musc/engine/atomicfile"
)

// Write writes data as a float32 array of the given shape, byte for byte as numpy.save does. The
// file appears whole or not at all; errors of the file system are of kind fault.Output. A shape
// that does not have len(data) elements is an error of the caller.
func Write(path string, shape []int, data []float32) error {
	return write(path, singles(data), shape)
}

// WriteFloat64 is Write for float64.
func WriteFloat64(path string, shape []int, data []float64) error {
	return write(path, doubles(data), shape)
}

// elements are what an array holds; put fills dst with them from the element `from` on.
type elements struct {
	dtype         string
	length, width int
	put           func(dst []byte, from int)
}

func singles(data []float32) elements {
	return elements{"<f4", len(data), 4, func(dst []byte, from int) {
		for i := range len(dst) / 4 {
			binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(data[from+i]))
		}
	}}
}

func doubles(data []float64) elements {
	return elements{"<f8", len(data), 8, func(dst []byte, from int) {
		for i := range len(dst) / 8 {
			binary.LittleEndian.PutUint64(dst[8*i:], math.Float64bits(data[from+i]))
		}
	}}
}

func write(path string, of elements, shape []int) error {
	if err := of.check(shape); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return atomicfile.Save(path, func(w io.Writer) error { return encode(w, of, shape) })
}

// check compares the shape of an array with its elements.
func (e elements) check(shape []int) error {
	for _, side := range shape {
		if side < 0 {
			return fmt.Errorf("shape %v has a negative side", shape)
		}
	}
	if want, err := product(shape, e.width); err != nil || want != e.length {
		return fmt.Errorf("shape %v does not have %d elements", shape, e.length)
	}
	return nil
}

// encode writes the header and then the elements block by block.
func encode(w io.Writer, of elements, shape []int) error {
	if err := of.check(shape); err != nil {
		return err
	}
	if _, err := io.WriteString(w, formatHeader(of.dtype, shape)); err != nil {
		return err
	}
	block := make([]byte, min(blockBytes, of.length*of.width))
	for from := 0; from < of.length; from += len(block) / of.width {
		part := block[:min(len(block), (of.length-from)*of.width)]
		of.put(part, from)
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// formatHeader is everything before the elements, in version 1.0: a shape of NumPy's at most 64
// sides fits its 65535 bytes. A newline ends the padding.
func formatHeader(dtype string, shape []int) string {
	var sides strings.Builder
	for i, side := range shape {
		if i > 0 {
			sides.WriteString(", ")
		}
		sides.WriteString(strconv.Itoa(side))
	}
	if len(shape) == 1 {
		sides.WriteByte(',')
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", dtype, sides.String())
	// NumPy leaves room for the first side to grow to 20 digits when it appends to a file.
	if len(shape) > 0 {
		text += strings.Repeat(" ", 21-len(strconv.Itoa(shape[0])))
	}
	const before = len(magic) + 2 + 2
	text += strings.Repeat(" ", alignment-(before+len(text)+1)%alignment) + "\n" // never none
	return magic + "\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(text)))) + text
}

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
	return write(path, "<f4", shape, len(data), 4, func(dst []byte, from int) {
		for i := range len(dst) / 4 {
			binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(data[from+i]))
		}
	})
}

// WriteFloat64 is Write for float64.
func WriteFloat64(path string, shape []int, data []float64) error {
	return write(path, "<f8", shape, len(data), 8, func(dst []byte, from int) {
		for i := range len(dst) / 8 {
			binary.LittleEndian.PutUint64(dst[8*i:], math.Float64bits(data[from+i]))
		}
	})
}

// write asks encode for the elements block by block: dst is to be filled from element `from` on.
func write(path, dtype string, shape []int, length, width int, encode func(dst []byte, from int)) error {
	for _, side := range shape {
		if side < 0 {
			return fmt.Errorf("cannot write %s: shape %v has a negative side", path, shape)
		}
	}
	if want, err := product(shape, width); err != nil || want != length {
		return fmt.Errorf("cannot write %s: shape %v does not have %d elements", path, shape, length)
	}
	return atomicfile.Save(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, formatHeader(dtype, shape)); err != nil {
			return err
		}
		block := make([]byte, min(blockBytes, length*width))
		for from := 0; from < length; from += len(block) / width {
			part := block[:min(len(block), (length-from)*width)]
			encode(part, from)
			if _, err := w.Write(part); err != nil {
				return err
			}
		}
		return nil
	})
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

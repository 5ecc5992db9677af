package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"strings"
)

const (
	magic = "\x93NUMPY"

	// maxHeader bounds what a header may claim: NumPy itself refuses more than 10000 characters.
	maxHeader = 1 << 16

	// maxDimensions is NumPy's bound on the number of axes.
	maxDimensions = 64

	// alignment is that of the first element; NumPy pads its headers to it with spaces.
	alignment = 64
)

// header is what stands before the elements.
type header struct {
	dtype      string
	shape      []int
	length     int   // product of shape
	width      int   // bytes an element
	dataOffset int64 // bytes before the first element
}

var errTooShort = errors.New("the header is cut short; write the file again")

// readHeader reads the magic, the version, the header's length and the header, and nothing more.
func readHeader(r io.Reader) (header, error) {
	var start [12]byte
	if n, err := io.ReadFull(r, start[:8]); err != nil {
		if n == 0 {
			return header{}, errors.New("the file is empty; write it again with numpy.save")
		}
		return header{}, errTooShort
	}
	if strings.HasPrefix(string(start[:]), "PK\x03\x04") {
		return header{}, errors.New("it is a zip, perhaps a .npz; save its array alone with numpy.save")
	}
	if string(start[:6]) != magic {
		return header{}, errors.New("it is not a .npy file; write it with numpy.save")
	}
	lengthBytes := 4
	switch start[6] {
	case 1:
		lengthBytes = 2
	case 2, 3:
	default:
		return header{}, fmt.Errorf("its format version %d.%d is unknown; write it with numpy.save",
			start[6], start[7])
	}
	if _, err := io.ReadFull(r, start[8:8+lengthBytes]); err != nil {
		return header{}, errTooShort
	}
	length := int64(binary.LittleEndian.Uint32(start[8:])) // version 1.0: the upper bytes are 0
	if length > maxHeader {
		return header{}, fmt.Errorf("its header claims %d bytes, more than %d; it is damaged, "+
			"write it again", length, maxHeader)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return header{}, errTooShort
	}
	h, err := parseHeader(string(text))
	h.dataOffset = 8 + int64(lengthBytes) + length
	return h, err
}

// parseHeader understands {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }, with the
// three keys in any order.
func parseHeader(text string) (header, error) {
	s := scanner{rest: text}
	var h header
	var fortran bool
	seen := map[string]bool{}
	s.expect("{")
	for s.err == nil && !s.accept("}") {
		key := s.quoted()
		s.expect(":")
		if seen[key] {
			s.fail("twice " + key)
		}
		seen[key] = true
		switch key {
		case "descr":
			h.dtype = s.dtype()
		case "fortran_order":
			fortran = s.boolean()
		case "shape":
			h.shape = s.tuple()
		default:
			s.fail("an unknown key")
		}
		if !s.accept(",") {
			s.expect("}")
			break
		}
	}
	if s.skipSpace(); s.err == nil && s.rest != "" {
		s.fail("text after the closing brace")
	}
	if s.err == nil && len(seen) != 3 {
		s.fail("descr, fortran_order or shape missing")
	}
	if s.err != nil {
		return header{}, s.err
	}
	var err error
	if h.width, err = elementWidth(h.dtype); err != nil {
		return header{}, err
	}
	if fortran {
		return header{}, errors.New("it is in Fortran (column-major) order; " +
			"save numpy.ascontiguousarray(array)")
	}
	if h.length, err = product(h.shape, h.width); err != nil {
		return header{}, err
	}
	return h, nil
}

// elementWidth is the size of an element in bytes, or why elements of the dtype are not read.
func elementWidth(dtype string) (int, error) {
	const convert = `; save array.astype("<f4")`
	switch dtype {
	case "<f2":
		return 2, nil
	case "<f4":
		return 4, nil
	case "<f8":
		return 8, nil
	}
	kind := strings.TrimLeft(dtype, "<>=|")
	switch {
	case strings.HasPrefix(dtype, ">"):
		return 0, fmt.Errorf("its elements %q are big endian"+convert, dtype)
	case strings.HasPrefix(kind, "i"), strings.HasPrefix(kind, "u"), strings.HasPrefix(kind, "b"):
		return 0, fmt.Errorf("its elements %q are integers, floats are needed"+convert, dtype)
	case strings.HasPrefix(kind, "O"):
		return 0, errors.New("it holds Python objects, floats are needed" + convert)
	}
	return 0, fmt.Errorf("its elements %q are not float16, float32 or float64"+convert, dtype)
}

// product is the number of elements; with width bytes each they must be addressable.
func product(shape []int, width int) (int, error) {
	total, empty := uint64(width), false
	for _, side := range shape {
		if side == 0 { // the other sides may then be anything, but their product is not needed
			empty = true
			continue
		}
		high, low := bits.Mul64(total, uint64(side))
		if high != 0 || low > math.MaxInt {
			return 0, fmt.Errorf("its shape %v is too large for any file; it is damaged, "+
				"write it again", shape)
		}
		total = low
	}
	if empty {
		return 0, nil
	}
	return int(total / uint64(width)), nil
}

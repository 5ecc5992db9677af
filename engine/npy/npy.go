// Package npy reads and writes arrays of floats in NumPy's .npy format, versions 1.0 to 3.0: a
// header with the dtype and the shape, then the elements in row-major (C) order, little endian.
//
// Dtypes are float16 "<f2" (read only), float32 "<f4" and float64 "<f8". Everything else, Fortran
// order included, is refused with a message that says how to convert it. Elements are read in
// blocks from where they lie; a file is never held in memory as a whole.
//
// Several arrays in one file are a .npz: a zip of .npy files, here stored as they are (Archive).
//
// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"

	"github.com/x448/float16"

	"musc/engine/fault"
)

// blockBytes is how much of a file is read at a time.
const blockBytes = 1 << 16

// Float64 is the Dtype whose values do not all fit into float32.
const Float64 = "<f8"

// Array is an open .npy file. Reads do not move anything in it: several goroutines may read.
type Array struct {
	Shape []int  // in row-major order; empty for a single number
	Dtype string // "<f2", "<f4" or "<f8"

	path   string
	from   io.ReaderAt
	file   *os.File // from, if Open opened it
	offset int64    // of the first element
	length int      // in elements
	width  int      // bytes an element
}

// Open reads the header of path and checks it against the length of the file, before anything
// as large as the array is allocated. Errors are of kind fault.Input and name the file.
func Open(path string) (*Array, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	array, err := open(path, file)
	if err != nil {
		file.Close()
		return nil, err
	}
	return array, nil
}

func open(path string, file *os.File) (*Array, error) {
	size, err := regularSize(path, file, "a .npy file")
	if err != nil {
		return nil, err
	}
	array, err := openAt(file, size, path)
	if err != nil {
		return nil, err
	}
	array.file = file
	return array, nil
}

// regularSize is the length of an open file, or the error that it is none.
func regularSize(path string, file *os.File, needed string) (int64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, unreadable(path, err)
	}
	if !info.Mode().IsRegular() {
		return 0, fault.New(fault.Input, "cannot read %s: it is a folder or a device; name %s", path,
			needed)
	}
	return info.Size(), nil
}

// openAt is Open for an array of size bytes that is at hand otherwise; its errors name it path.
func openAt(from io.ReaderAt, size int64, path string) (*Array, error) {
	h, err := readHeader(io.NewSectionReader(from, 0, size))
	if err != nil {
		return nil, fault.New(fault.Input, "cannot read %s: %w", path, err)
	}
	elements := size - h.dataOffset
	if want := int64(h.length) * int64(h.width); elements != want {
		return nil, fault.New(fault.Input, "cannot read %s: shape %v of %s needs %d bytes, the file "+
			"has %d; it was cut short or is damaged, write it again", path, h.shape, h.dtype, want, elements)
	}
	return &Array{Shape: h.shape, Dtype: h.dtype, path: path, from: from,
		offset: h.dataOffset, length: h.length, width: h.width}, nil
}

func unreadable(path string, err error) error {
	var where *fs.PathError
	if errors.As(err, &where) { // the path is in the message already
		err = where.Err
	}
	return fault.New(fault.Input, "cannot read %s: %w; check the path and its permissions", path, err)
}

// Len is the number of elements: the product of Shape.
func (a *Array) Len() int { return a.length }

// Close closes the file that Open opened.
func (a *Array) Close() error {
	if a.file == nil {
		return nil
	}
	return a.file.Close()
}

// ReadFloat32 fills dst with the elements from fromElement on, in row-major order. float64 is
// rounded to the nearest float32. Elements that are not in the array are an error, and so is a
// file that has become shorter since Open.
func (a *Array) ReadFloat32(dst []float32, fromElement int) error {
	return readElements(a, dst, fromElement)
}

// ReadFloat64 is ReadFloat32 without a loss.
func (a *Array) ReadFloat64(dst []float64, fromElement int) error {
	return readElements(a, dst, fromElement)
}

func readElements[T float32 | float64](a *Array, dst []T, from int) error {
	if from < 0 || from > a.length || len(dst) > a.length-from {
		return fmt.Errorf("cannot read %d elements from element %d of %s: it has %d",
			len(dst), from, a.path, a.length)
	}
	block := make([]byte, min(blockBytes, len(dst)*a.width))
	at := a.offset + int64(from)*int64(a.width)
	for len(dst) > 0 {
		count := min(len(dst), len(block)/a.width)
		part := block[:count*a.width]
		if n, err := a.from.ReadAt(part, at); n < len(part) {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return unreadable(a.path, err)
		}
		decode(dst[:count], part, a.width)
		dst, at = dst[count:], at+int64(len(part))
	}
	return nil
}

// decode converts len(dst) little-endian elements of width bytes.
func decode[T float32 | float64](dst []T, block []byte, width int) {
	switch width {
	case 2:
		for i := range dst {
			dst[i] = T(float16.Frombits(binary.LittleEndian.Uint16(block[2*i:])).Float32())
		}
	case 4:
		for i := range dst {
			dst[i] = T(math.Float32frombits(binary.LittleEndian.Uint32(block[4*i:])))
		}
	default:
		for i := range dst {
			dst[i] = T(math.Float64frombits(binary.LittleEndian.Uint64(block[8*i:])))
		}
	}
}

// Load reads a whole array, its values widened to float64.
func Load(path string) (values []float64, shape []int, err error) {
	array, err := Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer array.Close()
	values = make([]float64, array.Len())
	return values, array.Shape, array.ReadFloat64(values, 0)
}

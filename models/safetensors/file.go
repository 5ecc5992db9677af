// Package safetensors reads weights files of the safetensors format: 8 bytes of header length, a
// JSON header {name: {dtype, shape, data_offsets}}, then the tensors' bytes, row-major, little
// endian. Only the header is kept in memory; tensors are read from the file one at a time.
package safetensors

import (
	"errors"
	"io"

	"musc/engine/fault"
	"musc/models/sections"
)

// File is an open weights file; it is safe for concurrent use.
type File struct {
	file    *sections.File
	entries map[string]entry
}

// Open reads and checks the header. A file that does not exist or is damaged is a fault.Input.
func Open(path string) (*File, error) {
	return sections.Parse(path, "weights", parse)
}

func parse(file *sections.File) (*File, error) {
	entries, err := readHeader(file)
	if err != nil {
		return nil, fault.New(fault.Input, "reading weights %s: %w; "+
			"the file is no safetensors file or is damaged: download it again", file.Path, err)
	}
	return &File{file, entries}, nil
}

// Names lists the tensors in alphabetical order.
func (f *File) Names() []string { return sortedNames(f.entries) }

// Shape returns a tensor's shape, and whether there is such a tensor.
func (f *File) Shape(name string) ([]int, bool) {
	e, ok := f.entries[name]
	return e.shape, ok
}

// Read fills dst with a tensor of type F32, F16 or BF16, row-major. dst must have exactly the
// tensor's number of elements.
func (f *File) Read(dst []float32, name string) error {
	e, ok := f.entries[name]
	if !ok {
		return fault.New(fault.Input, "weights %s have no tensor %q; choose another file", f.file.Path, name)
	}
	kind, known := floats[e.dtype]
	if !known {
		return fault.New(fault.Input, "weights %s: tensor %q is of type %s; "+
			"convert the file to F32, F16 or BF16", f.file.Path, name, e.dtype)
	}
	if int64(len(dst)) != e.Bytes()/kind.Bytes() {
		return fault.New(fault.Internal, "weights %s: tensor %q has %d elements, %d were asked for",
			f.file.Path, name, e.Bytes()/kind.Bytes(), len(dst))
	}
	if err := kind.ReadFloats(f.file.Reader(e.Section), dst); err != nil {
		if errors.Is(err, io.EOF) { // the file was cut since it was opened
			err = io.ErrUnexpectedEOF
		}
		return fault.New(fault.Input, "reading tensor %q of weights %s: %w; "+
			"check the disk or download the file again", name, f.file.Path, err)
	}
	return nil
}

// Close releases the file.
func (f *File) Close() error { return f.file.Close() }

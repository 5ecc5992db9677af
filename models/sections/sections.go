// Package sections reads files that are made of sections with bounds, as weights files are: tensors
// stay in the file until they are asked for, one at a time, and nothing is allocated on the file's
// word before it was compared with the file's length.
package sections

import (
	"io"
	"math"
	"os"

	"musc/engine/fault"
)

// File is an open file of known length; it is safe for concurrent use.
type File struct {
	Path string
	Size int64 // in bytes

	reader io.ReaderAt
	closer io.Closer
}

// Parse opens the file at path and hands it to parse, whose answer keeps it open; what names its kind
// in the error of a file that cannot be opened, which is a fault.Input.
func Parse[T any](path, what string, parse func(*File) (T, error)) (T, error) {
	file, err := Open(path, what)
	if err != nil {
		return *new(T), err
	}
	parsed, err := parse(file)
	if err != nil {
		file.Close()
		return *new(T), err
	}
	return parsed, nil
}

// Open opens the file at path as Parse does.
func Open(path, what string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.Input, "cannot open %s: %w; check the path", what, err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, fault.New(fault.Input, "cannot open %s: %w; check the path", what, err)
	}
	return &File{Path: path, Size: info.Size(), reader: file, closer: file}, nil
}

// New is a File of size bytes that are at hand; path stands for it in messages.
func New(path string, reader io.ReaderAt, size int64) *File {
	return &File{Path: path, Size: size, reader: reader}
}

// Close releases the file.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// ReadAt is as io.ReaderAt has it.
func (f *File) ReadAt(p []byte, offset int64) (int, error) { return f.reader.ReadAt(p, offset) }

// ReadFull fills p from offset on; the end of the file is an error unless all of p was read.
func (f *File) ReadFull(p []byte, offset int64) error {
	n, err := f.reader.ReadAt(p, offset)
	if n == len(p) {
		return nil
	}
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Section is bytes [Begin, End) of a file.
type Section struct{ Begin, End int64 }

// Bytes is the section's length.
func (s Section) Bytes() int64 { return s.End - s.Begin }

// Within tells whether the section lies in [begin, end).
func (s Section) Within(begin, end int64) bool {
	return begin <= s.Begin && s.Begin <= s.End && s.End <= end
}

// Reader reads the sections one after the other.
func (f *File) Reader(sections ...Section) io.Reader {
	parts := make([]io.Reader, len(sections))
	for i, s := range sections {
		parts[i] = io.NewSectionReader(f.reader, s.Begin, s.Bytes())
	}
	return io.MultiReader(parts...)
}

// Elements is the product of a shape's sides, or false if one is negative or the product above
// limit.
func Elements(shape []int64, limit int64) (int64, bool) {
	elements := int64(1)
	for _, side := range shape {
		if side < 0 || side > 0 && elements > limit/side {
			return 0, false
		}
		elements *= side
	}
	return elements, true
}

// MaxElements bounds the elements of any tensor: what a slice can hold.
const MaxElements = math.MaxInt64 / 8

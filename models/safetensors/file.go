// Package safetensors reads weights files of the safetensors format: 8 bytes of header length, a
// JSON header {name: {dtype, shape, data_offsets}}, then the tensors' bytes, row-major, little
// endian. Only the header is kept in memory; tensors are read from the file one at a time.
package safetensors

import (
	"encoding/binary"
	"io"
	"math"
	"os"

	"github.com/x448/float16"

	"musc/engine/fault"
)

const chunkBytes = 1 << 16 // read at once, a multiple of every element size

// File is an open weights file; it is safe for concurrent use.
type File struct {
	path    string
	reader  io.ReaderAt
	closer  io.Closer
	entries map[string]entry
}

// Open reads and checks the header. A file that does not exist or is damaged is a fault.Input.
func Open(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.Input, "cannot open weights: %w; check the path", err)
	}
	info, err := file.Stat()
	if err == nil {
		var f *File
		if f, err = parse(path, file, info.Size()); err == nil {
			f.closer = file
			return f, nil
		}
	}
	file.Close()
	return nil, err
}

func parse(path string, r io.ReaderAt, size int64) (*File, error) {
	entries, err := readHeader(r, size)
	if err != nil {
		return nil, fault.New(fault.Input, "reading weights %s: %w; "+
			"the file is no safetensors file or is damaged: download it again", path, err)
	}
	return &File{path: path, reader: r, entries: entries}, nil
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
		return fault.New(fault.Input, "weights %s have no tensor %q; choose another file", f.path, name)
	}
	var decode func(dst []float32, src []byte)
	switch e.dtype {
	case "F32":
		decode = decode32
	case "F16":
		decode = decode16
	case "BF16":
		decode = decodeBrain16
	default:
		return fault.New(fault.Input, "weights %s: tensor %q is of type %s; "+
			"convert the file to F32, F16 or BF16", f.path, name, e.dtype)
	}
	item := itemSizes[e.dtype]
	if int64(len(dst)) != e.bytes/item {
		return fault.New(fault.Internal, "weights %s: tensor %q has %d elements, %d were asked for",
			f.path, name, e.bytes/item, len(dst))
	}
	buffer := make([]byte, min(chunkBytes, e.bytes))
	for offset := e.offset; len(dst) > 0; {
		chunk := buffer[:min(int64(len(buffer)), int64(len(dst))*item)]
		if err := readFull(f.reader, chunk, offset); err != nil {
			return fault.New(fault.Input, "reading tensor %q of weights %s: %w; "+
				"check the disk or download the file again", name, f.path, err)
		}
		decode(dst, chunk)
		dst = dst[int64(len(chunk))/item:]
		offset += int64(len(chunk))
	}
	return nil
}

// Close releases the file.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// decode32, decode16 and decodeBrain16 convert all of src, which fits into dst.
func decode32(dst []float32, src []byte) {
	for i := range len(src) / 4 {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

func decode16(dst []float32, src []byte) {
	for i := range len(src) / 2 {
		dst[i] = float16.Frombits(binary.LittleEndian.Uint16(src[2*i:])).Float32()
	}
}

func decodeBrain16(dst []float32, src []byte) {
	for i := range len(src) / 2 {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
}

// readFull is ReadAt with the end of the file as an error unless all of p was read.
func readFull(r io.ReaderAt, p []byte, offset int64) error {
	n, err := r.ReadAt(p, offset)
	if n == len(p) {
		return nil
	}
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

//go:build linux && cgo

package codecs

// #include "codecs.h"
import "C"

import (
	"io"
	"runtime/cgo"
	"unsafe"
)

// TIFF is an open file. It must be closed.
type TIFF struct {
	TIFFHead
	file   *C.struct_musc_tiff_file
	reader cgo.Handle // of an io.ReaderAt
}

// muscCodecsRead reads for libtiff.
//
//export muscCodecsRead
func muscCodecsRead(reader C.uintptr_t, into unsafe.Pointer, size, offset C.int64_t) C.int64_t {
	file := cgo.Handle(reader).Value().(io.ReaderAt)
	// Errors show in the number of bytes, which libtiff compares with what it wants.
	n, _ := file.ReadAt(unsafe.Slice((*byte)(into), size), int64(offset))
	return C.int64_t(n)
}

// OpenTIFF reads the first directory of a file of size bytes. Pixels are read when they are asked
// for, further pages never. memory bounds in bytes what libtiff may take for itself. Errors are
// *Error.
func (l *Libraries) OpenTIFF(file io.ReaderAt, size, memory int64) (*TIFF, error) {
	t := &TIFF{reader: cgo.NewHandle(file)}
	var head C.struct_musc_tiff_head
	var answer C.struct_musc_answer
	t.file = C.musc_tiff_begin(l.tiff, C.uintptr_t(t.reader), C.uint64_t(size), C.int64_t(memory),
		&head, &answer)
	if t.file == nil {
		t.reader.Delete()
		return nil, toError(&answer)
	}
	t.TIFFHead = TIFFHead{
		Width: int(head.width), Height: int(head.height), Bits: int(head.bits),
		Samples: int(head.samples), Separate: head.separate != 0,
		Photometric: int(head.photometric), Format: int(head.format),
		Compression: int(head.compression), InkSet: int(head.inks),
		Extras: int(head.extras), FirstExtra: int(head.first_extra),
		Chroma: [2]int{int(head.chroma[0]), int(head.chroma[1])},
	}
	if head.photometric_known == 0 {
		t.Photometric = -1
	}
	for i, to := range []*[]uint16{&t.Red, &t.Green, &t.Blue} {
		if head.colours[i] != nil {
			entries := unsafe.Slice((*uint16)(head.colours[i]), 1<<head.bits)
			*to = append(*to, entries...)
		}
	}
	return t, nil
}

// Close releases the file.
func (t *TIFF) Close() {
	C.musc_tiff_end(t.file)
	t.file = nil
	t.reader.Delete()
}

// RowBytes is the length of a row of Samples: samples are packed, rows begin at a byte.
func (t *TIFF) RowBytes() int {
	if t.Separate {
		return (t.Width*t.Bits + 7) / 8
	}
	return (t.Width*t.Bits*t.Samples + 7) / 8
}

// Read returns the samples as they are stored, decompressed and in the machine's byte order:
// [planes,Height,RowBytes]. planes is 1, or the number of first samples wanted if they are
// Separate. Errors are *Error.
func (t *TIFF) Read(planes int) ([]byte, error) {
	row := t.RowBytes()
	if row < 1 || t.Height < 1 || planes < 1 || planes > t.Samples || planes > 1 && !t.Separate {
		return nil, &Error{Kind: ErrDamaged, Text: "no picture"}
	}
	samples := make([]byte, planes*t.Height*row)
	var answer C.struct_musc_answer
	C.musc_tiff_samples(t.file, C.int(planes), C.size_t(row),
		(*C.uint8_t)(unsafe.SliceData(samples)), &answer)
	if err := toError(&answer); err != nil {
		return nil, err
	}
	return samples, nil
}

// Colours returns red, green, blue and alpha as libtiff makes them, [Height,Width,4] of 8 bits: for
// luma with chroma of fewer samples. Errors are *Error.
func (t *TIFF) Colours() ([]byte, error) {
	if t.Width < 1 || t.Height < 1 {
		return nil, &Error{Kind: ErrDamaged, Text: "no picture"}
	}
	pixels := make([]byte, 4*t.Width*t.Height)
	var answer C.struct_musc_answer
	C.musc_tiff_colours(t.file, (*C.uint8_t)(unsafe.SliceData(pixels)), &answer)
	if err := toError(&answer); err != nil {
		return nil, err
	}
	return pixels, nil
}

package sections

import (
	"encoding/binary"
	"io"
	"math"

	"github.com/x448/float16"
)

// Element is a type of floating-point numbers that weights are stored in, little endian.
type Element int

// The types; the zero value is none of them.
const (
	Float32 Element = iota + 1
	Float16
	BFloat16 // the upper half of a float32
)

// Bytes is the size of an element.
func (e Element) Bytes() int64 {
	switch e {
	case Float32:
		return 4
	case Float16, BFloat16:
		return 2
	}
	return 0
}

// Value is the number that an element of 16 bits stands for.
func (e Element) Value(bits uint16) float32 {
	if e == BFloat16 {
		return math.Float32frombits(uint32(bits) << 16)
	}
	return float16.Frombits(bits).Float32()
}

// ChunkBytes is how much is read at once, a multiple of every element's size.
const ChunkBytes = 1 << 16

// ReadFloats fills dst with the next elements.
func (e Element) ReadFloats(in io.Reader, dst []float32) error {
	size := int(e.Bytes())
	buffer := make([]byte, min(ChunkBytes, size*len(dst)))
	for len(dst) > 0 {
		chunk := buffer[:min(len(buffer), size*len(dst))]
		if _, err := io.ReadFull(in, chunk); err != nil {
			return err
		}
		for i := range len(chunk) / size {
			if e == Float32 {
				dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(chunk[4*i:]))
			} else {
				dst[i] = e.Value(binary.LittleEndian.Uint16(chunk[2*i:]))
			}
		}
		dst = dst[len(chunk)/size:]
	}
	return nil
}

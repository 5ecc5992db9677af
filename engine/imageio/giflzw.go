package imageio

import (
	"errors"
	"fmt"
	"io"
)

// Sizes of LZW as GIF has it.
const (
	lzwBits  = 12 // of the longest codes
	lzwCodes = 1 << lzwBits
)

var errCodes = errors.New("a code that is not in use yet")

// inflate fills frame with the pixels, variable-length LZW in blocks of bytes, the lowest bits first.
// What follows the last pixel is left alone; an end before it is io.ErrUnexpectedEOF.
func (f *gifFrame) inflate(frame []uint8) error {
	if f.codeSize < 2 || f.codeSize >= lzwBits { // with 1 there is no code of that size to be free
		return fmt.Errorf("pixels of %d bits", f.codeSize)
	}
	var (
		previous [lzwCodes]uint16 // the code of all but the last pixel of a string
		last     [lzwCodes]uint8  // its last pixel
		pixels   [lzwCodes]uint8  // of a string, filled from the end
		block    []uint8
		bits     uint32 // read and not used yet, count of them
		count    int
	)
	clearCode := 1 << f.codeSize
	endCode, next := clearCode+1, clearCode+2
	width := f.codeSize + 1
	before, first := -1, uint8(0) // the code before this one, and its first pixel
	for len(frame) > 0 {
		for count < width {
			if len(block) == 0 {
				var err error
				if block, err = f.block(); err != nil {
					return err
				}
				if len(block) == 0 {
					return io.ErrUnexpectedEOF
				}
			}
			bits |= uint32(block[0]) << count
			block, count = block[1:], count+8
		}
		code := int(bits & (1<<width - 1))
		bits, count = bits>>width, count-width
		if code == clearCode {
			next, width, before = clearCode+2, f.codeSize+1, -1
			continue
		}
		if code == endCode {
			return io.ErrUnexpectedEOF
		}
		if code > next || before < 0 && code > clearCode {
			return errCodes
		}
		at, walk := len(pixels), code
		if code == next { // the string before and its first pixel again
			at--
			pixels[at] = first
			walk = before
		}
		for walk > endCode {
			at--
			pixels[at] = last[walk]
			walk = int(previous[walk])
		}
		at--
		pixels[at] = uint8(walk)
		first = pixels[at]
		frame = frame[copy(frame, pixels[at:]):]
		if before >= 0 && next < lzwCodes {
			previous[next], last[next] = uint16(before), first
			next++
			if next == 1<<width && width < lzwBits {
				width++
			}
		}
		before = code
	}
	return nil
}

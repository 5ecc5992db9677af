package imageio

import (
	"bufio"
	"fmt"
	"io"
	"math/bits"
)

// row is where the i-th row of the file belongs.
func (b *bitmap) row(i int) int {
	if b.topDown {
		return i
	}
	return b.height - 1 - i
}

// eachRow reads rows of the file, each padded to 4 bytes; use gets one without the padding. The last
// row may lack its padding.
func (b *bitmap) eachRow(source *bufio.Reader, use func(y int, row []uint8)) error {
	row := make([]uint8, (b.width*b.bits+7)/8)
	padding := -len(row) & 3
	for i := range b.height {
		if _, err := io.ReadFull(source, row); err != nil {
			return io.ErrUnexpectedEOF
		}
		if _, err := source.Discard(padding); err != nil && i < b.height-1 {
			return io.ErrUnexpectedEOF
		}
		use(b.row(i), row)
	}
	return nil
}

// readIndices reads indices of 1, 2, 4 or 8 bits, the first in the highest bits of its byte.
func (b *bitmap) readIndices(r *Raster, source *bufio.Reader) error {
	r.Channels, r.Pix = 1, make([]uint8, b.width*b.height)
	perByte := 8 / b.bits
	mask := uint8(1<<b.bits - 1)
	return b.eachRow(source, func(y int, row []uint8) {
		to := r.Pix[y*b.width:][:b.width]
		for x := range to {
			shift := b.bits * (perByte - 1 - x%perByte)
			to[x] = row[x/perByte] >> shift & mask
		}
	})
}

// readColours reads pixels of 16, 24 or 32 bits, little endian.
func (b *bitmap) readColours(r *Raster, source *bufio.Reader) error {
	var samples [4]sample
	for i, mask := range b.masks {
		samples[i] = newSample(mask)
		if mask != 0 && uint64(mask)>>samples[i].shift&(uint64(mask)>>samples[i].shift+1) != 0 {
			return fmt.Errorf("a mask with gaps, %#x", mask)
		}
	}
	size := b.bits / 8
	r.Pix = make([]uint8, 3*b.width*b.height)
	if b.masks[3] != 0 {
		r.Alpha = make([]uint8, b.width*b.height)
	}
	common := size >= 3 && b.masks == [4]uint32{0xff0000, 0xff00, 0xff}
	return b.eachRow(source, func(y int, row []uint8) {
		to := r.Pix[3*y*b.width:][:3*b.width]
		for x := range b.width {
			pixel, colours := row[x*size:][:size], to[3*x:][:3]
			if common {
				colours[0], colours[1], colours[2] = pixel[2], pixel[1], pixel[0]
				continue
			}
			word := uint32(0)
			for i, value := range pixel {
				word |= uint32(value) << (8 * i)
			}
			for i := range colours {
				colours[i] = samples[i].of(word)
			}
			if r.Alpha != nil {
				r.Alpha[y*b.width+x] = samples[3].of(word)
			}
		}
	})
}

// sample is the part of a pixel under a mask.
type sample struct {
	mask, highest uint64 // highest is the largest value
	shift         int
}

func newSample(mask uint32) sample {
	shift := bits.TrailingZeros32(mask) & 31
	return sample{uint64(mask), max(uint64(mask)>>shift, 1), shift}
}

// of scales the sample of a pixel to 0..255, rounded down as Pillow does; no mask is 0.
func (s sample) of(pixel uint32) uint8 {
	return uint8((uint64(pixel) & s.mask) >> s.shift * 255 / s.highest)
}

// readRuns reads indices in run lengths: a count and a value (two values by turns for 4 bits), or 0
// and a code: 0 ends the row, 1 the image, 2 moves right and up, more are that many single indices,
// padded to 16 bits. Pixels that are passed over have index 0; a run does not go beyond its row.
func (b *bitmap) readRuns(r *Raster, source *bufio.Reader) error {
	r.Channels, r.Pix = 1, make([]uint8, b.width*b.height)
	x, y := 0, 0 // y counts rows as the file has them
	put := func(value uint8) {
		if x < b.width {
			r.Pix[b.row(y)*b.width+x] = value
		}
		x++
	}
	for y < b.height {
		var pair [2]uint8
		if _, err := io.ReadFull(source, pair[:]); err != nil {
			if y == b.height-1 && x >= b.width { // all is there but the mark of the end
				return nil
			}
			return io.ErrUnexpectedEOF
		}
		count, value := int(pair[0]), pair[1]
		if count > 0 {
			for i := range count {
				put(b.indexOf(value, i))
			}
			continue
		}
		switch value {
		case 0:
			x, y = 0, y+1
		case 1:
			return nil
		case 2:
			if _, err := io.ReadFull(source, pair[:]); err != nil {
				return io.ErrUnexpectedEOF
			}
			x, y = x+int(pair[0]), y+int(pair[1])
		default:
			if err := b.readSingles(source, int(value), put); err != nil {
				return err
			}
		}
	}
	return nil
}

// indexOf is the i-th index of a run: of 4 bits, two by turns.
func (b *bitmap) indexOf(value uint8, i int) uint8 {
	if b.bits == 8 {
		return value
	}
	if i%2 == 0 {
		return value >> 4
	}
	return value & 15
}

// readSingles reads count indices that follow each other.
func (b *bitmap) readSingles(source *bufio.Reader, count int, put func(uint8)) error {
	length := (count*b.bits + 7) / 8
	var block [256]uint8
	// The padding may be missing at the end of the file.
	if n, _ := io.ReadFull(source, block[:length+length%2]); n < length {
		return io.ErrUnexpectedEOF
	}
	for i := range count {
		put(b.indexOf(block[i*b.bits/8], i))
	}
	return nil
}

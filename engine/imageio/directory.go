package imageio

import (
	"encoding/binary"
	"errors"
	"io"
)

// Tags of a TIFF directory, and the values that matter here.
const (
	tagWidth        = 256
	tagHeight       = 257
	tagBits         = 258
	tagCompression  = 259
	tagPhotometric  = 262
	tagFillOrder    = 266
	tagOrientation  = 274
	tagSamples      = 277
	tagPlanar       = 284
	tagExtraSamples = 338
	tagSampleFormat = 339
)

const (
	uncompressed       = 1
	compressionFax2    = 2
	compressionFax3    = 3
	compressionFax4    = 4
	compressionOldJPEG = 6
	compressionJPEG    = 7

	whiteIsZero        = 0
	blackIsZero        = 1
	photometricRGB     = 2
	photometricPalette = 3
	photometricCMYK    = 5
	photometricYCbCr   = 6
	photometricLab     = 8

	formatUnsigned  = 1
	formatSigned    = 2
	formatFloat     = 3
	formatUndefined = 4
)

// directory is the first of a TIFF file: the first value of each tag whose values are integers.
type directory struct {
	values map[uint16]uint64
	more   bool // another directory follows: a further page
	big    bool // BigTIFF: offsets and counts of 8 bytes
	cut    bool // the file ends within it
}

// or is the value of a tag, or what stands for it where the file has none.
func (d directory) or(tag uint16, otherwise int) int {
	if value, ok := d.values[tag]; ok {
		return int(min(value, 1<<40))
	}
	return otherwise
}

// readDirectory reads a byte order, the directory's offset, then the entries, in whatever order
// they stand, then the offset of the next directory. An entry is a tag, a type, a count, and the
// values, or where they are if they are longer than an offset. What cannot be read is left out:
// offsets beyond the file, and those that are negative as int64.
func readDirectory(file io.ReaderAt) directory {
	found := directory{values: map[uint16]uint64{}}
	var order binary.ByteOrder = binary.LittleEndian
	start := bytesAt(file, 0, 8)
	if start == nil {
		found.cut = true
		return found
	}
	if start[0] == 'M' {
		order = binary.BigEndian
	}
	field, counter := 4, 2 // bytes of an offset, and of the number of entries
	offset := int64(order.Uint32(start[4:]))
	if found.big = order.Uint16(start[2:]) == 43; found.big {
		if start = bytesAt(file, 8, 8); start == nil {
			found.cut = true
			return found
		}
		field, counter, offset = 8, 8, int64(order.Uint64(start))
	}
	integer := func(b []byte) uint64 {
		switch len(b) {
		case 1:
			return uint64(b[0])
		case 2:
			return uint64(order.Uint16(b))
		case 4:
			return uint64(order.Uint32(b))
		}
		return order.Uint64(b)
	}
	count := bytesAt(file, offset, counter)
	if count == nil || integer(count) > 1<<16 {
		found.cut = count == nil
		return found
	}
	entries := int(integer(count))
	entry := 4 + 2*field
	at := offset + int64(counter)
	for ; entries > 0; entries-- {
		bytes := bytesAt(file, at, entry)
		if bytes == nil {
			found.cut = true
			return found
		}
		at += int64(entry)
		sizes := map[uint16]int{1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8} // of the integer types
		size, values := sizes[order.Uint16(bytes[2:])], integer(bytes[4:4+field])
		if size == 0 || values == 0 {
			continue
		}
		value := bytes[4+field:]
		if values > uint64(field/size) {
			if value = bytesAt(file, int64(integer(value)), size); value == nil {
				continue
			}
		}
		tag := order.Uint16(bytes)
		if _, twice := found.values[tag]; !twice { // libtiff takes the first
			found.values[tag] = integer(value[:size])
		}
	}
	next := bytesAt(file, at, field)
	found.more = next != nil && integer(next) != 0
	return found
}

func (d directory) orientation() orientation {
	if value := orientation(d.or(tagOrientation, 1)); value != 0 && value <= 8 {
		return value
	}
	return upright
}

func describeTIFF(file *io.SectionReader) (orientation, string) {
	found := readDirectory(file)
	if found.more {
		return found.orientation(), "pages"
	}
	return found.orientation(), ""
}

// headOfTIFF reads the head by itself, with the libraries and without.
func headOfTIFF(file *io.SectionReader) (Head, error) {
	d := readDirectory(file)
	head := Head{Width: d.or(tagWidth, 0), Height: d.or(tagHeight, 0)}
	if head.Width == 0 || head.Height == 0 {
		if d.cut {
			return head, io.ErrUnexpectedEOF
		}
		return head, errors.New("its directory tells no width and height")
	}
	bits, format := d.or(tagBits, 1), d.or(tagSampleFormat, formatUnsigned)
	switch d.or(tagPhotometric, whiteIsZero) {
	case whiteIsZero, blackIsZero, photometricRGB:
		head.Deep = bits > 8 || format == formatSigned
	}
	return head, nil
}

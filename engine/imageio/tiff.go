package imageio

import (
	"encoding/binary"
	"image"
	"io"

	"golang.org/x/image/tiff"
)

// Tags of a TIFF directory, and the values that matter here.
const (
	tagCompression = 0x0103
	tagPhotometric = 0x0106
	tagOrientation = 0x0112

	compressionFax3, compressionFax4 = 3, 4
	photometricBlackIsZero           = 1
)

// directory is the first of a TIFF file: the first value of each tag of type SHORT.
type directory struct {
	values map[uint16]uint16
	more   bool // another directory follows: a further page
}

// readDirectory reads a byte order, the directory's offset, then 12 bytes an entry, then the
// offset of the next directory. What cannot be read is left empty.
func readDirectory(file io.ReaderAt) directory {
	const short = 3
	found := directory{values: map[uint16]uint16{}}
	var order binary.ByteOrder = binary.LittleEndian
	start := bytesAt(file, 0, 8)
	if start == nil {
		return found
	}
	if start[0] == 'M' {
		order = binary.BigEndian
	}
	offset := int64(order.Uint32(start[4:]))
	count := bytesAt(file, offset, 2)
	if count == nil {
		return found
	}
	length := 12 * int(order.Uint16(count))
	for entries := bytesAt(file, offset+2, length); len(entries) > 0; entries = entries[12:] {
		if order.Uint16(entries[2:]) == short {
			found.values[order.Uint16(entries)] = order.Uint16(entries[8:])
		}
	}
	next := bytesAt(file, offset+2+int64(length), 4)
	found.more = next != nil && order.Uint32(next) != 0
	return found
}

// decodeTIFF is tiff.Decode, but for fax-coded images whose zeros are black: there Go shows the
// inverse of what libtiff shows, and libtiff is what Pillow and the scanners' software use.
func decodeTIFF(file *io.SectionReader) (*Raster, error) {
	picture, err := tiff.Decode(file)
	if err != nil {
		return nil, err
	}
	r := rasterOf(picture, false)
	if _, bilevel := picture.(*image.Gray); !bilevel {
		return r, nil
	}
	values := readDirectory(file).values
	compression := values[tagCompression]
	if (compression == compressionFax3 || compression == compressionFax4) &&
		values[tagPhotometric] == photometricBlackIsZero {
		for i := range r.Pix {
			r.Pix[i] = ^r.Pix[i]
		}
	}
	return r, nil
}

func describeTIFF(file *io.SectionReader) (orientation, string) {
	found := readDirectory(file)
	if found.more {
		return found.orientation(), "pages"
	}
	return found.orientation(), ""
}

func (d directory) orientation() orientation {
	if value := orientation(d.values[tagOrientation]); value >= 1 && value <= 8 {
		return value
	}
	return upright
}

package imageio

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// The modules that the Go proxy has were compared with Pillow on the 80 files of
// testdata/make_bmp.py, which hold what programs wrote in 35 years: golang.org/x/image/bmp reads
// 20 of them, github.com/sergeymakinen/go-bmp 25; github.com/jsummers/gobmp 59, its 5- and 6-bit
// samples a level off, and none gives a mask's palette indices. Hence this decoder.

// Compressions of a BMP.
const (
	bmpRaw           = 0
	bmpRLE8          = 1
	bmpRLE4          = 2
	bmpBitFields     = 3
	bmpJPEG          = 4
	bmpPNG           = 5
	bmpAlphaBitField = 6 // of Windows CE: four masks behind a header of 40 bytes
)

// bitmap is what the headers of a BMP tell.
type bitmap struct {
	width, height int
	topDown       bool // the first row in the file is the uppermost; commonly it is the lowest
	bits          int  // of a pixel
	compression   uint32
	masks         [4]uint32 // of red, green, blue, alpha within a pixel of 16 to 32 bits
	palette       [][3]uint8
	pixels        int64 // where they start
}

// knownBitmapHeader says if a header of size bytes is one of OS/2 1 (12), OS/2 2 (16 to 64; what is
// cut off counts as 0) or Windows (40 to 124).
func knownBitmapHeader(size uint32) bool {
	return size == 12 || size >= 16 && size <= 64 || size == 108 || size == 124
}

// isBMP and isDIB are for sniffing. A DIB, as in the clipboard, is a BMP without its first 14 bytes,
// and so without a mark: what must be the number of planes and the depth decides.
func isBMP(head string) bool {
	if !strings.HasPrefix(head, "BM") {
		return false
	}
	if len(head) < 18 { // cut off, or a text
		return !isText(head)
	}
	return knownBitmapHeader(binary.LittleEndian.Uint32([]byte(head[14:])))
}

func isDIB(head string) bool {
	if len(head) < 16 {
		return false
	}
	bytes := []byte(head)
	size := binary.LittleEndian.Uint32(bytes)
	planesAndDepth := bytes[12:]
	if size == 12 {
		planesAndDepth = bytes[8:]
	}
	if !knownBitmapHeader(size) || binary.LittleEndian.Uint16(planesAndDepth) != 1 {
		return false
	}
	switch binary.LittleEndian.Uint16(planesAndDepth[2:]) {
	case 1, 2, 4, 8, 16, 24, 32:
		return true
	}
	return false
}

func headOfBMP(file *io.SectionReader) (Head, error) {
	b, err := readBitmap(file)
	if err != nil {
		return Head{}, err
	}
	return Head{Width: b.width, Height: b.height}, nil
}

func decodeBMP(file *io.SectionReader) (*Raster, error) {
	b, err := readBitmap(file)
	if err != nil {
		return nil, err
	}
	r := &Raster{Width: b.width, Height: b.height, Channels: 3}
	if _, err := file.Seek(b.pixels, io.SeekStart); err != nil {
		return nil, err
	}
	source := bufio.NewReader(file)
	if b.compression == bmpRLE8 || b.compression == bmpRLE4 {
		err = b.readRuns(r, source)
	} else if b.bits <= 8 {
		err = b.readIndices(r, source)
	} else {
		err = b.readColours(r, source)
	}
	if err != nil {
		return nil, err
	}
	if b.bits <= 8 {
		r.Palette = b.palette
		r.greyPalette()
	}
	r.dropOpaque()
	return r, nil
}

// readBitmap reads the headers and the palette.
func readBitmap(file *io.SectionReader) (*bitmap, error) {
	at, pixels := int64(0), int64(0)
	if string(bytesAt(file, 0, 2)) == "BM" {
		mark := bytesAt(file, 0, 14)
		if mark == nil {
			return nil, io.ErrUnexpectedEOF
		}
		at, pixels = 14, int64(binary.LittleEndian.Uint32(mark[10:]))
	}
	length := bytesAt(file, at, 4)
	if length == nil {
		return nil, io.ErrUnexpectedEOF
	}
	size := binary.LittleEndian.Uint32(length)
	if !knownBitmapHeader(size) {
		return nil, unsupportedError(fmt.Sprintf("a header of %d bytes", size))
	}
	header := bytesAt(file, at, int(size))
	if header == nil {
		return nil, io.ErrUnexpectedEOF
	}
	at += int64(size)
	b := &bitmap{}
	used := 0 // colours
	if size == 12 {
		b.width = int(binary.LittleEndian.Uint16(header[4:]))
		b.height = int(binary.LittleEndian.Uint16(header[6:]))
		b.bits = int(binary.LittleEndian.Uint16(header[10:]))
	} else {
		header = append(header, make([]byte, 124)...) // what a short one leaves out is 0
		b.width = int(int32(binary.LittleEndian.Uint32(header[4:])))
		b.height = int(int32(binary.LittleEndian.Uint32(header[8:])))
		b.topDown = header[11]&0x80 != 0
		b.bits = int(binary.LittleEndian.Uint16(header[14:]))
		b.compression = binary.LittleEndian.Uint32(header[16:])
		used = int(binary.LittleEndian.Uint32(header[32:]))
	}
	if b.topDown {
		b.height = -b.height
	}
	if err := b.check(size); err != nil {
		return nil, err
	}
	at, err := b.readMasks(file, at, header, size)
	if err != nil {
		return nil, err
	}
	return b, b.readPalette(file, at, pixels, used, size == 12)
}

// check refuses kinds that are not decoded.
func (b *bitmap) check(headerSize uint32) error {
	others := map[uint32]string{bmpJPEG: "a JPEG inside", bmpPNG: "a PNG inside"}
	fields := (b.compression == bmpBitFields || b.compression == bmpAlphaBitField) && b.bits >= 16
	if headerSize == 64 { // OS/2 has other compressions under these numbers
		others = map[uint32]string{bmpBitFields: "fax coding of OS/2",
			bmpJPEG: "run lengths of 24 bits of OS/2"}
		fields = false
	}
	if kind, ok := others[b.compression]; ok {
		return unsupportedError(kind)
	}
	switch b.bits {
	case 1, 2, 4, 8, 16, 24, 32:
	default:
		return unsupportedError(fmt.Sprintf("%d bits a pixel", b.bits))
	}
	if b.compression == bmpRaw || fields || b.compression == bmpRLE8 && b.bits == 8 ||
		b.compression == bmpRLE4 && b.bits == 4 {
		return nil
	}
	return unsupportedError(fmt.Sprintf("compression %d of %d bits", b.compression, b.bits))
}

// readMasks sets the masks of 16 to 32 bits and returns where the palette starts. They are part of a
// header of 52 bytes or more, and follow a shorter one.
func (b *bitmap) readMasks(file *io.SectionReader, at int64, header []byte, size uint32) (int64, error) {
	fields := b.compression == bmpBitFields || b.compression == bmpAlphaBitField
	if fields {
		count, source := 3, header[40:]
		if size >= 56 || b.compression == bmpAlphaBitField {
			count = 4
		}
		if size < 52 {
			if source = bytesAt(file, at, 4*count); source == nil {
				return 0, io.ErrUnexpectedEOF
			}
			at += int64(4 * count)
		}
		for i := range count {
			b.masks[i] = binary.LittleEndian.Uint32(source[4*i:])
		}
	}
	if b.masks != [4]uint32{} {
		return at, nil
	}
	switch b.bits {
	case 16:
		b.masks = [4]uint32{0x7c00, 0x3e0, 0x1f}
	case 24, 32:
		b.masks = [4]uint32{0xff0000, 0xff00, 0xff}
	}
	if fields && b.bits == 32 { // no mask at all: Pillow takes the fourth byte for alpha
		b.masks[3] = 0xff000000
	}
	return at, nil
}

// readPalette reads the colours at at, blue first, and settles where the pixels start: where the file
// says, or behind the palette if it does not say or names a place before it.
func (b *bitmap) readPalette(file *io.SectionReader, at, pixels int64, used int, triples bool) error {
	size, count := 4, used
	if triples {
		size = 3
	}
	if b.bits <= 8 && used == 0 {
		count = 1 << b.bits
	}
	if b.pixels = pixels; pixels < at || pixels == at && b.bits <= 8 {
		b.pixels = at + int64(count)*int64(size)
	}
	if b.bits > 8 { // colours for screens of old
		return nil
	}
	count = min(count, 1<<b.bits, int(b.pixels-at)/size) // some files have more, or fewer than they say
	entries := bytesAt(file, at, count*size)
	if entries == nil {
		return io.ErrUnexpectedEOF
	}
	b.palette = make([][3]uint8, 0, count)
	for ; len(entries) >= size; entries = entries[size:] {
		b.palette = append(b.palette, [3]uint8{entries[2], entries[1], entries[0]})
	}
	return nil
}

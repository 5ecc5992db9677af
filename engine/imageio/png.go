package imageio

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image/png"
	"io"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// Colour types of a PNG.
const (
	pngGrey      = 0
	pngRGB       = 2
	pngPalette   = 3
	pngGreyAlpha = 4
	pngRGBA      = 6
)

// pngHeader is the chunk IHDR: width and height in 4 bytes each, then single bytes.
type pngHeader [13]byte

func (h pngHeader) width() int       { return int(binary.BigEndian.Uint32(h[:])) }
func (h pngHeader) height() int      { return int(binary.BigEndian.Uint32(h[4:])) }
func (h pngHeader) depth() int       { return int(h[8]) }
func (h pngHeader) colour() int      { return int(h[9]) }
func (h pngHeader) interlaced() bool { return h[12] != 0 }

// samples is the number of a pixel, alpha included.
func (h pngHeader) samples() int {
	switch h.colour() {
	case pngGrey, pngPalette:
		return 1
	case pngGreyAlpha:
		return 2
	case pngRGBA:
		return 4
	}
	return 3
}

// readPNGHeader reads the first chunk. Nothing about it is forgiven: what follows depends on it.
func readPNGHeader(file *io.SectionReader) (header pngHeader, err error) {
	start := bytesAt(file, 0, 33)
	if start == nil {
		return header, io.ErrUnexpectedEOF
	}
	chunk := start[len(pngMagic):] // 4 bytes of length, 4 of kind, the data, 4 of checksum
	kind := string(chunk[4:8])
	if kind == "CgBI" {
		return header, unsupportedError("Apple's own, inside iPhone programs")
	}
	if kind != "IHDR" || binary.BigEndian.Uint32(chunk) != uint32(len(header)) {
		return header, errors.New("it does not start with a header")
	}
	if crc32.ChecksumIEEE(chunk[4:21]) != binary.BigEndian.Uint32(chunk[21:]) {
		return header, errors.New("the header's checksum is wrong")
	}
	copy(header[:], chunk[8:])
	return header, nil
}

func headOfPNG(file *io.SectionReader) (Head, error) {
	header, err := readPNGHeader(file)
	if err != nil {
		return Head{}, err
	}
	return Head{Width: header.width(), Height: header.height(), Deep: header.depth() == 16}, nil
}

// decodePNG is plainPNG; of files that it does not know png.Decode; and where that refuses a file, png.Decode
// of what viewers overlook the faults of.
func decodePNG(file *io.SectionReader) (*Raster, error) {
	header, err := readPNGHeader(file)
	if err != nil {
		return nil, err
	}
	if r := plainPNG(file, header); r != nil {
		return r, nil
	}
	picture, err := png.Decode(io.NewSectionReader(file, 0, file.Size()))
	var unsupported png.UnsupportedError
	if err != nil && !errors.As(err, &unsupported) {
		repaired, fault := repairPNG(file, header)
		if fault != nil {
			return nil, fault
		}
		picture, err = png.Decode(repaired)
		if repaired.fault != nil {
			err = repaired.fault
		}
	}
	if err != nil {
		return nil, err
	}
	return rasterOf(picture, header.colour() == pngGrey || header.colour() == pngGreyAlpha), nil
}

// pngParts are the chunks of a PNG that its pixels depend on.
type pngParts struct {
	palette, transparency []byte
	pixels                []io.Reader // the compressed pixels
	sumsDiffer            bool        // a checksum of pixels is there and wrong
}

// readPNGParts walks through the chunks up to the end, or to what is no chunk.
func readPNGParts(file *io.SectionReader) (parts pngParts, err error) {
	for at := int64(len(pngMagic)); ; {
		head := bytesAt(file, at, 8)
		if head == nil {
			break
		}
		length, kind := int64(binary.BigEndian.Uint32(head)), string(head[4:])
		data := at + 8
		if at = data + length + 4; kind == "IEND" {
			break
		}
		switch {
		case kind == "IDAT":
			parts.pixels = append(parts.pixels, io.NewSectionReader(file, data, length))
			sum := crc32.NewIEEE()
			sum.Write(head[4:])
			if _, err := io.Copy(sum, io.NewSectionReader(file, data, length)); err != nil {
				return parts, err
			}
			stored := bytesAt(file, data+length, 4)
			if stored != nil && binary.BigEndian.Uint32(stored) != sum.Sum32() {
				parts.sumsDiffer = true
			}
		case kind == "PLTE" || kind == "tRNS":
			block := bytesAt(file, data-4, 4+int(min(length, 1<<16)))
			sum := bytesAt(file, data+length, 4)
			sound := block != nil && sum != nil &&
				binary.BigEndian.Uint32(sum) == crc32.ChecksumIEEE(block)
			switch {
			case kind == "PLTE" && !sound:
				return parts, errors.New("its palette's checksum is wrong")
			case kind == "PLTE":
				parts.palette = block[4:]
			case sound: // else libpng goes without
				parts.transparency = block[4:]
			}
		case !isChunk(kind):
			return parts, nil
		}
	}
	return parts, nil
}

// isChunk says if kind is four letters.
func isChunk(kind string) bool {
	for _, letter := range kind {
		if (letter < 'a' || letter > 'z') && (letter < 'A' || letter > 'Z') {
			return false
		}
	}
	return true
}

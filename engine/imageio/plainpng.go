package imageio

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/zlib"

	"musc/cgo/pngrows"
)

// plainPNG decodes what most PNGs are: grey or RGB of 8 bits, not interlaced, nothing transparent, and without any
// fault. It is nil of all others, which image/png has to judge; what it gives are image/png's pixels, in
// two thirds of the time.
func plainPNG(file *io.SectionReader, header pngHeader) *Raster {
	compression, filters := header[10], header[11]
	if header.depth() != 8 || header.interlaced() || compression != 0 || filters != 0 ||
		header.colour() != pngGrey && header.colour() != pngRGB {
		return nil
	}
	pixels := soundPixels(file, header)
	if pixels == nil {
		return nil
	}
	from := bytes.NewReader(pixels)
	inflater, err := zlib.NewReader(from)
	if err != nil {
		return nil
	}
	defer inflater.Close()
	rows, end := make([]byte, header.rawBytes()), make([]byte, 1)
	if _, err := io.ReadFull(inflater, rows); err != nil {
		return nil
	}
	if n, err := inflater.Read(end); n != 0 || err != io.EOF || from.Len() != 0 { // the checksum is right, too
		return nil
	}
	r := &Raster{Width: header.width(), Height: header.height(), Channels: header.samples()}
	length := r.Width * r.Channels
	r.Pix = make([]uint8, r.Height*length)
	if !pngrows.Unfilter(r.Pix, rows, r.Height, length, r.Channels) {
		return nil
	}
	return r
}

// soundPixels are the compressed pixels of a file whose chunks are in order and have the right checksums; nil of
// others, and of those with chunks that change what the pixels mean.
func soundPixels(file *io.SectionReader, header pngHeader) (pixels []byte) {
	const most = 64 << 20 // of other chunks, and of what compression adds
	if header.width() < 1 || header.height() < 1 || file.Size() > 2*header.rawBytes()+most {
		return nil
	}
	data, err := content(file, file.Size())
	if err != nil {
		return nil
	}
	parts, last := 0, ""
	for data = data[len(pngMagic):]; len(data) >= 12; {
		length := int64(binary.BigEndian.Uint32(data))
		if length > int64(len(data)-12) {
			return nil
		}
		kind, inside := string(data[4:8]), data[8:8+length]
		if crc32.ChecksumIEEE(data[4:8+length]) != binary.BigEndian.Uint32(data[8+length:]) {
			return nil
		}
		switch ancillary := kind[0]&0x20 != 0; {
		case kind == "IEND" && length == 0:
			return pixels
		case kind == "IDAT" && parts == 0:
			pixels, parts = inside, 1
		case kind == "IDAT" && last == kind:
			if parts++; parts == 2 {
				pixels = append(make([]byte, 0, len(data)+len(pixels)), pixels...)
			}
			pixels = append(pixels, inside...)
		case kind == "IHDR" && last == "", ancillary && isChunk(kind) && kind != "tRNS":
		default:
			return nil
		}
		data, last = data[12+length:], kind
	}
	return nil
}

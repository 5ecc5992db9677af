package imageio

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"hash"
	"hash/adler32"
	"hash/crc32"
	"io"
)

// pngBlock is how many bytes of pixels are passed on at once; a stored block holds up to 65535.
const pngBlock = 1 << 15

// tailOfPixels bounds how much is read behind the pixels to find the checksum of all.
const tailOfPixels = 1 << 20

// pngRepair is a PNG without the faults that Pillow, libpng and the browsers overlook: no end, wrong or
// missing checksums, pixels beyond the last, chunks that are broken, or at a place where they mean
// nothing. It holds the pixels uncompressed, in IDAT chunks of stored blocks.
type pngRepair struct {
	pixels  io.Reader // inflated
	left    int64     // bytes of pixels that are still to come
	sum     hash.Hash32
	trailer func() error // checks the sums at the end
	ready   bytes.Buffer // of the PNG, to be read
	ended   bool
	fault   error // what is wrong with the pixels, if anything
}

// repairPNG takes a file apart that starts with header.
func repairPNG(file *io.SectionReader, header pngHeader) (*pngRepair, error) {
	parts, err := readPNGParts(file)
	if err != nil {
		return nil, err
	}
	stream := bufio.NewReader(io.MultiReader(parts.pixels...))
	var zlib [2]byte // of which nothing is needed: a window of another size does no harm
	if _, err := io.ReadFull(stream, zlib[:]); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	const deflate, dictionary = 8, 0x20
	if zlib[0]&15 != deflate || zlib[1]&dictionary != 0 {
		return nil, errors.New("its pixels are not compressed as in PNG")
	}
	r := &pngRepair{pixels: flate.NewReader(stream), left: header.rawBytes(), sum: adler32.New()}
	r.trailer = func() error {
		if !parts.sumsDiffer {
			return nil // a wrong sum of all behind right sums of the parts is a lazy writer's
		}
		var stored [4]byte
		_, err := io.Copy(r.sum, io.LimitReader(r.pixels, tailOfPixels))
		if err == nil {
			_, err = io.ReadFull(stream, stored[:])
		}
		if err != nil || binary.BigEndian.Uint32(stored[:]) != r.sum.Sum32() {
			return errors.New("the checksums of its pixels are wrong")
		}
		return nil
	}
	r.ready.WriteString(pngMagic)
	r.chunk("IHDR", header[:])
	if header.colour() == pngPalette {
		colours := min(len(parts.palette)/3, 1<<header.depth())
		if colours == 0 {
			return nil, errors.New("it has no palette")
		}
		r.chunk("PLTE", parts.palette[:3*colours])
		r.chunk("tRNS", parts.transparency[:min(len(parts.transparency), colours)])
	} else if n := 2 * header.samples(); len(parts.transparency) >= n && header.colour()&pngGreyAlpha == 0 {
		r.chunk("tRNS", parts.transparency[:n])
	}
	r.chunk("IDAT", []byte{0x78, 0x01}) // a zlib stream of stored blocks
	return r, nil
}

// rawBytes is the size of the pixels before compression: rows of whole bytes behind a byte each that
// names their filter, of the picture or of its seven interlaced parts.
func (h pngHeader) rawBytes() (total int64) {
	part := func(left, top, across, down int) {
		width := int64(h.width()-left+across-1) / int64(across)
		height := int64(h.height()-top+down-1) / int64(down)
		if width > 0 { // else not even the bytes of the filters are there
			total += height * (1 + (width*int64(h.samples()*h.depth())+7)/8)
		}
	}
	if !h.interlaced() {
		part(0, 0, 1, 1)
		return total
	}
	for _, adam7 := range [7][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
		{0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
		part(adam7[0], adam7[1], adam7[2], adam7[3])
	}
	return total
}

// chunk appends a chunk to what is ready.
func (r *pngRepair) chunk(kind string, data []byte) {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	head = append(head, kind...)
	sum := crc32.Update(crc32.ChecksumIEEE(head[4:]), crc32.IEEETable, data)
	r.ready.Write(head)
	r.ready.Write(data)
	r.ready.Write(binary.BigEndian.AppendUint32(nil, sum))
}

// Read implements io.Reader.
func (r *pngRepair) Read(to []byte) (int, error) {
	for r.ready.Len() == 0 {
		if r.fault != nil {
			return 0, r.fault
		}
		if r.ended {
			return 0, io.EOF
		}
		r.fault = r.more()
	}
	return r.ready.Read(to)
}

// more makes the next chunks ready: a block of pixels, or what comes behind them.
func (r *pngRepair) more() error {
	block := make([]byte, 5+min(r.left, pngBlock))
	pixels := block[5:]
	if _, err := io.ReadFull(r.pixels, pixels); err == io.EOF {
		return io.ErrUnexpectedEOF
	} else if err != nil {
		return err
	}
	r.sum.Write(pixels)
	if r.left -= int64(len(pixels)); r.left == 0 {
		block[0] = 1 // the last
	}
	binary.LittleEndian.PutUint16(block[1:], uint16(len(pixels)))
	binary.LittleEndian.PutUint16(block[3:], ^uint16(len(pixels)))
	r.chunk("IDAT", block)
	if r.left > 0 {
		return nil
	}
	r.chunk("IDAT", binary.BigEndian.AppendUint32(nil, r.sum.Sum32()))
	r.chunk("IEND", nil)
	r.ended = true
	return r.trailer()
}

package imageio

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"

	"musc/cgo/codecs"
)

// jpegFrame is what the frame header (SOFn) says.
type jpegFrame struct {
	width, height, components, bits int
}

// errNoFrame is of a file whose pixels begin before their size was told.
var errNoFrame = errors.New("it has no frame header")

// nextMarker is where the next marker is from offset on, or the file's end. What lies between
// segments, be it fill bytes or rubbish, is passed over, as libjpeg does.
func nextMarker(file *io.SectionReader, offset int64) int64 {
	reader := bufio.NewReader(io.NewSectionReader(file, offset, file.Size()-offset))
	for previous := byte(0); ; offset++ {
		value, err := reader.ReadByte()
		if err != nil {
			return file.Size()
		}
		if previous == 0xff && value != 0xff && value != 0 {
			return offset - 1
		}
		previous = value
	}
}

// readFrame looks for the frame header.
func readFrame(file *io.SectionReader) (jpegFrame, error) {
	offset := int64(2)
	for range maxChunks {
		if head := bytesAt(file, offset, 2); head != nil &&
			(head[0] != 0xff || head[1] == 0xff || head[1] == 0) {
			offset = nextMarker(file, offset)
		}
		head := bytesAt(file, offset, 2)
		switch {
		case head == nil:
			return jpegFrame{}, io.ErrUnexpectedEOF
		case head[1] == 0xd9 || head[1] == 0xda: // the end, the scan
			return jpegFrame{}, errNoFrame
		case head[1] >= 0xd0 && head[1] <= 0xd8 || head[1] == 1: // markers without a segment
			offset += 2
			continue
		}
		size := bytesAt(file, offset+2, 2)
		if size == nil {
			return jpegFrame{}, io.ErrUnexpectedEOF
		}
		length := int64(binary.BigEndian.Uint16(size))
		if length < 2 {
			return jpegFrame{}, errors.New("a segment is shorter than its own length field")
		}
		const tables, extension, conditioning = 0xc4, 0xc8, 0xcc // not frames, though among them
		marker := head[1]
		if marker >= 0xc0 && marker <= 0xcf &&
			marker != tables && marker != extension && marker != conditioning {
			frame := bytesAt(file, offset+4, 6)
			if frame == nil {
				return jpegFrame{}, io.ErrUnexpectedEOF
			}
			return jpegFrame{
				bits:       int(frame[0]),
				height:     int(binary.BigEndian.Uint16(frame[1:])),
				width:      int(binary.BigEndian.Uint16(frame[3:])),
				components: int(frame[5]),
			}, nil
		}
		offset += 2 + length
	}
	return jpegFrame{}, errNoFrame
}

func headOfJPEG(file *io.SectionReader) (Head, error) {
	frame, err := readFrame(file)
	return Head{Width: frame.width, Height: frame.height, Deep: frame.bits > 8}, err
}

func decodeJPEG(file *io.SectionReader) (*Raster, error) {
	if l, err := libraries(); err == nil {
		return jpegByLibrary(file, l)
	}
	picture, err := jpeg.Decode(file)
	if err != nil {
		return nil, &needsLibraryError{"libjpeg", err}
	}
	var r *Raster
	if m, ok := picture.(*image.YCbCr); ok {
		rgb := fromYCbCr(m, false)
		r = &Raster{Width: rgb.Width, Height: rgb.Height, Channels: 3, Pix: rgb.Pix}
	} else {
		r = rasterOf(picture, false)
	}
	r.Lossy = true
	return r, nil
}

func jpegByLibrary(file *io.SectionReader, l *codecs.Libraries) (*Raster, error) {
	frame, err := readFrame(file)
	if err != nil {
		return nil, err
	}
	switch {
	case frame.components != 1 && frame.components != 3 && frame.components != 4:
		return nil, unsupportedError(fmt.Sprintf("%d colour components", frame.components))
	case frame.components == 4 && frame.bits != 8:
		return nil, unsupportedError(fmt.Sprintf("inks of %d bits", frame.bits))
	}
	// Coded pixels take hardly more room than plain ones; 64 MiB are for what programs write
	// before.
	data, err := content(file, 64<<20+8*int64(frame.width)*int64(frame.height))
	if err != nil {
		return nil, err
	}
	pix, err := l.JPEG(data, frame.width, frame.height, frame.components, frame.bits)
	if err != nil {
		return nil, codecsError(err)
	}
	r := &Raster{Width: frame.width, Height: frame.height, Channels: min(frame.components, 3),
		Lossy: true}
	switch {
	case frame.components == 4:
		r.Pix = fromInvertedCMYK(pix)
	case frame.bits > 8:
		r.Bits, r.Deep = frame.bits, make([]float32, len(pix)/2)
		for i := range r.Deep {
			r.Deep[i] = float32(binary.NativeEndian.Uint16(pix[2*i:]))
		}
	default:
		r.Pix = pix
		stretch(pix, frame.bits)
	}
	return r, nil
}

// fromInvertedCMYK takes 255 less the ink, as Adobe's programs write it and as Pillow takes every
// JPEG of four components, with Adobe's marker or without.
func fromInvertedCMYK(pix []uint8) []uint8 {
	out := make([]uint8, len(pix)/4*3)
	for i, to := 0, out; i < len(pix); i, to = i+4, to[3:] {
		inks := [4]uint8{255 - pix[i], 255 - pix[i+1], 255 - pix[i+2], 255 - pix[i+3]}
		fromCMYK(to[:3], inks[:])
	}
	return out
}

// stretch brings samples of fewer than 8 bits to 0..255.
func stretch(pix []uint8, bits int) {
	if bits >= 8 {
		return
	}
	highest := 1<<bits - 1
	for i, value := range pix {
		pix[i] = uint8(min(int(value), highest) * 255 / highest)
	}
}

package imageio

import (
	"encoding/binary"
	"image"
	"io"

	"golang.org/x/image/webp"
)

// animated says whether the head of the extended format announces an animation.
func animated(file *io.SectionReader) bool {
	const flag = 1 << 1
	head := bytesAt(file, 12, 9)
	return head != nil && string(head[:4]) == "VP8X" && head[8]&flag != 0
}

// headOfWebP reads the canvas of the extended format by itself; Go's decoder knows the others.
func headOfWebP(file *io.SectionReader) (Head, error) {
	if head := bytesAt(file, 12, 18); head != nil && string(head[:4]) == "VP8X" {
		side := func(b []byte) int { return 1 + (int(b[0]) | int(b[1])<<8 | int(b[2])<<16) }
		return Head{Width: side(head[12:]), Height: side(head[15:])}, nil
	}
	config, err := webp.DecodeConfig(file)
	return Head{Width: config.Width, Height: config.Height}, err
}

// decodeWebP leaves still pictures to Go's decoder, whose chroma is completed here as libwebp does
// it, and what that does not read, such as animations, to libwebp.
func decodeWebP(file *io.SectionReader) (*Raster, error) {
	var cause error = unsupportedError("an animation")
	if !animated(file) {
		var r *Raster
		if r, cause = stillWebP(io.NewSectionReader(file, 0, file.Size())); cause == nil {
			return r, nil
		}
	}
	size := bytesAt(file, 4, 4)
	if size != nil && int64(binary.LittleEndian.Uint32(size))+8 > file.Size() {
		return nil, io.ErrUnexpectedEOF
	}
	l, missing := libraries()
	if missing != nil {
		return nil, &needsLibraryError{"libwebp", cause}
	}
	const largest = 1 << 30
	if file.Size() > largest {
		return nil, unsupportedError("an animation of more than 1 GiB")
	}
	data, err := content(file, largest)
	if err != nil {
		return nil, err
	}
	head, err := headOfWebP(file)
	if err != nil {
		return nil, err
	}
	pix, err := l.WebP(data, head.Width, head.Height)
	if err != nil {
		return nil, codecsError(err)
	}
	r := &Raster{Width: head.Width, Height: head.Height, Channels: 3, Lossy: lossyWebP(file)}
	r.each(pix, 4*r.Width, fromColours)
	r.dropOpaque()
	return r, nil
}

func stillWebP(file *io.SectionReader) (*Raster, error) {
	picture, err := webp.Decode(file)
	if err != nil {
		return nil, err
	}
	var luma *image.YCbCr
	var alpha []uint8
	switch m := picture.(type) {
	case *image.YCbCr:
		luma = m
	case *image.NYCbCrA:
		luma, alpha = &m.YCbCr, rows(m.A, m.AStride, m.Rect.Dx(), m.Rect.Dy())
	default:
		return rasterOf(picture, false), nil
	}
	rgb := fromYCbCr(luma, true)
	r := &Raster{Width: rgb.Width, Height: rgb.Height, Channels: 3, Pix: rgb.Pix, Alpha: alpha,
		Lossy: true}
	r.dropOpaque()
	return r, nil
}

// lossyWebP says whether the first frame is coded in VP8; VP8L loses nothing.
func lossyWebP(file *io.SectionReader) bool {
	offset := int64(12)
	for range maxChunks {
		head := bytesAt(file, offset, 8)
		if head == nil {
			break
		}
		switch string(head[:4]) {
		case "VP8 ":
			return true
		case "VP8L":
			return false
		case "ANMF": // its place, size and time; then chunks
			offset += 8 + 16
			continue
		}
		length := int64(binary.LittleEndian.Uint32(head[4:]))
		offset += 8 + length + length&1
	}
	return true
}

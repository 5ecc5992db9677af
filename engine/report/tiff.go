package report

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"unsafe"

	"musc/engine/fault"
)

// stripBytes is about how much of the picture one strip holds, as the TIFF recommendation of
// 8 KB has grown with memories: readers load a strip at a time.
const stripBytes = 64 << 10

// Field types of TIFF 6.0, section 2.
const (
	tiffShort    = 3 // 16 bits
	tiffLong     = 4 // 32 bits
	tiffRational = 5 // two longs: numerator, denominator
)

// tiffField is one entry of the image file directory. Values beyond four bytes lie elsewhere.
type tiffField struct {
	tag, kind uint16
	values    []uint32 // two of them make a rational
}

func (f tiffField) count() int {
	if f.kind == tiffRational {
		return len(f.values) / 2
	}
	return len(f.values)
}

func (f tiffField) encode() []byte {
	var out []byte
	for _, value := range f.values {
		if f.kind == tiffShort {
			out = binary.LittleEndian.AppendUint16(out, uint16(value))
		} else {
			out = binary.LittleEndian.AppendUint32(out, value)
		}
	}
	return out
}

// encodeTIFF writes values [height,width] as a grey picture of IEEE floats: classic TIFF 6.0,
// little-endian, uncompressed, in strips, the directory before the pixels.
func encodeTIFF(w io.Writer, width, height int, values []float32) error {
	return streamTIFF(w, "the map", width, height, func(y int, row []float32) {
		copy(row, values[y*width:])
	})
}

// streamTIFF is encodeTIFF of values that read gives row by row, with the first that is not finite, if any, as
// the error.
func streamTIFF(w io.Writer, path string, width, height int, read func(y int, row []float32)) error {
	header, err := tiffHeader(width, height)
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return fmt.Errorf("the header: %w", err)
	}
	values := make([]float32, width)
	row := unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), 4*width) // as it is where the machine is little-endian
	if !littleEndian {
		row = make([]byte, 4*width)
	}
	for y := range height {
		read(y, values)
		if x := firstNotFinite(values); x >= 0 {
			return notFinite(path, values[x], x, y)
		}
		if !littleEndian {
			for x, value := range values {
				binary.LittleEndian.PutUint32(row[4*x:], math.Float32bits(value))
			}
		}
		if _, err := w.Write(row); err != nil {
			return fmt.Errorf("row %d of %d: %w", y, height, err)
		}
	}
	return nil
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// tiffHeader is everything before the first pixel. Its own length decides the strips' offsets, and
// is the same whatever they are: it is laid out twice.
func tiffHeader(width, height int) ([]byte, error) {
	rows := min(max(1, stripBytes/(4*width)), height)
	strips := (height + rows - 1) / rows
	offsets, counts := make([]uint32, strips), make([]uint32, strips)
	fields := []tiffField{ // in ascending order of tags, as the standard wants it
		{256, tiffLong, []uint32{uint32(width)}},  // ImageWidth
		{257, tiffLong, []uint32{uint32(height)}}, // ImageLength
		{258, tiffShort, []uint32{32}},            // BitsPerSample
		{259, tiffShort, []uint32{1}},             // Compression: none
		{262, tiffShort, []uint32{1}},             // PhotometricInterpretation: black is zero
		{273, tiffLong, offsets},                  // StripOffsets
		{277, tiffShort, []uint32{1}},             // SamplesPerPixel
		{278, tiffLong, []uint32{uint32(rows)}},   // RowsPerStrip
		{279, tiffLong, counts},                   // StripByteCounts
		{282, tiffRational, []uint32{1, 1}},       // XResolution
		{283, tiffRational, []uint32{1, 1}},       // YResolution
		{296, tiffShort, []uint32{1}},             // ResolutionUnit: none
		{339, tiffShort, []uint32{3}},             // SampleFormat: IEEE floating point
	}
	start := len(layoutTIFF(fields))
	if uint64(start)+4*uint64(width)*uint64(height) > math.MaxUint32 {
		return nil, fault.New(fault.Usage, "a map of %d x %d pixels is beyond the 4 GB of a TIFF "+
			"file; write it as .npy", width, height)
	}
	for s := range strips {
		first := s * rows
		offsets[s] = uint32(start + 4*width*first)
		counts[s] = uint32(4 * width * min(rows, height-first))
	}
	return layoutTIFF(fields), nil
}

// layoutTIFF is the file header, the one directory, and behind it the values that do not fit into
// their entries; each of these starts on an even offset.
func layoutTIFF(fields []tiffField) []byte {
	const fileHeader = 8
	directory := 2 + 12*len(fields) + 4
	var out, extra bytes.Buffer
	out.WriteString("II*\x00\x08\x00\x00\x00") // little-endian, 42, the directory comes at once
	write := func(values ...any) {
		for _, value := range values {
			_ = binary.Write(&out, binary.LittleEndian, value) // a Buffer takes everything
		}
	}
	write(uint16(len(fields)))
	for _, field := range fields {
		content := field.encode()
		write(field.tag, field.kind, uint32(field.count()))
		if len(content) > 4 {
			write(uint32(fileHeader + directory + extra.Len()))
			extra.Write(content) // of longs only: the length stays even
			continue
		}
		out.Write(append(content, make([]byte, 4-len(content))...))
	}
	write(uint32(0)) // no further directory
	out.Write(extra.Bytes())
	return out.Bytes()
}

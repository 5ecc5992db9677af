package report

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"math"
	"path/filepath"
	"strings"

	"golang.org/x/image/tiff/lzw"

	"musc/engine/fault"
	"musc/engine/npy"
	"musc/engine/wholefile"
)

// maxMapPixels bounds what ReadMap takes, as imageio does for photos.
const (
	maxMapPixels = 100e6
	maxMapBytes  = 9 * maxMapPixels // float64, and what stands beside the pixels
)

// ReadMap reads an anomaly map [height,width], of musc or of another tool: a .npy of two dimensions
// (or with further ones of length 1), or a TIFF of one grey channel, of floats of 32 or 64 bits or
// whole numbers of 8 or 16, in strips, plain or compressed with deflate or LZW. Errors are of kind
// fault.Input and name the file.
func ReadMap(path string) (values []float32, width, height int, err error) {
	if strings.EqualFold(filepath.Ext(path), ".npy") {
		return readMapNPY(path)
	}
	file, err := wholefile.ReadRegular(path, maxMapBytes)
	if err != nil {
		return nil, 0, 0, fault.New(fault.Input, "cannot read the map: %w; check the path", err)
	}
	d, err := readDirectory(file)
	if err == nil {
		values, err = d.pixels(file)
	}
	if err != nil {
		return nil, 0, 0, fault.New(fault.Input, "cannot read the map %s: %w", path, err)
	}
	return values, d.width, d.height, nil
}

func readMapNPY(path string) (values []float32, width, height int, err error) {
	array, err := npy.Open(path)
	if err != nil {
		return nil, 0, 0, err
	}
	defer array.Close()
	var sides []int
	for _, side := range array.Shape {
		if side != 1 {
			sides = append(sides, side)
		}
	}
	for len(sides) < 2 {
		sides = append([]int{1}, sides...)
	}
	if len(sides) != 2 || array.Len() < 1 || array.Len() > maxMapPixels {
		return nil, 0, 0, fault.New(fault.Input, "the map %s has the shape %v, not [height,width]",
			path, array.Shape)
	}
	values = make([]float32, array.Len())
	return values, sides[1], sides[0], array.ReadFloat32(values, 0)
}

// tiffMap is what the directory of a TIFF says about its pixels (TIFF 6.0, section 8).
type tiffMap struct {
	order                     binary.ByteOrder
	width, height             int
	bits, format, samples     uint32
	compression, predictor    uint32
	rowsPerStrip              uint32
	stripOffsets, stripCounts []uint32
}

// Values of TIFF's tags: section 8 and 14, and Adobe's technical note 2 for deflate.
const (
	sampleUnsigned = 1
	sampleFloat    = 3

	uncompressed = 1
	lzwPacked    = 5
	deflated     = 8
	deflatedOld  = 32946
)

func readDirectory(file []byte) (*tiffMap, error) {
	d := &tiffMap{bits: 1, format: sampleUnsigned, samples: 1, compression: uncompressed, predictor: 1,
		rowsPerStrip: math.MaxUint32}
	switch {
	case len(file) >= 8 && string(file[:4]) == "II*\x00":
		d.order = binary.LittleEndian
	case len(file) >= 8 && string(file[:4]) == "MM\x00*":
		d.order = binary.BigEndian
	default:
		return nil, fault.New(fault.Input, "it is no classic TIFF; save the map as float32 TIFF or .npy")
	}
	at := uint64(d.order.Uint32(file[4:]))
	if at+2 > uint64(len(file)) {
		return nil, truncated()
	}
	entries := uint64(d.order.Uint16(file[at:]))
	if at+2+12*entries > uint64(len(file)) {
		return nil, truncated()
	}
	for entry := file[at+2:][:12*entries]; len(entry) > 0; entry = entry[12:] {
		list, err := d.list(file, entry)
		if err != nil {
			return nil, err
		}
		d.field(d.order.Uint16(entry), list)
	}
	return d, d.check()
}

func truncated() error { return fault.New(fault.Input, "the file is cut off; make it again") }

// list reads the whole numbers of an entry; it is empty for other types.
func (d *tiffMap) list(file, entry []byte) ([]uint32, error) {
	size := map[uint16]uint64{tiffShort: 2, tiffLong: 4}[d.order.Uint16(entry[2:])]
	bytes := size * uint64(d.order.Uint32(entry[4:]))
	data := entry[8:12]
	if bytes > 4 {
		from := uint64(d.order.Uint32(data))
		if from+bytes > uint64(len(file)) {
			return nil, truncated()
		}
		data = file[from:]
	}
	var list []uint32
	for data = data[:bytes]; len(data) > 0; data = data[size:] {
		if size == 2 {
			list = append(list, uint32(d.order.Uint16(data)))
		} else {
			list = append(list, d.order.Uint32(data))
		}
	}
	return list, nil
}

func (d *tiffMap) field(tag uint16, list []uint32) {
	if len(list) == 0 {
		return
	}
	switch first := list[0]; tag {
	case 256:
		d.width = int(first)
	case 257:
		d.height = int(first)
	case 258:
		d.bits = first
	case 259:
		d.compression = first
	case 273:
		d.stripOffsets = list
	case 277:
		d.samples = first
	case 278:
		d.rowsPerStrip = first
	case 279:
		d.stripCounts = list
	case 317:
		d.predictor = first
	case 339:
		d.format = first
	}
}

func (d *tiffMap) check() error {
	known := d.format == sampleFloat && (d.bits == 32 || d.bits == 64) ||
		d.format == sampleUnsigned && (d.bits == 8 || d.bits == 16)
	switch {
	case d.width < 1 || d.height < 1 || d.width > maxMapPixels/d.height:
		return fault.New(fault.Input, "it is %d x %d pixels; a map has from 1 to 100 million",
			d.width, d.height)
	case d.samples != 1 || !known || d.predictor != 1:
		return fault.New(fault.Input, "its pixels are of %d channels of %d bits (sample format %d, "+
			"predictor %d); save the map with one channel of float32, without a predictor", d.samples,
			d.bits, d.format, d.predictor)
	case len(d.stripOffsets) == 0 || len(d.stripOffsets) != len(d.stripCounts):
		return fault.New(fault.Input, "it has no strips, or is tiled; save it in strips, or as .npy")
	}
	return nil
}

// pixels unpacks the strips.
func (d *tiffMap) pixels(file []byte) ([]float32, error) {
	size := int(d.bits / 8)
	whole := d.width * d.height * size
	if ratio := d.largestRatio(); whole > ratio*len(file) { // before memory is taken for it
		return nil, truncated()
	}
	data := make([]byte, 0, whole)
	for i, from := range d.stripOffsets {
		end := uint64(from) + uint64(d.stripCounts[i])
		if end > uint64(len(file)) {
			return nil, truncated()
		}
		rows := min(d.height-len(data)/(d.width*size), int(min(d.rowsPerStrip, math.MaxInt32)))
		strip, err := d.unpack(file[from:end], rows*d.width*size)
		if err != nil {
			return nil, err
		}
		data = append(data, strip...)
	}
	if len(data) != whole {
		return nil, truncated()
	}
	values := make([]float32, d.width*d.height)
	for i := range values {
		switch pixel := data[i*size:]; {
		case d.bits == 64:
			values[i] = float32(math.Float64frombits(d.order.Uint64(pixel)))
		case d.bits == 32:
			values[i] = math.Float32frombits(d.order.Uint32(pixel))
		case d.bits == 16:
			values[i] = float32(d.order.Uint16(pixel))
		default:
			values[i] = float32(pixel[0])
		}
	}
	return values, nil
}

// largestRatio is what a compression can reach at most, with room: deflate 1032, LZW less than 4096.
func (d *tiffMap) largestRatio() int {
	if d.compression == uncompressed {
		return 1
	}
	return 4096
}

// unpack returns the first size bytes of a strip.
func (d *tiffMap) unpack(strip []byte, size int) ([]byte, error) {
	var reader io.Reader
	switch d.compression {
	case uncompressed:
		if len(strip) < size {
			return nil, truncated()
		}
		return strip[:size], nil
	case lzwPacked:
		unpacker := lzw.NewReader(bytes.NewReader(strip), lzw.MSB, 8)
		defer unpacker.Close()
		reader = unpacker
	case deflated, deflatedOld:
		unpacker, err := zlib.NewReader(bytes.NewReader(strip))
		if err != nil {
			return nil, fault.New(fault.Input, "its deflated data are broken: %w; make it again", err)
		}
		defer unpacker.Close()
		reader = unpacker
	default:
		return nil, fault.New(fault.Input, "its compression %d is not understood; save it without, with "+
			"deflate or with LZW", d.compression)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(reader, data); err != nil {
		return nil, fault.New(fault.Input, "its packed data are broken: %w; make it again", err)
	}
	return data, nil
}

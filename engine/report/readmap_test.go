package report

import (
	"bytes"
	"compress/lzw"
	"compress/zlib"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/npy"
)

func TestMapsAreReadAsWritten(t *testing.T) {
	for _, format := range []MapFormat{TIFF, NPY} {
		for _, size := range [][2]int{{1, 1}, {7, 5}, {300, 211}} {
			path := filepath.Join(t.TempDir(), "map."+string(format))
			want := ramp(size[0] * size[1])
			if err := WriteMap(path, format, size[0], size[1], want); err != nil {
				t.Fatal(err)
			}
			got, width, height, err := ReadMap(path)
			if err != nil || width != size[0] || height != size[1] || !slices.Equal(got, want) {
				t.Errorf("%s of %v: got %d x %d, %v", format, size, width, height, err)
			}
		}
	}
}

// tiffOf makes a TIFF of two strips the way other tools do.
func tiffOf(order binary.AppendByteOrder, width, height int, bits, format, compression uint16,
	pixels []byte, pack func([]byte) []byte) []byte {
	half := (height + 1) / 2
	first := half * width * int(bits) / 8
	strips := [][]byte{pack(pixels[:first]), pack(pixels[first:])}
	file := []byte("II*\x00")
	if order == binary.BigEndian {
		file = []byte("MM\x00*")
	}
	const entries = 9
	directory := 8 + 2 + 12*entries + 4
	offsets := directory + 16
	file = order.AppendUint32(file, 8)
	file = order.AppendUint16(file, entries)
	entry := func(tag, kind uint16, count, value uint32) {
		file = order.AppendUint32(order.AppendUint16(order.AppendUint16(file, tag), kind), count)
		if kind == tiffShort && count == 1 { // a short lies in the first two bytes
			file = order.AppendUint16(order.AppendUint16(file, uint16(value)), 0)
		} else {
			file = order.AppendUint32(file, value)
		}
	}
	entry(256, tiffLong, 1, uint32(width))
	entry(257, tiffShort, 1, uint32(height))
	entry(258, tiffShort, 1, uint32(bits))
	entry(259, tiffShort, 1, uint32(compression))
	entry(273, tiffLong, 2, uint32(directory))
	entry(277, tiffShort, 1, 1)
	entry(278, tiffShort, 1, uint32(half))
	entry(279, tiffLong, 2, uint32(directory+8))
	entry(339, tiffShort, 1, uint32(format))
	file = order.AppendUint32(file, 0)
	file = order.AppendUint32(file, uint32(offsets))
	file = order.AppendUint32(file, uint32(offsets+len(strips[0])))
	file = order.AppendUint32(file, uint32(len(strips[0])))
	file = order.AppendUint32(file, uint32(len(strips[1])))
	return append(append(file, strips[0]...), strips[1]...)
}

func packed(open func(io.Writer) io.WriteCloser) func([]byte) []byte {
	return func(pixels []byte) []byte {
		var out bytes.Buffer
		w := open(&out)
		w.Write(pixels)
		w.Close()
		return out.Bytes()
	}
}

func TestMapsOfOtherTools(t *testing.T) {
	const width, height = 9, 7
	want := make([]float32, width*height)
	pixels := map[string][]byte{}
	for i := range want {
		want[i] = float32(i * 3 % 256)
		little, big := binary.LittleEndian, binary.BigEndian
		pixels["float"] = little.AppendUint32(pixels["float"], math.Float32bits(want[i]))
		pixels["double"] = big.AppendUint64(pixels["double"], math.Float64bits(float64(want[i])))
		pixels["short"] = big.AppendUint16(pixels["short"], uint16(want[i]))
		pixels["byte"] = append(pixels["byte"], byte(want[i]))
	}
	plain := func(b []byte) []byte { return b }
	deflate := packed(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
	shortLZW := packed(func(w io.Writer) io.WriteCloser { return lzw.NewWriter(w, lzw.MSB, 8) })
	files := map[string][]byte{
		"float":    tiffOf(binary.LittleEndian, width, height, 32, 3, 1, pixels["float"], plain),
		"double":   tiffOf(binary.BigEndian, width, height, 64, 3, 1, pixels["double"], plain),
		"short":    tiffOf(binary.BigEndian, width, height, 16, 1, 1, pixels["short"], plain),
		"byte":     tiffOf(binary.LittleEndian, width, height, 8, 1, 1, pixels["byte"], plain),
		"deflated": tiffOf(binary.LittleEndian, width, height, 32, 3, 8, pixels["float"], deflate),
		"lzw":      tiffOf(binary.LittleEndian, width, height, 8, 1, 5, pixels["byte"], shortLZW),
	}
	path := filepath.Join(t.TempDir(), "map.tif")
	read := func(content []byte) ([]float32, int, int, error) {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return ReadMap(path)
	}
	for name, content := range files {
		got, w, h, err := read(content)
		if err != nil || w != width || h != height || !slices.Equal(got, want) {
			t.Errorf("%s: %d x %d, %v, %v", name, w, h, got, err)
		}
		// Wherever it is cut off, it is refused and named.
		for end := range len(content) {
			if _, _, _, err := read(content[:end]); fault.KindOf(err) != fault.Input ||
				!strings.Contains(err.Error(), path) {
				t.Fatalf("%s cut off after %d bytes: %v", name, end, err)
			}
		}
	}
	if _, _, _, err := read(tiffOf(binary.LittleEndian, width, height, 32, 2, 1, pixels["float"],
		plain)); err == nil || !strings.Contains(err.Error(), "one channel of float32") {
		t.Errorf("signed numbers: %v", err)
	}
	if _, _, _, err := read(tiffOf(binary.LittleEndian, width, height, 32, 3, 7, pixels["float"],
		plain)); err == nil || !strings.Contains(err.Error(), "compression 7") {
		t.Errorf("JPEG: %v", err)
	}
}

func TestMapsAreOfTwoDimensions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map.npy")
	for _, c := range []struct{ shape, want []int }{{[]int{1, 2, 3, 1}, []int{2, 3}},
		{[]int{6}, []int{1, 6}}, {[]int{2, 3, 2}, nil}} {
		size := 1
		for _, side := range c.shape {
			size *= side
		}
		if err := npy.Write(path, c.shape, make([]float32, size)); err != nil {
			t.Fatal(err)
		}
		_, width, height, err := ReadMap(path)
		if c.want == nil && fault.KindOf(err) != fault.Input ||
			c.want != nil && (err != nil || height != c.want[0] || width != c.want[1]) {
			t.Errorf("%v: %d x %d, %v", c.shape, width, height, err)
		}
	}
	if _, _, _, err := ReadMap(path + ".tiff"); fault.KindOf(err) != fault.Input {
		t.Errorf("absent: %v", err)
	}
}

// Whatever a file holds, it is read or refused.
func FuzzReadMap(f *testing.F) {
	pixels := make([]byte, 6*4)
	f.Add(tiffOf(binary.LittleEndian, 3, 2, 32, 3, 1, pixels, func(b []byte) []byte { return b }))
	f.Add(tiffOf(binary.BigEndian, 3, 2, 32, 3, 8, pixels,
		packed(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })))
	f.Fuzz(func(t *testing.T, content []byte) {
		d, err := readDirectory(content)
		if err != nil {
			return
		}
		values, err := d.pixels(content)
		if err == nil && len(values) != d.width*d.height {
			t.Errorf("%d values of %d x %d", len(values), d.width, d.height)
		}
	})
}

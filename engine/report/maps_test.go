package report

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"musc/engine/fault"
	"musc/engine/npy"
	"musc/engine/results"
)

// parseTIFF reads back what encodeTIFF may write, by the tables of TIFF 6.0.
func parseTIFF(content []byte) (width, height int, values []float32, err error) {
	if len(content) < 8 || string(content[:4]) != "II*\x00" {
		return 0, 0, nil, errors.New("no little-endian TIFF")
	}
	at := binary.LittleEndian.Uint32(content[4:])
	fields, last := make(map[uint16][]uint32), uint16(0)
	for range binary.LittleEndian.Uint16(content[at:]) {
		entry := content[at+2 : at+14]
		at += 12
		tag, kind := binary.LittleEndian.Uint16(entry), binary.LittleEndian.Uint16(entry[2:])
		count := int(binary.LittleEndian.Uint32(entry[4:]))
		if tag <= last {
			return 0, 0, nil, fmt.Errorf("tag %d follows tag %d", tag, last)
		}
		last = tag
		width := map[uint16]int{3: 2, 4: 4, 5: 8}[kind]
		data := entry[8:]
		if count*width > 4 {
			data = content[binary.LittleEndian.Uint32(data):]
		}
		for i := range count * max(1, width/4) {
			if kind == 3 {
				fields[tag] = append(fields[tag], uint32(binary.LittleEndian.Uint16(data[2*i:])))
			} else {
				fields[tag] = append(fields[tag], binary.LittleEndian.Uint32(data[4*i:]))
			}
		}
	}
	for tag, want := range map[uint16]uint32{258: 32, 259: 1, 262: 1, 277: 1, 296: 1, 339: 3} {
		if !slices.Equal(fields[tag], []uint32{want}) {
			return 0, 0, nil, fmt.Errorf("tag %d is %v, want %d", tag, fields[tag], want)
		}
	}
	end := 0
	for i, offset := range fields[273] {
		end = int(offset + fields[279][i])
		for strip := content[offset:end]; len(strip) > 0; strip = strip[4:] {
			values = append(values, math.Float32frombits(binary.LittleEndian.Uint32(strip)))
		}
	}
	if end != len(content) {
		return 0, 0, nil, fmt.Errorf("the last strip ends at %d of %d", end, len(content))
	}
	if rows := fields[278][0]; int(rows) > max(1, stripBytes/int(4*fields[256][0])) {
		return 0, 0, nil, fmt.Errorf("%d rows a strip", rows)
	}
	return int(fields[256][0]), int(fields[257][0]), values, nil
}

func ramp(count int) []float32 {
	values := make([]float32, count)
	for i := range values {
		values[i] = float32(i)/7 - 3
	}
	return values
}

func TestMapsReadBack(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 5000}, {5000, 1}, {3, 2}, {128, 128}, {128, 129},
		{521, 97}, {20000, 3}} {
		width, height := size[0], size[1]
		t.Run(fmt.Sprintf("%dx%d", width, height), func(t *testing.T) {
			folder, values := t.TempDir(), ramp(width*height)
			path := filepath.Join(folder, "deep", "er", "x.tiff")
			if err := WriteMap(path, TIFF, width, height, values); err != nil {
				t.Fatal(err)
			}
			w, h, got, err := parseTIFF([]byte(read(t, path)))
			if err != nil || w != width || h != height || !slices.Equal(got, values) {
				t.Fatalf("TIFF of %d x %d with %d values, %v", w, h, len(got), err)
			}
			path = filepath.Join(folder, "another", "x.npy")
			if err := WriteMap(path, NPY, width, height, values); err != nil {
				t.Fatal(err)
			}
			array, err := npy.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer array.Close()
			clear(got)
			if err := array.ReadFloat32(got, 0); err != nil ||
				!slices.Equal(array.Shape, []int{height, width}) || !slices.Equal(got, values) {
				t.Fatalf("array of %v, %v", array.Shape, err)
			}
		})
	}
}

// The bytes of a file that tifffile, Pillow and OpenCV read: 2 x 1 pixels of 1 and -2.
const goldenTIFF = "49492a00080000000d00000104000100000002000000010104000100000001000000020103000100" +
	"0000200000000301030001000000010000000601030001000000010000001101040001000000ba00" +
	"00001501030001000000010000001601040001000000010000001701040001000000080000001a01" +
	"050001000000aa0000001b01050001000000b2000000280103000100000001000000530103000100" +
	"00000300000000000000010000000100000001000000010000000000803f000000c0"

func TestTIFFBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.tiff")
	if err := WriteMap(path, TIFF, 2, 1, []float32{1, -2}); err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString([]byte(read(t, path))); got != goldenTIFF {
		t.Fatalf("got %s", got)
	}
}

func TestMapsThatCannotBeWritten(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	cases := map[string]struct {
		format        MapFormat
		width, height int
		values        []float32
		kind          fault.Kind
	}{
		"NaN":             {TIFF, 2, 1, []float32{1, nan}, fault.Input},
		"infinite":        {NPY, 2, 1, []float32{inf, 1}, fault.Input},
		"too few values":  {TIFF, 2, 2, []float32{1}, fault.Internal},
		"no pixels":       {NPY, 0, 0, nil, fault.Internal},
		"unknown format":  {"exr", 1, 1, []float32{1}, fault.Usage},
		"negative height": {TIFF, -1, -1, []float32{1}, fault.Internal},
	}
	for name, c := range cases {
		path := filepath.Join(t.TempDir(), "x")
		err := WriteMap(path, c.format, c.width, c.height, c.values)
		if err == nil || fault.KindOf(err) != c.kind {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: a file was written: %v", name, err)
		}
	}
	if _, err := tiffHeader(40_000, 40_000); fault.KindOf(err) != fault.Usage {
		t.Errorf("6.4 GB in one TIFF: got %v", err)
	}
}

func TestFileInPlaceOfAFolderIsAnOutputFault(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, results.MapsFolder), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, format := range []MapFormat{TIFF, NPY} {
		err := WriteMap(filepath.Join(folder, results.MapsFolder, "x"), format, 1, 1, []float32{1})
		if fault.KindOf(err) != fault.Output {
			t.Errorf("%s: got %v", format, err)
		}
	}
}

// A map that is read row by row is the same file as one that is there as a whole, and is refused for the
// same reasons.
func TestStreamMapIsWriteMap(t *testing.T) {
	for _, format := range []MapFormat{TIFF, NPY, "bmp"} {
		for _, size := range [][2]int{{1, 1}, {1, 5}, {3, 1}, {7, 4}, {8, 2}, {5000, 11}, {0, 3}, {2, 0}, {-1, 2}} {
			for _, broken := range []float64{0, math.NaN(), math.Inf(1), math.Inf(-1)} {
				width, height := size[0], size[1]
				values := make([]float32, max(width, 0)*max(height, 0))
				for i := range values {
					values[i] = float32(i) - 2.5
				}
				if broken != 0 && len(values) > 0 {
					values[len(values)-1] = float32(broken)
				}
				folder := t.TempDir()
				path := filepath.Join(folder, "map")
				want := WriteMap(path, format, width, height, values)
				whole, _ := os.ReadFile(path)
				os.Remove(path)
				got := StreamMap(path, format, width, height, func(y int, row []float32) {
					copy(row, values[y*width:])
				})
				streamed, _ := os.ReadFile(path)
				if fmt.Sprint(got) != fmt.Sprint(want) || !slices.Equal(streamed, whole) {
					t.Errorf("%s of %v with %v: %v, %d bytes, instead of %v, %d bytes", format, size, broken, got,
						len(streamed), want, len(whole))
				}
			}
		}
	}
}

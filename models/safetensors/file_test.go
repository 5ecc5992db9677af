package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/models/sections"
)

// image assembles a file from a header and its data bytes.
func image(header string, data []byte) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), data...)
}

func parseBytes(b []byte) (*File, error) {
	return parse(sections.New("w.safetensors", bytes.NewReader(b), int64(len(b))))
}

func tensor(dtype string, shape string, begin, end int) string {
	return fmt.Sprintf(`{"dtype":%q,"shape":%s,"data_offsets":[%d,%d]}`, dtype, shape, begin, end)
}

func TestReadsEachFloatType(t *testing.T) {
	var data []byte
	for _, v := range []float32{1.5, -2, 65504} {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	data = append(data, 0x00, 0x3e, 0x00, 0xc0, 0x01, 0x00) // float16: 1.5, -2, 2^-24
	data = append(data, 0xc0, 0x3f, 0x00, 0xc0, 0x80, 0x7f) // bfloat16: 1.5, -2, +Inf
	f, err := parseBytes(image(`{"__metadata__":{"format":"pt"},"a":`+tensor("F32", "[3,1]", 0, 12)+
		`,"b":`+tensor("F16", "[3]", 12, 18)+`,"c":`+tensor("BF16", "[3]", 18, 24)+`}`, data))
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Names(); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("names %v", got)
	}
	for name, want := range map[string][]float32{
		"a": {1.5, -2, 65504}, "b": {1.5, -2, 0x1p-24}, "c": {1.5, -2, float32(math.Inf(1))},
	} {
		got := make([]float32, 3)
		if err := f.Read(got, name); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, want)
		}
	}
	if shape, ok := f.Shape("a"); !ok || !slices.Equal(shape, []int{3, 1}) {
		t.Errorf("shape %v, %v", shape, ok)
	}
}

// Tensors larger than one chunk, and one element more, come out whole.
func TestReadsAcrossChunks(t *testing.T) {
	for _, n := range []int{sections.ChunkBytes/4 - 1, sections.ChunkBytes / 4, sections.ChunkBytes/4 + 1, 3*sections.ChunkBytes/4 + 7} {
		data := make([]byte, 4*n)
		for i := range n {
			binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(float32(i)))
		}
		f, err := parseBytes(image(`{"w":`+tensor("F32", fmt.Sprintf("[%d]", n), 0, 4*n)+`}`, data))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, n)
		if err := f.Read(got, "w"); err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			if v != float32(i) {
				t.Fatalf("%d elements: element %d is %v", n, i, v)
			}
		}
	}
}

func TestDamagedFilesAreRefused(t *testing.T) {
	four := make([]byte, 4)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":           {nil, "too few"},
		"no header":       {[]byte{1, 2, 3}, "too few"},
		"huge header":     {binary.LittleEndian.AppendUint64(nil, math.MaxUint64), "claims"},
		"header too long": {binary.LittleEndian.AppendUint64(nil, 9), "claims"},
		"not JSON":        {image("PK", nil), "no JSON object"},
		"truncated data":  {image(`{"w":`+tensor("F32", "[2]", 0, 8)+`}`, four), "truncated"},
		"negative offset": {image(`{"w":`+tensor("F32", "[1]", -4, 0)+`}`, four), "do not lie"},
		"reversed":        {image(`{"w":`+tensor("F32", "[0]", 4, 0)+`}`, four), "do not lie"},
		"one offset":      {image(`{"w":{"dtype":"F32","shape":[1],"data_offsets":[4]}}`, four), "not 2"},
		"wrong size":      {image(`{"w":`+tensor("F32", "[2]", 0, 4)+`}`, four), "needs 8 bytes"},
		"negative side":   {image(`{"w":`+tensor("F32", "[-1]", 0, 4)+`}`, four), "impossible shape"},
		"overflow": {image(`{"w":`+tensor("F32", "[4611686018427387904,8]", 0, 4)+`}`, four),
			"impossible shape"},
		"unknown type": {image(`{"w":`+tensor("F4", "[1]", 0, 4)+`}`, four), "unknown element type"},
		"overlap": {image(`{"v":`+tensor("F32", "[1]", 0, 4)+`,"w":`+tensor("F16", "[1]", 2, 4)+`}`,
			four), `tensor "w" overlaps the one before it`},
		"hole": {image(`{"w":`+tensor("F16", "[1]", 2, 4)+`}`, four), `: 2 unused bytes before tensor "w"`},
		"rest": {image(`{"w":`+tensor("F16", "[1]", 0, 2)+`}`, four), ": 2 bytes after the last tensor"},
	} {
		_, err := parseBytes(c.file)
		if fault.KindOf(err) != fault.Input || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// The longest header that may be is asked of the file; of one that is longer nothing is read.
func TestHeaderLengthIsBounded(t *testing.T) {
	for length, want := range map[uint64]string{
		maxHeader:     "reading the header: unexpected EOF",
		maxHeader + 1: "the header claims 100000001 bytes, the file has 100000010",
	} {
		prefix := bytes.NewReader(binary.LittleEndian.AppendUint64(nil, length))
		_, err := parse(sections.New("w.safetensors", prefix, maxHeader+10))
		if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), want) {
			t.Errorf("a header of %d bytes: %v, want %q", length, err, want)
		}
	}
}

func TestReadIntoTheWrongLength(t *testing.T) {
	f, err := parseBytes(image(`{"w":`+tensor("F32", "[2]", 0, 8)+`}`, make([]byte, 8)))
	if err != nil {
		t.Fatal(err)
	}
	for _, length := range []int{0, 1, 3, 8} {
		want := fmt.Sprintf(`weights w.safetensors: tensor "w" has 2 elements, %d were asked for`, length)
		if err := f.Read(make([]float32, length), "w"); err == nil || err.Error() != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestReadErrorsNameFileAndTensor(t *testing.T) {
	f, err := parseBytes(image(`{"i":`+tensor("I64", "[1]", 0, 8)+`}`, make([]byte, 8)))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"i", "absent"} {
		err := f.Read(make([]float32, 1), name)
		if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "w.safetensors") ||
			!strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestFileShortenedAfterOpening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	whole := image(`{"w":`+tensor("F32", "[2]", 0, 8)+`}`, make([]byte, 8))
	if err := os.WriteFile(path, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Truncate(path, int64(len(whole)-1)); err != nil {
		t.Fatal(err)
	}
	if err := f.Read(make([]float32, 2), "w"); fault.KindOf(err) != fault.Input {
		t.Fatalf("got %v", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "absent")); fault.KindOf(err) != fault.Input {
		t.Fatalf("absent file: got %v", err)
	}
}

// Whatever the bytes, parsing neither panics nor allocates more than the file could justify, and a
// file that is accepted can be read.
func FuzzParse(f *testing.F) {
	f.Add(image(`{"w":`+tensor("F32", "[1]", 0, 4)+`}`, make([]byte, 4)))
	f.Add(image(`{"w":`+tensor("BF16", "[2,1]", 0, 4)+`,"e":`+tensor("F16", "[0]", 4, 4)+`}`,
		make([]byte, 4)))
	f.Add(image(`{"w":null}`, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := parseBytes(b)
		if err != nil {
			return
		}
		for _, name := range file.Names() {
			shape, _ := file.Shape(name)
			elements := 1
			for _, side := range shape {
				elements *= side
			}
			if elements > len(b) {
				t.Fatalf("tensor %q of %d elements in a file of %d bytes", name, elements, len(b))
			}
			switch err := file.Read(make([]float32, elements), name); file.entries[name].dtype {
			case "F32", "F16", "BF16":
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

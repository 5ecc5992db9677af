package onnxfile

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

	"google.golang.org/protobuf/encoding/protowire"

	"musc/engine/fault"
	"musc/models/sections"
)

func parseBytes(b []byte) (*File, error) {
	return parse(sections.New("w.onnx", bytes.NewReader(b), int64(len(b))))
}

// model wraps fields of a graph.
func model(graph message) []byte {
	var m message
	m.integer(modelIRVersion, 7)
	m.bytes(modelGraph, graph)
	return m
}

// with returns a graph of one initialiser "w" of the type and shape, with what add appends.
func with(kind Type, shape []int, add func(t *message)) []byte {
	t := tensorHead("w", kind, shape)
	add(&t)
	var graph message
	graph.bytes(graphInitializer, t)
	return model(graph)
}

func floats(values ...float32) []byte {
	var out []byte
	for _, v := range values {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return out
}

// Each way in which the format stores the same three numbers.
func TestReadsEveryEncoding(t *testing.T) {
	want := []float32{1.5, -2, 0x1p-14}
	for name, file := range map[string][]byte{
		"float32 raw": with(Float32, []int{3}, func(t *message) {
			t.bytes(tensorRaw, floats(want...))
		}),
		"float32 packed": with(Float32, []int{3, 1}, func(t *message) {
			t.bytes(tensorFloats, floats(want...))
		}),
		"float32 packed in pieces": with(Float32, []int{3}, func(t *message) {
			t.bytes(tensorFloats, floats(want[:2]...))
			t.bytes(tensorFloats, floats(want[2]))
		}),
		"float32 one by one": with(Float32, []int{3}, func(t *message) {
			for _, v := range want {
				t.float(tensorFloats, v)
			}
		}),
		"float16 raw": with(Float16, []int{3}, func(t *message) {
			t.bytes(tensorRaw, []byte{0x00, 0x3e, 0x00, 0xc0, 0x00, 0x04})
		}),
		"float16 as integers": with(Float16, []int{3}, func(t *message) {
			var packed []byte
			for _, bits := range []uint64{0x3e00, 0xc000, 0x0400} {
				packed = protowire.AppendVarint(packed, bits)
			}
			t.bytes(tensorInt32s, packed)
		}),
		"bfloat16 raw": with(BFloat16, []int{3}, func(t *message) {
			t.bytes(tensorRaw, []byte{0xc0, 0x3f, 0x00, 0xc0, 0x80, 0x38})
		}),
		"dimensions packed": with(Float32, nil, func(t *message) {
			t.bytes(tensorDims, []byte{1, 3})
			t.bytes(tensorRaw, floats(want...))
		}),
	} {
		f, err := parseBytes(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := make([]float32, 3)
		if err := f.Read(got, "w"); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestReadsLargeTensorsWhole(t *testing.T) {
	const chunk = sections.ChunkBytes / 4
	for _, n := range []int{chunk - 1, chunk, chunk + 1, 3*chunk + 5} {
		values := make([]float32, n)
		for i := range values {
			values[i] = float32(i)
		}
		f, err := parseBytes(with(Float32, []int{n}, func(t *message) {
			t.bytes(tensorRaw, floats(values...))
		}))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, n)
		if err := f.Read(got, "w"); err != nil || !slices.Equal(got, values) {
			t.Errorf("%d elements: wrong values, %v", n, err)
		}
	}
}

func TestDamagedFilesAreRefused(t *testing.T) {
	raw := func(t *message) { t.bytes(tensorRaw, floats(1)) }
	good := with(Float32, []int{1}, raw)
	var twice, named message
	for range 2 {
		h := tensorHead("w", Float32, []int{1})
		raw(&h)
		twice.bytes(graphInitializer, h)
	}
	long := tensorHead(strings.Repeat("n", maxText+1), Float32, []int{1})
	named.bytes(graphInitializer, long)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":          {nil, "0 graphs"},
		"two graphs":     {slices.Concat(model(nil), model(nil)), "2 graphs"},
		"truncated":      {good[:len(good)-1], "malformed"},
		"text":           {[]byte("<!DOCTYPE html>"), "malformed"},
		"length too big": {binary.AppendUvarint([]byte{7<<3 | 2}, math.MaxUint64), "malformed"},
		"field zero":     {[]byte{0, 0}, "malformed"},
		"group":          {[]byte{1<<3 | 3}, "malformed"},
		"graph a number": {[]byte{7 << 3, 1}, "malformed"},
		"too few bytes":  {with(Float32, []int{2}, raw), "needs 8 bytes"},
		"too many bytes": {with(Float32, []int{0}, raw), "needs 0 bytes"},
		"negative side":  {with(Float32, []int{-1}, raw), "does not fit"},
		"overflow":       {with(Float32, []int{1 << 62, 4}, raw), "does not fit"},
		"nine sides":     {with(Float32, make([]int, 9), raw), "malformed"},
		"wrong integers": {with(Float32, []int{1}, func(t *message) {
			t.bytes(tensorInt32s, []byte{1})
		}), "integers"},
		"same name": {model(twice), "two initialisers"},
		"long name": {model(named), "a name of"},
	} {
		_, err := parseBytes(c.file)
		if fault.KindOf(err) != fault.Input || !strings.Contains(fmt.Sprint(err), c.want) ||
			!strings.Contains(err.Error(), "w.onnx") {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestReadErrorsNameFileAndTensor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.onnx")
	file := with(Float32, []int{1}, func(t *message) { t.bytes(tensorRaw, floats(1)) })
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	shortened, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer shortened.Close()
	if err := os.Truncate(path, int64(len(file)-1)); err != nil {
		t.Fatal(err)
	}
	external, err := parseBytes(with(Float32, []int{1}, func(t *message) {
		t.integer(tensorWhere, externalStorage)
	}))
	if err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func() error{
		"absent":   func() error { return external.Read(make([]float32, 1), "absent") },
		"external": func() error { return external.Read(make([]float32, 1), "w") },
		"w":        func() error { return shortened.Read(make([]float32, 1), "w") },
	} {
		err := read()
		if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "w.onnx") ||
			!strings.Contains(err.Error(), ";") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "absent")); fault.KindOf(err) != fault.Input {
		t.Errorf("absent file: got %v", err)
	}
}

func TestReadIntoTheWrongLength(t *testing.T) {
	f, err := parseBytes(with(Float32, []int{2, 1}, func(t *message) { t.bytes(tensorRaw, floats(1, 2)) }))
	if err != nil {
		t.Fatal(err)
	}
	for _, length := range []int{0, 1, 3} {
		want := fmt.Sprintf(`ONNX model w.onnx: initialiser "w" has 2 elements, %d were asked for`, length)
		if err := f.Read(make([]float32, length), "w"); err == nil || err.Error() != want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Whatever the bytes, parsing neither panics nor allocates more than the file could justify.
func FuzzParse(f *testing.F) {
	f.Add(with(Float32, []int{1}, func(t *message) { t.bytes(tensorRaw, floats(1)) }))
	f.Add(with(Float16, []int{2}, func(t *message) { t.bytes(tensorInt32s, []byte{1, 2}) }))
	f.Add(model(linear("layer.bias", "product")))
	f.Add(model(emptyMatrix()))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := parseBytes(b)
		if err != nil {
			return
		}
		for _, name := range file.Names() {
			stored := file.tensors[name]
			if stored.external {
				continue
			}
			if n := stored.elements(); n > len(b) {
				t.Fatalf("tensor %q of %d elements in a file of %d bytes", name, n, len(b))
			}
			err := file.Read(make([]float32, stored.elements()), name)
			if err != nil && !stored.varints {
				t.Fatal(err)
			}
		}
	})
}

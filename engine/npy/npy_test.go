package npy

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"musc/engine/fault"
)

const fixtures = "../../testdata/fixtures"

func TestGoldenFilesAreReadAndWrittenAgainToTheByte(t *testing.T) {
	paths, err := filepath.Glob(fixtures + "/*/*.npy")
	if err != nil || len(paths) < 50 {
		t.Fatalf("found %d golden files, %v", len(paths), err)
	}
	again := filepath.Join(t.TempDir(), "again.npy")
	written := 0
	for _, path := range paths {
		array, err := Open(path)
		if err != nil {
			if strings.Contains(err.Error(), "are integers") { // labels and masks
				continue
			}
			t.Fatal(err)
		}
		switch array.Dtype {
		case "<f4":
			values := make([]float32, array.Len())
			if err := array.ReadFloat32(values, 0); err != nil {
				t.Fatal(err)
			}
			err = Write(again, array.Shape, values)
		case "<f8":
			values := make([]float64, array.Len())
			if err := array.ReadFloat64(values, 0); err != nil {
				t.Fatal(err)
			}
			err = WriteFloat64(again, array.Shape, values)
		}
		if err != nil {
			t.Fatal(err)
		}
		want, _ := os.ReadFile(path)
		if got, _ := os.ReadFile(again); !bytes.Equal(got, want) {
			t.Fatalf("%s is not the same after reading and writing", path)
		}
		array.Close()
		written++
	}
	if written < 50 {
		t.Fatalf("only %d golden files hold floats", written)
	}
}

// file writes a .npy with an arbitrary header, padded by nobody, and data.
func file(t *testing.T, header, data string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "array.npy")
	text := magic + "\x01\x00" + string([]byte{byte(len(header)), byte(len(header) >> 8)}) + header + data
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEveryDtypeWidensExactly(t *testing.T) {
	third := math.Float64frombits(0x3fd5555555555555)
	cases := map[string]struct {
		data string
		want []float64
	}{
		"<f2": {"\x00\x3c\x00\xc0\x01\x00\x00\x7c", []float64{1, -2, 0x1p-24, math.Inf(1)}},
		"<f4": {"\x00\x00\x80\x3f\x00\x00\x00\xc0", []float64{1, -2}},
		"<f8": {"\x55\x55\x55\x55\x55\x55\xd5\x3f", []float64{third}},
	}
	for dtype, c := range cases {
		header := "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': (" +
			string(rune('0'+len(c.want))) + ",), }"
		array, err := Open(file(t, header, c.data))
		if err != nil {
			t.Fatal(err)
		}
		defer array.Close()
		double, single := make([]float64, len(c.want)), make([]float32, len(c.want))
		if err := array.ReadFloat64(double, 0); err != nil {
			t.Fatal(err)
		}
		if err := array.ReadFloat32(single, 0); err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			if double[i] != want || single[i] != float32(want) {
				t.Errorf("%s element %d: got %v and %v, want %v", dtype, i, double[i], single[i], want)
			}
		}
	}
}

func TestAnyPartOfALargeArrayIsReadByManyGoroutines(t *testing.T) {
	const length = 3*blockBytes/4 + 17 // several blocks, the last one short
	values := make([]float32, length)
	for i := range values {
		values[i] = float32(i)
	}
	path := filepath.Join(t.TempDir(), "large.npy")
	if err := Write(path, []int{length}, values); err != nil {
		t.Fatal(err)
	}
	array, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer array.Close()
	var all sync.WaitGroup
	for _, from := range []int{0, 1, blockBytes/4 - 1, blockBytes / 4, length - 1, length} {
		all.Go(func() {
			got := make([]float32, length-from)
			if err := array.ReadFloat32(got, from); err != nil || !slices.Equal(got, values[from:]) {
				t.Errorf("reading from element %d: %v", from, err)
			}
		})
	}
	all.Wait()
	for _, from := range []int{-1, length - 1, length + 1} {
		want := fmt.Sprintf("cannot read 2 elements from element %d of %s: it has %d", from, path, length)
		if err := array.ReadFloat32(make([]float32, 2), from); err == nil || err.Error() != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if err := os.Truncate(path, 4096); err != nil {
		t.Fatal(err)
	}
	if err := array.ReadFloat32(values, 0); fault.KindOf(err) != fault.Input {
		t.Fatalf("file cut short while open: %v", err)
	}
}

func TestShapesThatAreNotTheDataAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	for _, shape := range [][]int{{2}, {-1, -3}, {3, 2}, {math.MaxInt, math.MaxInt}, {0}} {
		if err := Write(path, shape, make([]float32, 3)); err == nil {
			t.Errorf("shape %v was written with 3 elements", shape)
		}
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Fatalf("a refused write left a file: %v", err)
	}
	err := Write(filepath.Join(t.TempDir(), "absent", "x.npy"), []int{1}, []float32{1})
	if fault.KindOf(err) != fault.Output {
		t.Fatalf("unwritable place: got %v", err)
	}
}

func TestLoadReadsTheWholeArray(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	if err := Write(path, []int{2, 2}, []float32{1, 2, 3, 4.5}); err != nil {
		t.Fatal(err)
	}
	values, shape, err := Load(path)
	if err != nil || !slices.Equal(values, []float64{1, 2, 3, 4.5}) || !slices.Equal(shape, []int{2, 2}) {
		t.Errorf("%v of shape %v, %v", values, shape, err)
	}
	if values, _, err := Load(path + "x"); fault.KindOf(err) != fault.Input || values != nil {
		t.Errorf("an absent file: %v, %v", values, err)
	}
}

func TestScalarAndEmptyArraysSurvive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	for _, shape := range [][]int{{}, {0}, {0, 5}, {1, 1, 1}} {
		data := make([]float64, 0, 1)
		if !slices.Contains(shape, 0) {
			data = append(data, math.Pi)
		}
		if err := WriteFloat64(path, shape, data); err != nil {
			t.Fatal(err)
		}
		array, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float64, array.Len())
		err = array.ReadFloat64(got, 0)
		array.Close()
		if err != nil || !slices.Equal(array.Shape, shape) || !slices.Equal(got, data) {
			t.Errorf("shape %v came back as %v, %v, %v", shape, array.Shape, got, err)
		}
	}
}

func BenchmarkReadFloat32(b *testing.B) {
	path := filepath.Join(b.TempDir(), "x.npy")
	values := make([]float32, 1369*1024)
	if err := Write(path, []int{1369, 1024}, values); err != nil {
		b.Fatal(err)
	}
	array, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer array.Close()
	b.SetBytes(int64(4 * len(values)))
	for b.Loop() {
		if err := array.ReadFloat32(values, 0); err != nil {
			b.Fatal(err)
		}
	}
}

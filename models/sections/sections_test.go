package sections

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"musc/engine/fault"
)

func TestFileReadsWithinItsBounds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w")
	if err := os.WriteFile(path, []byte("0123456789"), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Parse(path, "weights", func(f *File) (*File, error) { return f, nil })
	if err != nil {
		t.Fatal(err)
	}
	if f.Size != 10 || f.Path != path {
		t.Errorf("%+v", f)
	}
	p := make([]byte, 4)
	if err := f.ReadFull(p, 6); err != nil || string(p) != "6789" {
		t.Errorf("%q, %v", p, err)
	}
	if err := f.ReadFull(p, 7); err != io.ErrUnexpectedEOF {
		t.Errorf("beyond the end: %v", err)
	}
	if n, err := f.ReadAt(p, 8); n != 2 || err != io.EOF {
		t.Errorf("%d, %v", n, err)
	}
	text, err := io.ReadAll(f.Reader(Section{7, 9}, Section{0, 0}, Section{1, 3}))
	if string(text) != "7812" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := f.ReadFull(p, 0); !errors.Is(err, os.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if err := New("memory", strings.NewReader("x"), 1).Close(); err != nil {
		t.Error(err)
	}
	var kept *File
	refused := errors.New("no weights")
	if got, err := Parse(path, "weights", func(f *File) (int, error) {
		kept = f
		return 7, refused
	}); got != 0 || err != refused {
		t.Errorf("refused: %v, %v", got, err)
	}
	if err := kept.ReadFull(p, 0); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a file that was refused stays open: %v", err)
	}
	_, err = Parse(path+"x", "weights", func(f *File) (*File, error) { return f, nil })
	if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "cannot open weights") {
		t.Errorf("absent: %v", err)
	}
}

func TestWithin(t *testing.T) {
	for s, want := range map[Section]bool{{2, 5}: true, {2, 2}: true, {5, 5}: true, {1, 3}: false,
		{3, 6}: false, {4, 3}: false} {
		if s.Within(2, 5) != want {
			t.Errorf("%v: %v", s, !want)
		}
	}
	if got := (Section{3, 7}).Bytes(); got != 4 {
		t.Errorf("%d bytes", got)
	}
}

func TestElements(t *testing.T) {
	for _, c := range []struct {
		shape []int64
		limit int64
		want  int64
		fits  bool
	}{
		{nil, 1, 1, true}, {[]int64{2, 3}, 6, 6, true}, {[]int64{2, 3}, 5, 0, false},
		{[]int64{0, 1 << 62, 1 << 62}, MaxElements, 0, true}, {[]int64{-1}, 9, 0, false},
		{[]int64{7, 0}, 1 << 40, 0, true}, {[]int64{1 << 40, 1 << 40}, MaxElements, 0, false},
		{[]int64{math.MaxInt64}, MaxElements, 0, false},
	} {
		got, fits := Elements(c.shape, c.limit)
		if got != c.want || fits != c.fits {
			t.Errorf("%v, at most %d: %d, %v", c.shape, c.limit, got, fits)
		}
	}
}

func TestFloats(t *testing.T) {
	want := []float32{0, 1, -2.5, 65504, float32(math.Inf(1)), 0x1p-14}
	for _, c := range []struct {
		kind   Element
		bytes  int64
		stored any
	}{
		{Float32, 4, want},
		{Float16, 2, []uint16{0, 0x3c00, 0xc100, 0x7bff, 0x7c00, 0x0400}},
		{BFloat16, 2, []uint16{0, 0x3f80, 0xc020, 0x477f, 0x7f80, 0x3880}},
	} {
		if c.kind.Bytes() != c.bytes {
			t.Errorf("%v has %d bytes", c.kind, c.kind.Bytes())
		}
		var file bytes.Buffer
		if err := binary.Write(&file, binary.LittleEndian, c.stored); err != nil {
			t.Fatal(err)
		}
		got := make([]float32, len(want))
		if err := c.kind.ReadFloats(&file, got); err != nil {
			t.Fatal(err)
		}
		expected := want
		if c.kind == BFloat16 { // 65504 has more digits than it holds
			expected = []float32{0, 1, -2.5, 65280, float32(math.Inf(1)), 0x1p-14}
		}
		if !reflect.DeepEqual(got, expected) {
			t.Errorf("%v: %v", c.kind, got)
		}
		if err := c.kind.ReadFloats(strings.NewReader("abc"), got[:2]); err != io.ErrUnexpectedEOF {
			t.Errorf("%v, cut: %v", c.kind, err)
		}
	}
	if got := Element(0).Bytes(); got != 0 {
		t.Errorf("no type: %d bytes", got)
	}
}

// An array of more than one chunk, not a multiple of it, is read whole and in order.
func TestFloatsOfSeveralChunks(t *testing.T) {
	want := make([]float32, ChunkBytes/4*2+3)
	for i := range want {
		want[i] = float32(i)
	}
	var file bytes.Buffer
	if err := binary.Write(&file, binary.LittleEndian, want); err != nil {
		t.Fatal(err)
	}
	got := make([]float32, len(want))
	if err := Float32.ReadFloats(&file, got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v", err)
	}
}

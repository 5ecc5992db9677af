package npy

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

var (
	archivedScores = []float64{0.1, math.Inf(1), 0, 3, math.Pi, 5e-324}
	archivedTokens = []float32{1, 0.1, math.MaxFloat32}
)

// archive is one of two arrays and a text, as bytes.
func archive(t *testing.T) []byte {
	t.Helper()
	var content bytes.Buffer
	w := NewArchiveWriter(&content)
	for _, err := range []error{w.Float64("scores", []int{2, 3}, archivedScores),
		w.Float32("class", []int{1, 3}, archivedTokens), w.Float64("empty", []int{0, 6}, nil),
		w.Bytes("note.txt", []byte("two\nlines")), w.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return content.Bytes()
}

func openArchive(t *testing.T, content []byte) (*Archive, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "part.npz")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := OpenArchive(path)
	if err == nil {
		t.Cleanup(func() { a.Close() })
	}
	return a, err
}

func TestArchiveGivesBackWhatWasWritten(t *testing.T) {
	a, err := openArchive(t, archive(t))
	if err != nil {
		t.Fatal(err)
	}
	scores, shape, err := a.Float64("scores")
	if err != nil || !slices.Equal(scores, archivedScores) || !slices.Equal(shape, []int{2, 3}) {
		t.Errorf("scores: %v of %v, %v", scores, shape, err)
	}
	class, shape, err := a.Float32("class")
	if err != nil || !slices.Equal(class, archivedTokens) || !slices.Equal(shape, []int{1, 3}) {
		t.Errorf("class: %v of %v, %v", class, shape, err)
	}
	empty, shape, err := a.Float64("empty")
	if err != nil || len(empty) != 0 || !slices.Equal(shape, []int{0, 6}) {
		t.Errorf("empty: %v of %v, %v", empty, shape, err)
	}
	if note, err := a.Bytes("note.txt"); err != nil || string(note) != "two\nlines" {
		t.Errorf("note: %q, %v", note, err)
	}
	if got, want := a.Checksum("note.txt"), crc32.ChecksumIEEE([]byte("two\nlines")); got != want ||
		a.Checksum("absent") != 0 {
		t.Errorf("the checksum of the note is %x, not %x", got, want)
	}
	if !bytes.Equal(archive(t), archive(t)) {
		t.Error("the same content gives other bytes")
	}
}

// A byte that changes in what a reader takes, or a shorter file, is told; none is taken for content.
func TestEveryDamageOfAnArchiveIsTold(t *testing.T) {
	whole := archive(t)
	read := func(content []byte) error {
		a, err := openArchive(t, content)
		if err != nil {
			return err
		}
		scores, shape, err := a.Float64("scores")
		if err == nil && (!slices.Equal(scores, archivedScores) || !slices.Equal(shape, []int{2, 3})) {
			t.Fatalf("a damaged file gave %v of %v", scores, shape)
		}
		return err
	}
	told := 0
	for at := range whole {
		damaged := slices.Clone(whole)
		damaged[at] ^= 0x55
		if err := read(damaged); err != nil {
			told++
			if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "part.npz") {
				t.Fatalf("byte %d: %v of kind %v", at, err, fault.KindOf(err))
			}
		}
		if err := read(whole[:at]); err == nil {
			t.Fatalf("cut to %d of %d bytes it was read", at, len(whole))
		}
	}
	if told < 6*8 { // at the least every byte of the elements
		t.Errorf("%d of %d damaged bytes were told", told, len(whole))
	}
}

func TestWhatAnArchiveDoesNotHoldIsNamed(t *testing.T) {
	a, err := openArchive(t, archive(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"images", "note.txt"} { // no array
		if _, _, err := a.Float64(name); err == nil || !strings.Contains(err.Error(), name+".npy") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := OpenArchive(filepath.Join(t.TempDir(), "absent.npz")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	if _, err := OpenArchive(t.TempDir()); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("a folder: %v", err)
	}
}

func TestShapeMustFitTheElementsOfAnArchive(t *testing.T) {
	w := NewArchiveWriter(&bytes.Buffer{})
	for _, shape := range [][]int{{2}, {-1, -3}, {}} {
		if err := w.Float64("scores", shape, []float64{1, 2, 3}); err == nil {
			t.Errorf("shape %v of 3 elements is written", shape)
		}
	}
}

package bank

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"musc/engine/fault"
	"musc/engine/mutual"
	"musc/engine/verdict"
)

// headerOf is a header of a bank with odd sizes.
func headerOf(encoding Encoding) Header {
	return Header{
		Version: "1.2", Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Model: Model{Name: "model", Sums: []string{"ab", "cd"}, ImageSize: 21, GridHeight: 3, GridWidth: 5,
			Channels: 7, Stages: 4, ClassDim: 3},
		Provenance: []string{"CPU", "avx2"},
		Settings: Settings{Preset: "model", Stages: []int{2, 3}, Degrees: []int{1, 3},
			Interval: mutual.Interval{High: 0.3}, Nearest: true, MaxPixels: 1000, ROI: []byte("\x89PNG")},
		Shape: Shape{Views: 2, Stages: 2, Height: 3, Width: 5, Channels: 7, ClassDim: 3,
			Encoding: encoding},
	}
}

// tokensOf are made up, of one channel far larger than the rest as backbones have.
func tokensOf(shape Shape, photo, view, stage int) []float32 {
	random := rand.New(rand.NewPCG(uint64(photo), uint64(10*view+stage)))
	tokens := make([]float32, shape.Patches()*shape.Channels)
	for k := range tokens {
		tokens[k] = float32(random.NormFloat64())
		if k%shape.Channels == 3 {
			tokens[k] += 50
		}
	}
	return tokens
}

// activeOf leaves out every third patch of the second view of odd photos.
func activeOf(shape Shape, photo, view int) []bool {
	if photo%2 == 0 || view == 0 {
		return nil
	}
	active := make([]bool, shape.Patches())
	for p := range active {
		active[p] = p%3 != 0
	}
	return active
}

var names = []string{"a.png", "dir/b \"x\"\n<script>.png", "ü.png", "bad\xff.png"}

// add gives the writer a made-up photo of that number.
func add(w *Writer, photo int) error {
	shape := w.header.Shape
	class := make([]float32, shape.ClassDim)
	for k := range class {
		class[k] = float32(photo) + float32(k)/8
	}
	return w.Add(Photo{Name: names[photo], SHA256: fmt.Sprint(photo), Width: 30, Height: 20, Class: class},
		func(view, stage int) []float32 { return tokensOf(shape, photo, view, stage) },
		func(view int) []bool { return activeOf(shape, photo, view) })
}

// write makes a bank of the first photos.
func write(t *testing.T, path string, header Header, photos int) {
	t.Helper()
	w, err := Create(path, header, true)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for photo := range photos {
		if err := add(w, photo); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(calibrationOf(photos)); err != nil {
		t.Fatal(err)
	}
}

func calibrationOf(photos int) Calibration {
	scores := make([]float64, photos)
	for k := range scores {
		scores[k] = 0.3 + float64(k)/100
	}
	return Calibration{Method: "0.4", Scores: scores,
		Thresholds:  verdict.Thresholds{Method: "0.4", Threshold: 0.4, Review: 0.4},
		FalseAlarms: &FalseAlarms{Photos: photos}}
}

func mustOpen(t *testing.T, path string) *Bank {
	t.Helper()
	b, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func TestRoundTrip(t *testing.T) {
	for encoding, tolerance := range map[Encoding]float64{Float32: 0, Float16: 0x1p-11, Int8: 0.5 / 255} {
		path := filepath.Join(t.TempDir(), "x.musc")
		write(t, path, headerOf(encoding), len(names))
		b := mustOpen(t, path)
		h := b.Header()
		if h.Format != Format || h.Model.Name != "model" || !h.Created.Equal(headerOf(0).Created) ||
			!slices.Equal(h.Settings.ROI, []byte("\x89PNG")) || h.Calibration.Scores[1] != 0.31 ||
			h.Calibration.Thresholds.Of(0.41) != verdict.Defective || h.Photos[1].Name != names[1] {
			t.Errorf("%v: header %+v", encoding, h)
		}
		if err := b.Verify(); err != nil {
			t.Error(err)
		}
		for photo := range names {
			if class := b.Class(photo); class[2] != float32(photo)+0.25 {
				t.Errorf("class token %v", class)
			}
			for view := range h.Shape.Views {
				active := activeOf(h.Shape, photo, view)
				if !slices.Equal(b.Active(photo, view), active) {
					t.Errorf("photo %d view %d: %v", photo, view, b.Active(photo, view))
				}
				for stage := range h.Shape.Stages {
					want := tokensOf(h.Shape, photo, view, stage)
					got := make([]float32, len(want))
					b.Tokens(got, photo, view, stage)
					compareTokens(t, got, want, h.Shape.Channels, active, tolerance)
				}
			}
		}
	}
}

// compareTokens allows a part of the channel's range.
func compareTokens(t *testing.T, got, want []float32, channels int, active []bool, tolerance float64) {
	t.Helper()
	for k := range got {
		if active != nil && !active[k/channels] {
			if got[k] != 0 {
				t.Fatalf("inactive value %d is %v", k, got[k])
			}
			continue
		}
		wide := 8.0 // of normal values; and float16 rounds relative to the value
		if k%channels == 3 && tolerance == 0x1p-11 {
			wide = 60
		}
		if diff := math.Abs(float64(got[k] - want[k])); diff > wide*tolerance {
			t.Fatalf("value %d: %v, want %v", k, got[k], want[k])
		}
	}
}

func TestSameContentSameBytes(t *testing.T) {
	dir := t.TempDir()
	one, other := filepath.Join(dir, "1"), filepath.Join(dir, "2")
	header := headerOf(Float16)
	write(t, one, header, 3)
	write(t, other, header, 3)
	first, _ := os.ReadFile(one)
	second, _ := os.ReadFile(other)
	if !bytes.Equal(first, second) {
		t.Error("two builds differ")
	}
	header.Version, header.Created = "9", time.Time{}
	write(t, other, header, 3)
	a, b := mustOpen(t, one).Header(), mustOpen(t, other).Header()
	if a.ID != b.ID || b.Created.IsZero() {
		t.Errorf("IDs %s and %s; made %v", a.ID, b.ID, b.Created)
	}
	header.Settings.Near = 1
	write(t, other, header, 3)
	if c := mustOpen(t, other).Header(); c.ID == a.ID {
		t.Error("other settings, same ID")
	}
}

func TestReferencesAreTheTokens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	write(t, path, headerOf(Float16), 4)
	b := mustOpen(t, path)
	shape := b.Header().Shape
	for _, spill := range []string{"", t.TempDir()} {
		first, further, err := b.References(spill)
		if err != nil || len(further) != 1 || first.Spilled() != (spill != "") {
			t.Fatal(err, further)
		}
		want := make([]float32, shape.Patches()*shape.Channels)
		b.Tokens(want, 3, 0, 1)
		if !slices.Equal(first.Tokens(1, 3), want) {
			t.Error("view 0 differs")
		}
		b.Tokens(want, 1, 1, 0)
		if !slices.Equal(further[0].Tokens(0, 1), want) {
			t.Error("view 1 differs")
		}
		first.Close()
		further[0].Close()
	}
}

func TestCopyAndBankOfAWriter(t *testing.T) {
	dir := t.TempDir()
	from := filepath.Join(dir, "from")
	write(t, from, headerOf(Int8), 4)
	b := mustOpen(t, from)
	w, err := Create(filepath.Join(dir, "to"), *b.Header(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for _, photo := range []int{3, 0} {
		if err := w.Copy(b, photo); err != nil {
			t.Fatal(err)
		}
	}
	written, err := w.Bank()
	if err != nil {
		t.Fatal(err)
	}
	shape := b.Header().Shape
	want, got := make([]float32, shape.Patches()*shape.Channels), make([]float32, shape.Patches()*shape.Channels)
	b.Tokens(want, 3, 1, 1)
	written.Tokens(got, 0, 1, 1)
	if !slices.Equal(got, want) || len(written.Header().Photos) != 2 {
		t.Error("what was written is not what is read")
	}
	written.Close()
	if err := w.Commit(calibrationOf(2)); err != nil {
		t.Fatal(err)
	}
	to := mustOpen(t, filepath.Join(dir, "to"))
	to.Tokens(got, 0, 1, 1)
	if !slices.Equal(got, want) || to.Header().Photos[1].Name != names[0] || to.Verify() != nil {
		t.Error("the copy differs")
	}
}

func TestWhatAWriterRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	w, err := Create(path, headerOf(Float16), false)
	if err != nil {
		t.Fatal(err)
	}
	if err := add(w, 0); err != nil {
		t.Fatal(err)
	}
	if err := add(w, 0); fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), `"a.png"`) {
		t.Errorf("the same name: %v", err)
	}
	shape := w.header.Shape
	infinite := tokensOf(shape, 1, 0, 0)
	infinite[8] = float32(math.Inf(1))
	err = w.Add(Photo{Name: "n", Class: make([]float32, 3)},
		func(int, int) []float32 { return infinite }, nil)
	if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "+Inf at patch 1") {
		t.Errorf("infinite: %v", err)
	}
	if err := os.WriteFile(path, []byte("of another"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(Calibration{}); fault.KindOf(err) != fault.Output {
		t.Errorf("appeared meanwhile: %v", err)
	}
	if text, _ := os.ReadFile(path); string(text) != "of another" {
		t.Errorf("replaced by %q", text)
	}
	if _, err := Create(path, headerOf(Float16), false); fault.KindOf(err) != fault.Output {
		t.Errorf("there already: %v", err)
	}
	empty, err := Create(filepath.Join(dir, "empty"), headerOf(Float16), false)
	if err != nil {
		t.Fatal(err)
	}
	if err := empty.Commit(Calibration{}); fault.KindOf(err) != fault.Input {
		t.Errorf("no photo: %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left %v", entries)
	}
	bad := headerOf(Float16)
	bad.Shape.Channels = 0
	if _, err := Create(filepath.Join(dir, "y"), bad, false); fault.KindOf(err) != fault.Internal {
		t.Errorf("no channels: %v", err)
	}
}

func TestOpenBankStaysWhenReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	write(t, path, headerOf(Float16), 4)
	old := mustOpen(t, path)
	shape := old.Header().Shape
	want := make([]float32, shape.Patches()*shape.Channels)
	old.Tokens(want, 3, 0, 0)
	done := make(chan error)
	go func() {
		for range 20 {
			b, err := Open(path)
			if err == nil {
				err = errors.Join(b.Verify(), b.Close())
			}
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for k := range 20 {
		write(t, path, headerOf(Float16), 1+k%4)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	got := make([]float32, len(want))
	if old.Tokens(got, 3, 0, 0); !slices.Equal(got, want) || old.Verify() != nil {
		t.Error("the open bank changed")
	}
}

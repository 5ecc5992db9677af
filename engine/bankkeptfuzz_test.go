package engine

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"musc/engine/bank"
	"musc/engine/fault"
	"musc/engine/frame"
	"musc/engine/imageio"
	"musc/engine/mutual"
	"musc/engine/verdict"
)

// smallHeader is what a small bank may say.
func smallHeader() bank.Header {
	return bank.Header{Model: bank.Model{Name: "tiny", ImageSize: 28, GridHeight: 2, GridWidth: 2, Channels: 3,
		Stages: 4, ClassDim: 2},
		Settings: bank.Settings{Stages: []int{1, 3}, Degrees: []int{1}, Interval: mutual.Interval{High: 0.3},
			Frame: frame.Options{Turns: 2}, MaxPixels: 1000},
		Shape: bank.Shape{Views: 2, Stages: 2, Height: 2, Width: 2, Channels: 3, ClassDim: 2}}
}

// madeBank is a bank of one photo with that header; nil of what no bank can be written of.
func madeBank(t *testing.T, path string, header bank.Header) *bank.Bank {
	t.Helper()
	shape := header.Shape
	w, err := bank.Create(path, header, true)
	if err != nil {
		return nil
	}
	defer w.Abort()
	tokens := make([]float32, shape.Patches()*shape.Channels)
	if err = w.Add(bank.Photo{Name: "a.png", Class: make([]float32, shape.ClassDim)},
		func(int, int) []float32 { return tokens }, nil); err == nil {
		err = w.Commit(bank.Calibration{Method: "0.4", Thresholds: verdict.Thresholds{Method: "0.4"}})
	}
	if err != nil {
		return nil
	}
	b, err := bank.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// Banks whose settings do not belong to their tokens are refused before anything is read for them.
func TestBanksThatContradictThemselvesAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.musc")
	for name, spoil := range map[string]func(*bank.Header){
		"views":       func(h *bank.Header) { h.Settings.Frame.Turns = 3 },
		"huge views":  func(h *bank.Header) { h.Settings.Frame = frame.Options{Turns: 1 << 62} },
		"tiles":       func(h *bank.Header) { h.Settings.Frame.Tiles.Rows = -1 },
		"open tiles":  func(h *bank.Header) { h.Settings.Frame.Tiles.Auto = true },
		"grid":        func(h *bank.Header) { h.Model.GridHeight, h.Model.GridWidth = 4, 4 },
		"no grid":     func(h *bank.Header) { h.Model.GridHeight = 0 },
		"channels":    func(h *bank.Header) { h.Model.Channels = 4 },
		"class token": func(h *bank.Header) { h.Model.ClassDim = 0 },
		"stage":       func(h *bank.Header) { h.Settings.Stages = []int{1, 5} },
		"stage twice": func(h *bank.Header) { h.Settings.Stages = []int{2, 2} },
		"near":        func(h *bank.Header) { h.Settings.Near = -1 },
		"large maps":  func(h *bank.Header) { h.Settings.MapSize = 1 << 40 },
		"map size":    func(h *bank.Header) { h.Settings.MapSize = -1 },
		"bits":        func(h *bank.Header) { h.Settings.Bits = 99 },
		"no mask":     func(h *bank.Header) { h.Settings.ROI = []byte("x") },
	} {
		header := smallHeader()
		spoil(&header)
		b := madeBank(t, path, header)
		if b == nil {
			t.Errorf("%s: no such bank can be written", name)
			continue
		}
		if _, err := (Config{}).WithBank(b); fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (Config{}).WithBank(madeBank(t, path, smallHeader())); err != nil {
		t.Errorf("as it is: %v", err)
	}
}

// Whatever the settings and the sizes in a bank's header say, they are refused with the file's name, or its tokens
// are read as a job by it reads them; and what was written is read again.
func FuzzBankSettings(f *testing.F) {
	header := smallHeader()
	for _, change := range []func(){
		func() {}, func() { header.Settings.Frame.Tiles, header.Shape.Views = frame.Tiles{Rows: 1, Columns: 2}, 4 },
		func() { header.Settings.ROI = []byte("GIF89a"); header.Settings.Near, header.Settings.MapSize = 1, 32 },
		func() { header.Settings.Depth.Integers = imageio.Range{Low: 5, High: 3}; header.Settings.Bits = 12 },
	} {
		change()
		text, err := json.Marshal(header)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	path := filepath.Join(f.TempDir(), "x.musc")
	f.Fuzz(func(t *testing.T, text []byte) {
		header := smallHeader()
		if json.Unmarshal(text, &header) != nil {
			return
		}
		s := &header.Shape
		for _, size := range []int{s.Views, s.Stages, s.Height, s.Width, s.Channels, s.ClassDim} {
			if size > 16 {
				return // larger files are not other ones
			}
		}
		header.Photos = nil
		b := madeBank(t, path, header)
		if b == nil {
			return
		}
		if got := b.Header().Settings; !reflect.DeepEqual(got, normal(t, header.Settings)) {
			t.Fatalf("the settings are %+v, not %+v", got, header.Settings)
		}
		job, err := (Config{}).WithBank(b)
		if err != nil {
			if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), path) {
				t.Fatal(err)
			}
			return
		}
		if err := job.Check(); err != nil {
			t.Fatalf("a bank that was taken: %v", err)
		}
		model := b.Header().Model
		tokens := make([]float32, model.GridHeight*model.GridWidth*model.Channels)
		for view := range job.Frame.Views() {
			b.Active(0, view)
			for stage := range job.Scoring.Stages {
				b.Tokens(tokens, 0, view, stage)
			}
		}
	})
}

// normal are settings as JSON gives them back.
func normal(t *testing.T, settings bank.Settings) (read bank.Settings) {
	t.Helper()
	text, err := json.Marshal(settings)
	if err == nil {
		err = json.Unmarshal(text, &read)
	}
	if err != nil {
		t.Fatal(err)
	}
	return read
}

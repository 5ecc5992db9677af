package watch

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/results"
	"musc/engine/verdict"
)

// fakeInspector scores a picture by its first pixel: 255 is 1. From 0.5 on a photo is defective, from 0.4
// on it is to be reviewed.
type fakeInspector struct{}

func (fakeInspector) Thresholds() *verdict.Thresholds {
	return &verdict.Thresholds{Method: "auto", Threshold: 0.5, Review: 0.4}
}
func (fakeInspector) Height() int { return 2 }
func (fakeInspector) Width() int  { return 2 }

func (fakeInspector) Inspect(_ context.Context, photo engine.Photo) (*engine.Inspection, error) {
	picture, err := png.Decode(bytes.NewReader(photo.Data))
	if err != nil {
		return nil, fault.New(fault.Input, "cannot read %s: %w", photo.Path, err)
	}
	score := float64(color.GrayModel.Convert(picture.At(0, 0)).(color.Gray).Y) / 255
	found := &engine.Inspection{}
	found.Width, found.Height = picture.Bounds().Dx(), picture.Bounds().Dy()
	found.PatchScores = []float64{score, score / 4, score / 4, score / 4}
	found.ScoreBefore, found.Score = score, score
	thresholds := fakeInspector{}.Thresholds()
	grid := verdict.Grid{Scores: found.PatchScores, Height: 2, Width: 2}
	found.Regions, err = verdict.Regions(grid, found.Width, found.Height, score, thresholds)
	return found, err
}

// picture is a PNG whose score is the level; its other pixels are of the number, so that no two are equal.
func picture(level uint8, number int) []byte {
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	for k := range m.Pix {
		m.Pix[k] = uint8(number >> (8 * (k % 4)))
	}
	m.Pix[0] = level
	var text bytes.Buffer
	_ = png.Encode(&text, m)
	return text.Bytes()
}

// putPhoto writes a file whole: beside it, and renamed into place.
func putPhoto(t *testing.T, path string, content []byte) {
	t.Helper()
	temporary := filepath.Join(filepath.Dir(path), ".putting.tmp")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(temporary, content, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temporary, path); err != nil {
		t.Fatal(err)
	}
}

// running is a watch that a test has started, and its listener.
type running struct {
	t       *testing.T
	options Options
	cancel  context.CancelFunc
	ended   chan struct{}
	summary Summary
	err     error

	mu      sync.Mutex
	entries []*Entry
	notes   []string // "kind: text"
}

func (r *running) Told(entry *Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = append(r.entries, entry)
	return nil
}

func (r *running) Note(kind, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notes = append(r.notes, kind+": "+text)
}

// begin starts a watch of folder with the quick times of tests.
func begin(t *testing.T, folder, output string, change func(o *Options)) *running {
	t.Helper()
	r := &running{t: t, ended: make(chan struct{}), options: Options{Folder: folder, Output: output,
		Settle: 20 * time.Millisecond, Patience: 300 * time.Millisecond, Rescan: time.Hour, Parallel: 2,
		ReportPhotos: -1, Memory: 1 << 30, Version: "v1", Bank: "bank"}}
	if change != nil {
		change(&r.options)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() {
		defer close(r.ended)
		r.summary, r.err = Run(ctx, r.options, fakeInspector{}, r)
	}()
	t.Cleanup(func() { cancel(); <-r.ended })
	return r
}

// until waits for a condition on what was told, and fails if it does not come true.
func (r *running) until(what string, true func() bool) {
	r.t.Helper()
	for range 6000 {
		r.mu.Lock()
		is := true()
		r.mu.Unlock()
		if is {
			return
		}
		select {
		case <-r.ended:
			r.t.Fatalf("the watch ended before %s: %v; %q", what, r.err, r.notes)
		case <-time.After(10 * time.Millisecond):
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.t.Fatalf("no %s: %d entries, notes %q", what, len(r.entries), r.notes)
}

// photos waits until so many entries were told.
func (r *running) photos(count int) *running {
	r.t.Helper()
	r.until(fmt.Sprintf("%d entries", count), func() bool { return len(r.entries) >= count })
	return r
}

func (r *running) noted(text string) {
	r.t.Helper()
	r.until("note "+text, func() bool {
		return slices.ContainsFunc(r.notes, func(note string) bool { return strings.Contains(note, text) })
	})
}

// end stops the watch and checks what it left.
func (r *running) end() *running {
	r.t.Helper()
	r.cancel()
	<-r.ended
	if r.err != nil {
		r.t.Fatal(r.err)
	}
	checkOutput(r.t, r.options.Output)
	return r
}

// names are those of the entries, in their order.
func (r *running) names() (list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, entry := range r.entries {
		list = append(list, entry.RawName())
	}
	return list
}

// checkOutput checks that the tables say what the journal says, sequence numbers are without gaps, and no
// bytes were scored twice under a name; it returns the entries that are told.
func checkOutput(t *testing.T, output string) (told []*Entry) {
	t.Helper()
	scores, defects := rowsOf(scoreColumns), defectHead()
	once := map[string]bool{}
	j, dropped, err := openJournal(filepath.Join(output, journalFile), func(_, _ int64, e *Entry) error {
		if !e.told() {
			return nil
		}
		told = append(told, e)
		if e.Sequence != uint64(len(told)) {
			t.Errorf("number %d follows %d", e.Sequence, len(told)-1)
		}
		if e.Kind == DriftKind {
			return nil
		}
		key := e.RawName() + "\x00" + e.SHA256
		if once[key] && e.SHA256 != "" {
			t.Errorf("%q was scored twice", e.RawName())
		}
		once[key] = true
		if e.Kind == Photo {
			scores, defects = append(scores, scoreRow(e)...), append(defects, defectRows(e)...)
		}
		return nil
	})
	if err != nil || dropped != 0 {
		t.Fatal(err, dropped)
	}
	j.close()
	for name, want := range map[string][]byte{results.ScoresFile: scores, results.DefectsFile: defects} {
		if got, err := os.ReadFile(filepath.Join(output, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the journal says: %v\n%s\nwant\n%s", name, err, got, want)
		}
	}
	return told
}

// readScoresCSV are the rows of scores.csv as a reader of CSV has them, without the head.
func readScoresCSV(t *testing.T, output string) [][]string {
	t.Helper()
	file, err := os.Open(filepath.Join(output, results.ScoresFile))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

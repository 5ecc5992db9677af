package watch

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"musc/engine"
	"musc/engine/atomicfile"
	"musc/engine/frame"
	"musc/engine/health"
	"musc/engine/report"
	"musc/engine/report/page"
	"musc/engine/results"
	"musc/engine/wholefile"
)

// pages keeps report.html of the last photos.
type pages struct {
	w *watcher

	mu      sync.Mutex
	photos  []*shownPhoto // in the order of arrival, at most ReportPhotos
	skipped []page.Skipped
	drift   *Drift // the last finding
	changed bool
	started time.Time
}

// shownPhoto is a photo of the report.
type shownPhoto struct {
	sequence uint64
	image    engine.Image
	drawn    bool // its thumbnail has been tried
}

// newPages begins with the last photos of earlier runs, as far as their patch scores were kept.
func newPages(w *watcher) *pages {
	p := &pages{w: w, started: time.Now().UTC()}
	for _, entry := range w.history.last {
		p.addEntry(entry)
		if entry.Kind != Photo {
			continue
		}
		photo := &shownPhoto{sequence: entry.Sequence, drawn: true}
		photo.image = engine.Image{Width: entry.Width, Height: entry.Height, Place: entry.Place, ScoreBefore: entry.score(),
			Score: entry.score()}
		photo.image.Name, photo.image.Path, photo.image.Digest = entry.RawName(), w.pathOf(entry), entry.SHA256
		var err error
		if photo.image.PatchScores, err = readScores(p.scoresOf(photo), w.draws.Height*w.draws.Width); err == nil {
			p.photos = append(p.photos, photo)
		}
	}
	p.changed = false
	return p
}

// add shows what came of an arrival.
func (p *pages) add(result *inspected) {
	if p.w.ReportPhotos < 0 || result.entry == nil || result.fate != done {
		return
	}
	if result.entry.Kind != Photo {
		p.addEntry(result.entry)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	result.image.ClassToken = nil // large, and not shown
	p.photos = append(p.photos, &shownPhoto{sequence: result.entry.Sequence, image: result.image})
	p.photos = lastOf(p.photos, p.w.ReportPhotos)
	p.changed = true
}

// addEntry shows what is no scored photo.
func (p *pages) addEntry(entry *Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch entry.Kind {
	case Skipped:
		p.skipped = append(p.skipped, page.Skipped{Path: p.w.pathOf(entry), Reason: entry.Reason})
		p.skipped = lastOf(p.skipped, max(p.w.ReportPhotos, 1))
		p.changed = true
	case DriftKind:
		p.drift, p.changed = entry.Drift, true
	}
}

// lastOf is the last n of a list that is appended to.
func lastOf[T any](list []T, n int) []T { return list[max(0, len(list)-n):] }

// run writes the report now and then, until ctx is done.
func (p *pages) run(ctx context.Context) error {
	ticker := time.NewTicker(p.w.ReportEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := p.write(ctx); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return err
			}
		}
	}
}

// write writes the report if there is anything new in it.
func (p *pages) write(ctx context.Context) error {
	p.mu.Lock()
	photos, skipped, drift, changed := slices.Clone(p.photos), slices.Clone(p.skipped), p.drift, p.changed
	p.changed = false
	p.mu.Unlock()
	if !changed || p.w.ReportPhotos < 0 {
		return nil
	}
	err := p.show(ctx, photos, skipped, drift)
	if err != nil {
		p.mu.Lock()
		p.changed = true // it was stopped, say: the last report has all of it
		p.mu.Unlock()
	}
	return err
}

func (p *pages) show(ctx context.Context, photos []*shownPhoto, skipped []page.Skipped, drift *Drift) error {
	if err := p.draw(ctx, photos); err != nil {
		return err
	}
	data, err := p.data(photos, skipped, drift)
	if err != nil {
		return err
	}
	if err := page.Write(p.w.Output, data); err != nil {
		return err
	}
	return p.tidy(photos)
}

// draw writes the thumbnails and patch scores of photos that are new. A photo that has gone meanwhile is
// shown without its picture.
func (p *pages) draw(ctx context.Context, photos []*shownPhoto) error {
	var orders []engine.Order
	for _, photo := range photos {
		if photo.drawn {
			continue
		}
		orders = append(orders, engine.Order{Image: &photo.image, Thumbnail: thumbnailOf(photo.sequence)})
		file := p.scoresOf(photo)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return unwritable(file, err)
		}
		if err := atomicfile.Save(file, func(to io.Writer) error {
			return writeScores(to, photo.image.PatchScores)
		}); err != nil {
			return err
		}
	}
	err := p.w.draws.Draw(ctx, orders, func(int, engine.Drawn) {})
	if err == nil {
		for _, photo := range photos {
			photo.drawn = true
		}
	}
	return err
}

// data is what the page shows.
func (p *pages) data(photos []*shownPhoto, skipped []page.Skipped, drift *Drift) (*page.Data, error) {
	w := p.w
	data := &page.Data{Tool: results.Tool + " " + w.Version, Started: p.started, Command: w.Command,
		Images: len(photos), GridHeight: w.draws.Height, GridWidth: w.draws.Width, MapSize: w.MapSize,
		Thresholds: w.draws.Thresholds, Scale: w.draws.Scale, Colours: w.draws.Scale.Colours(), Skipped: skipped}
	if drift != nil && drift.Began {
		data.Findings = append(data.Findings, report.Finding{Kind: health.Drift, Text: drift.Text})
	}
	photos = slices.Clone(photos)
	slices.SortStableFunc(photos, func(a, b *shownPhoto) int {
		return cmp.Or(cmp.Compare(b.image.Score, a.image.Score), cmp.Compare(a.sequence, b.sequence))
	})
	names := map[string]bool{}
	var scores [][]float64
	for rank, photo := range photos {
		name := photo.image.Name
		if names[name] {
			name += fmt.Sprintf(" (%d)", photo.sequence)
		}
		names[name] = true
		shown := page.Photo{Name: name, Path: photo.image.Path, Width: photo.image.Width,
			Height: photo.image.Height, Before: photo.image.ScoreBefore, Score: photo.image.Score, Rank: rank + 1,
			Nearest: -1}
		of := photo.image.Place
		if of.Area != (frame.Rect{}) {
			area := page.Area(of.Area)
			shown.Area = &area
		}
		shown.Rows, shown.Columns = of.Rows, of.Columns
		content, _, _ := of.Cut(photo.image.PatchScores, w.draws.Height, w.draws.Width)
		if _, err := os.Stat(filepath.Join(w.Output, thumbnailOf(photo.sequence))); err == nil {
			shown.Picture = thumbnailOf(photo.sequence)
		}
		data.Photos = append(data.Photos, shown)
		scores = append(scores, content)
	}
	data.SetScores(scores)
	data.Run = []page.Parameter{{Name: "folder", Value: w.Folder}, {Name: "bank", Value: w.Bank},
		{Name: "photos shown", Value: fmt.Sprintf("the last %d of %d", len(photos), w.done())}}
	return data, nil
}

// tidy removes the files of photos that are not shown any more.
func (p *pages) tidy(photos []*shownPhoto) error {
	shown := map[string]bool{}
	for _, photo := range photos {
		shown[path.Base(thumbnailOf(photo.sequence))] = true
		shown[filepath.Base(p.scoresOf(photo))] = true
	}
	folder := filepath.Join(p.w.Output, results.ReportFolder)
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return unwritable(folder, err)
	}
	for _, entry := range entries {
		stem := strings.TrimSuffix(entry.Name(), filepath.Ext(entry.Name()))
		if _, err := strconv.ParseUint(stem, 10, 64); err != nil || shown[entry.Name()] {
			continue
		}
		if err := os.Remove(filepath.Join(folder, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return unwritable(folder, err)
		}
	}
	return nil
}

// scoresOf is the file in which a photo's patch scores wait for a further run.
func (p *pages) scoresOf(photo *shownPhoto) string {
	return filepath.Join(p.w.Output, results.ReportFolder, strconv.FormatUint(photo.sequence, 10)+".scores")
}

// writeScores writes patch scores [P] as float32, little-endian.
func writeScores(to io.Writer, scores []float64) error {
	var text []byte
	for _, score := range scores {
		text = binary.LittleEndian.AppendUint32(text, math.Float32bits(float32(score)))
	}
	_, err := to.Write(text)
	return err
}

// readScores reads patch scores [P] back.
func readScores(path string, patches int) ([]float64, error) {
	text, err := wholefile.ReadRegular(path, int64(4*patches))
	if err != nil {
		return nil, err
	}
	if len(text) != 4*patches {
		return nil, fmt.Errorf("%s has %d bytes, not %d", path, len(text), 4*patches)
	}
	scores := make([]float64, patches)
	for k := range scores {
		scores[k] = float64(math.Float32frombits(binary.LittleEndian.Uint32(text[4*k:])))
		if math.IsNaN(scores[k]) || math.IsInf(scores[k], 0) {
			return nil, fmt.Errorf("%s is damaged", path)
		}
	}
	return scores, nil
}

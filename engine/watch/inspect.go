package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/verdict"
)

// largestFile bounds the bytes of a photo, which is held in memory while it is scored.
const largestFile = 1 << 30

// inspected is what came of an arrival.
type inspected struct {
	arrival
	fate  fate
	entry *Entry       // of a photo that is done: Photo, Skipped or seen
	image engine.Image // of a scored photo
	err   error        // that ends the watch
}

// inspectors score arrivals, several at a time.
type inspectors struct {
	*Options
	inspector Inspector
	known     *known
	journal   *journal
	draws     *engine.Drawing
}

// inspect scores an arrival, and draws what is asked for.
func (s *inspectors) inspect(ctx context.Context, a arrival) (result inspected) {
	result = inspected{arrival: a, fate: again}
	path := filepath.Join(s.Folder, filepath.FromSlash(a.name))
	began := time.Now()
	data, err := s.read(path, a)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		result.fate = vanished
		return result
	case errors.Is(err, errNotWhole):
		return result
	case err != nil:
		return s.failed(result, bare(err))
	}
	sum := sha256.Sum256(data)
	entry := &Entry{Kind: Photo, File: newFile(a.name, a.size, a.modified),
		Arrived: a.whole.UTC().Round(time.Millisecond)}
	entry.SHA256 = hex.EncodeToString(sum[:])
	result.entry = entry
	if state, is := s.known.last(a.name); is {
		earlier, err := s.journal.read(state.at)
		if err != nil {
			result.err = err
			return result
		}
		if earlier.SHA256 == entry.SHA256 {
			entry.Kind, entry.Arrived, result.fate = seen, time.Time{}, done
			return result
		}
	}
	inspection, err := s.inspector.Inspect(ctx, engine.Photo{Name: a.name, Path: path, Data: data})
	if err == nil && (math.IsNaN(inspection.Score) || math.IsInf(inspection.Score, 0)) {
		err = fault.New(fault.Input, "its score is %v", inspection.Score)
	}
	switch {
	case err == nil:
	case fault.KindOf(err) == fault.Input:
		return s.failed(result, err.Error())
	default:
		result.err = fmt.Errorf("%s: %w", path, err)
		return result
	}
	result.fate = done
	s.describe(entry, inspection)
	result.image = inspection.Image
	result.image.Name, result.image.Path, result.image.Digest = a.name, path, entry.SHA256
	result.err = s.draw(ctx, &result, inspection.Regions)
	entry.Seconds = math.Round(time.Since(began).Seconds()*1e4) / 1e4
	return result
}

var errNotWhole = errors.New("the photo is not whole yet")

// read reads the photo if it is still as it was when it was found to be whole.
func (s *inspectors) read(path string, a arrival) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	same := func() error {
		info, err := file.Stat()
		if err == nil && (info.Size() != a.size || info.ModTime().UnixNano() != a.modified) {
			err = errNotWhole
		}
		return err
	}
	if err := same(); err != nil {
		return nil, err
	}
	switch {
	case a.size > largestFile:
		return nil, fmt.Errorf("it has %d MB, more than any photo", a.size>>20)
	case s.young(a) && beingWritten(file):
		return nil, errNotWhole
	}
	data := make([]byte, a.size)
	if _, err := io.ReadFull(file, data); err != nil {
		return nil, err
	}
	return data, same()
}

// young says that a photo may still be on its way: it changed lately, by this process's clock and by the
// file system's. Where that is wrong a photo is left out too early; when it is whole it is another one.
func (s *inspectors) young(a arrival) bool {
	return time.Since(a.since) < s.Patience && time.Since(time.Unix(0, a.modified)) < s.Patience
}

// failed is the result for a photo that cannot be scored: later, or never.
func (s *inspectors) failed(result inspected, why string) inspected {
	if s.young(result.arrival) {
		result.entry = nil
		return result
	}
	if result.entry == nil {
		result.entry = &Entry{File: newFile(result.name, result.size, result.modified),
			Arrived: result.whole.UTC().Round(time.Millisecond)}
	}
	result.fate, result.entry.Kind, result.entry.Reason = done, Skipped, why
	return result
}

// describe fills in what was found out about a photo.
func (s *inspectors) describe(entry *Entry, inspection *engine.Inspection) {
	score := inspection.ScoreBefore
	entry.Score, entry.Width, entry.Height = &score, inspection.Width, inspection.Height
	entry.Place, entry.Warnings = inspection.Place, inspection.Warnings
	thresholds := s.inspector.Thresholds()
	entry.Verdict = thresholds.Of(score)
	if thresholds.Known() {
		threshold, margin := thresholds.Threshold, thresholds.Margin(score)
		entry.Threshold, entry.Margin = &threshold, &margin
	}
	for _, region := range inspection.Regions {
		region.Runs = nil
		entry.Regions = append(entry.Regions, region)
	}
}

// wantsOverlay says whether a photo gets a picture of its heat map.
func (s *inspectors) wantsOverlay(v verdict.Verdict) bool {
	return s.Overlays == OverlaysAll || s.Overlays == OverlaysDefective && v == verdict.Defective
}

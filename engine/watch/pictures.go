package watch

import (
	"context"
	"path"
	"slices"
	"strconv"
	"strings"

	"musc/engine"
	"musc/engine/report"
	"musc/engine/results"
	"musc/engine/verdict"
)

// quietShare is how much of a good photo's score 95 % of its patches stay below, about: where the colour
// scale begins. Only whole photos are in the calibration.
const quietShare = 0.75

// newDrawing draws photos of this watch in one colour scale, whenever they arrive.
func newDrawing(o *Options, inspector Inspector) (*engine.Drawing, error) {
	thresholds := inspector.Thresholds()
	var summaries []report.Summary
	for _, score := range o.Calibration {
		summaries = append(summaries, report.Summary{Shoulder: quietShare * score, Peak: score})
	}
	level := 0.0
	if thresholds.Known() {
		level = thresholds.Threshold
	}
	scale, err := report.BatchScale(summaries, level)
	if err != nil {
		return nil, err
	}
	return &engine.Drawing{Folder: o.Output, Maps: "none", Overlays: true, Scale: scale, Thresholds: *thresholds,
		Height: inspector.Height(), Width: inspector.Width(), Decode: o.Decode, Threads: o.Threads,
		Memory: o.Memory}, nil
}

// draw writes a photo's overlay and mask, as far as they are asked for. They are there before the journal
// says so.
func (s *inspectors) draw(ctx context.Context, result *inspected, regions []verdict.Region) error {
	entry := result.entry
	overlay := s.wantsOverlay(entry.Verdict)
	mask := s.Overlays != OverlaysNone && len(regions) > 0
	if !overlay && !mask {
		return nil
	}
	file, err := s.fileOf(entry)
	if err != nil {
		return err
	}
	order := engine.Order{Image: &result.image, File: file, Pictures: overlay, Mask: mask}
	return s.draws.Draw(ctx, []engine.Order{order}, func(_ int, drawn engine.Drawn) {
		if overlay && drawn.Note == "" {
			entry.Overlay = path.Join(results.OverlaysFolder, file+".png")
		}
		if mask && len(drawn.Regions) > 0 {
			entry.Mask = path.Join(results.MasksFolder, file+".png")
		}
		if drawn.Note != "" {
			entry.Warnings = append(slices.Clip(entry.Warnings), drawn.Note)
		}
	})
}

// fileOf is the name of a photo's pictures without extension, in UTF-8: the photo's whole name, as a.jpg and
// a.png may both arrive, with a part of its sum where that name may have been taken before.
func (s *inspectors) fileOf(entry *Entry) (string, error) {
	name := strings.ToValidUTF8(entry.RawName(), "_")
	files, err := report.FileNames([]string{name + ".png"})
	if err != nil {
		return "", err
	}
	file := files[0]
	other := "~" + entry.SHA256[:12]
	if len(entry.NameBytes) > 0 { // two names may be the same in UTF-8
		return file + other, nil
	}
	if state, is := s.known.last(entry.RawName()); is {
		earlier, err := s.journal.read(state.at)
		if err != nil {
			return "", err
		}
		if earlier.Kind != passed && earlier.SHA256 != entry.SHA256 {
			file += other
		}
	}
	return file, nil
}

// thumbnailOf is the path in the output folder of the small picture of a photo of the report.
func thumbnailOf(sequence uint64) string {
	return path.Join(results.ReportFolder, strconv.FormatUint(sequence, 10)+".jpg")
}

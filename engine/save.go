package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/report"
	"musc/engine/results"
)

// SaveOptions choose the files beside scores.csv and run.json.
type SaveOptions struct {
	Maps        string // tiff, npy or none
	Overlays    bool   // overlays/ and overview.png
	Version     string // of the program
	CommandLine []string
	Started     time.Time
}

// longestPath is how many bytes Linux takes as a path, less one for its end.
const longestPath = 4095

// CheckNames tells before any work whether the maps and overlays of the images can have files in the
// folder. Errors name the image.
func CheckNames(folder *results.Folder, images []dataset.Item) error {
	names := make([]string, len(images))
	for i, image := range images {
		names[i] = image.Name
	}
	files, err := report.FileNames(names)
	if err != nil {
		return err
	}
	overlays := filepath.Join(folder.Path, results.Unfinished+"0123456789", results.OverlaysFolder)
	for i, file := range files {
		if length := len(overlays) + len("/") + len(file) + len(".tiff"); length > longestPath {
			return fault.New(fault.Output, "cannot write the map of %s: its path in %s would have %d "+
				"bytes, and the system takes %d; choose a folder with a shorter path with -o, or move "+
				"the photos to one", images[i].Path, folder.Path, length, longestPath)
		}
	}
	return nil
}

// Save writes the result into folder: maps, overlays, overview.png, run.json and scores.csv. They
// take the place of an earlier run's results when all of them are written, scores.csv last, so that
// its presence says that the results are complete; until then the earlier ones stay. A photo that
// cannot be read any more costs its overlay, and a note.
func Save(ctx context.Context, result *Result, job Config, folder *results.Folder,
	options SaveOptions) error {
	fresh, err := folder.Fresh()
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	job = job.WithDefaults()
	job.Decode.Depth = result.Depth
	s := &saver{result: result, folder: fresh, options: options, job: &job}
	if err := s.write(ctx); err != nil {
		return err
	}
	return folder.Replace(fresh)
}

func (s *saver) write(ctx context.Context) error {
	result := s.result
	result.clock.begin(StepReport, len(result.Images))
	if err := s.pictures(ctx); err != nil {
		return err
	}
	result.clock.end()
	result.Timings = result.clock.timings
	run, err := s.run()
	if err != nil {
		return err
	}
	if err := report.WriteRun(filepath.Join(s.folder, results.RunFile), run); err != nil {
		return err
	}
	return report.WriteScores(filepath.Join(s.folder, results.ScoresFile), result.rows(), &result.Thresholds)
}

// saver is one call of Save.
type saver struct {
	result    *Result
	job       *Config
	folder    string
	options   SaveOptions
	shortened []report.Shortened
	scale     report.Scale
}

// pictures writes the maps and overlays of all images, then the overview.
func (s *saver) pictures(ctx context.Context) error {
	count := len(s.result.Images)
	names, ranks := make([]string, count), make([]int, count)
	summaries, images := make([]report.Summary, count), make([]*Image, count)
	for i := range s.result.Images {
		image := &s.result.Images[i]
		names[i], ranks[i], images[i] = image.Name, image.Rank, image
		summaries[i] = image.Summary()
	}
	files, err := report.FileNames(names)
	if err != nil {
		return err
	}
	s.shortened = report.Shortenings(names, files)
	if note := ShortenedNote(len(s.shortened)); note != "" {
		s.result.clock.observer.Note(note)
	}
	if s.scale, err = report.BatchScale(summaries, 0); err != nil {
		return err
	}
	drawing := &Drawing{Folder: s.folder, Maps: s.options.Maps, Overlays: s.options.Overlays,
		Scale: s.scale, Images: count, Height: s.result.Height, Width: s.result.Width,
		Decode: s.job.Decode, Threads: s.job.Threads, Memory: s.job.Memory}
	orders := make([]Order, count)
	for i, image := range images {
		orders[i] = Order{Image: image, File: files[i], Pictures: true}
	}
	err = drawing.Draw(ctx, orders, func(_ int, drawn Drawn) {
		if drawn.Note != "" {
			s.result.Warnings = append(s.result.Warnings, drawn.Note)
			s.result.clock.observer.Note(drawn.Note)
		}
		s.result.clock.observer.Advance(1)
	})
	if err != nil || !s.options.Overlays {
		return err
	}
	top, bottom := report.SelectOverview(ranks, report.OverviewMost, report.OverviewLeast)
	pick := func(list []int) (picked []*Image) {
		for _, i := range list {
			picked = append(picked, images[i])
		}
		return picked
	}
	return drawing.Overview(ctx, pick(top), pick(bottom))
}

// ShortenedNote says that so many images have other names for their files; "" for none.
func ShortenedNote(count int) string {
	if count == 0 {
		return ""
	}
	return fmt.Sprintf("%d photos have names too long for their maps: %s lists the shorter ones", count,
		results.RunFile)
}

package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"musc/engine/anomalymap"
	"musc/engine/fault"
	"musc/engine/imageio"
	"musc/engine/report"
)

// SaveOptions choose the files beside scores.csv and run.json.
type SaveOptions struct {
	Maps        string // tiff, npy or none
	Overlays    bool   // overlays/ and overview.png
	Version     string // of the program
	CommandLine []string
	Started     time.Time
}

// results are the names in an output folder that belong to a run, scores.csv first.
var results = []string{report.ScoresFile, report.RunFile, report.OverviewFile,
	report.MapsFolder, report.OverlaysFolder}

// PrepareFolder makes the output folder and checks, before any work is done, that files can be
// written there. A folder with the results of an earlier run is refused unless overwrite; they are
// replaced only when the new ones are at hand. Errors are of kind fault.Output.
func PrepareFolder(folder string, overwrite bool) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fault.New(fault.Output, "cannot make the output folder: %w; choose another with -o", err)
	}
	if !overwrite {
		for _, name := range results {
			path := filepath.Join(folder, name)
			if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
				return fault.New(fault.Output, "%s is there already, from an earlier run; give "+
					"--overwrite to replace it or choose another folder with -o", path)
			}
		}
	}
	probe, err := os.CreateTemp(folder, ".musc-probe-*")
	if err != nil {
		return fault.New(fault.Output, "cannot write into the output folder: %w; choose another "+
			"with -o", err)
	}
	probe.Close()
	return os.Remove(probe.Name())
}

// Save writes the result into folder: maps, overlays, overview.png, run.json and, last of all,
// scores.csv, so that its presence says that the results are complete. Results of an earlier run
// in the folder go first. A photo that cannot be read any more costs its overlay, and a note.
func Save(ctx context.Context, result *Result, job Config, folder string, options SaveOptions) error {
	job = job.withDefaults()
	s := &saver{result: result, folder: folder, options: options, job: &job}
	result.clock.begin(StepReport, len(result.Images))
	for _, name := range results {
		if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
			return fault.New(fault.Output, "cannot replace earlier results: %w", err)
		}
	}
	if err := s.pictures(ctx); err != nil {
		return err
	}
	result.clock.end()
	result.Timings = result.clock.timings
	run, err := s.run()
	if err != nil {
		return err
	}
	if err := report.WriteRun(filepath.Join(folder, report.RunFile), run); err != nil {
		return err
	}
	return report.WriteScores(filepath.Join(folder, report.ScoresFile), result.rows())
}

// saver is one call of Save.
type saver struct {
	result  *Result
	job     *Config
	folder  string
	options SaveOptions
	names   []string // of maps and overlays, by image
	scale   report.Scale

	mutex    sync.Mutex             // guards what follows, and the observer
	overview map[int]report.Picture // the images of overview.png by index; no photo yet is nil
}

// pictures writes the maps and overlays of all images, several at a time, then the overview.
func (s *saver) pictures(ctx context.Context) error {
	names, ranks := make([]string, len(s.result.Images)), make([]int, len(s.result.Images))
	summaries := make([]report.Summary, len(s.result.Images))
	for i, image := range s.result.Images {
		names[i], ranks[i] = image.Name, image.Rank
		summaries[i] = report.Summarise(image.PatchScores)
	}
	var err error
	if s.names, err = report.FileNames(names); err != nil {
		return err
	}
	if s.scale, err = report.BatchScale(summaries); err != nil {
		return err
	}
	most, least := report.SelectOverview(ranks, report.OverviewMost, report.OverviewLeast)
	s.overview = make(map[int]report.Picture)
	for _, list := range [][]int{most, least} {
		for _, i := range list {
			s.overview[i] = report.Picture{}
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(s.job.Threads)
	for i := range s.result.Images {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return s.one(i)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if !s.options.Overlays || len(s.overview) == 0 { // none asked for, or no photo left to show
		return nil
	}
	return report.WriteOverview(filepath.Join(s.folder, report.OverviewFile),
		s.shown(most), s.shown(least), s.scale)
}

// one writes the map and the overlay of an image.
func (s *saver) one(i int) error {
	image := &s.result.Images[i]
	if s.options.Maps != "none" {
		if err := s.writeMap(image, s.names[i]); err != nil {
			return err
		}
	}
	if s.options.Overlays {
		if err := s.writeOverlay(i); err != nil {
			return err
		}
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.result.clock.observer.Advance(1)
	return nil
}

func (s *saver) writeMap(image *Image, name string) error {
	upsampler, err := anomalymap.New(s.result.Height, s.result.Width, image.Height, image.Width)
	if err != nil {
		return err
	}
	values := make([]float32, image.Height*image.Width)
	upsampler.Upsample(values, image.PatchScores)
	path := filepath.Join(s.folder, report.MapsFolder, name+"."+s.options.Maps)
	return report.WriteMap(path, report.MapFormat(s.options.Maps), image.Width, image.Height, values)
}

func (s *saver) writeOverlay(i int) error {
	image := &s.result.Images[i]
	photo, _, err := imageio.Decode(image.Path, s.job.Decode)
	s.mutex.Lock()
	_, shown := s.overview[i]
	if err != nil {
		note := fmt.Sprintf("no overlay for %s: %v", image.Path, err)
		s.result.Warnings = append(s.result.Warnings, note)
		s.result.clock.observer.Note(note)
		delete(s.overview, i)
	}
	s.mutex.Unlock()
	if err != nil {
		return nil
	}
	picture := report.Picture{
		Name: image.Name, Score: image.Score, Rank: image.Rank, Images: len(s.result.Images),
		Photo: photo, Scores: image.PatchScores, Height: s.result.Height, Width: s.result.Width,
	}
	if shown {
		small := picture.Shrunk(report.ThumbnailSide)
		s.mutex.Lock()
		s.overview[i] = small
		s.mutex.Unlock()
	}
	path := filepath.Join(s.folder, report.OverlaysFolder, s.names[i]+".png")
	return report.WriteOverlay(path, picture, s.scale, report.DefaultLongerSide)
}

// shown are the pictures of the listed images that could be read.
func (s *saver) shown(list []int) (pictures []report.Picture) {
	for _, i := range list {
		if picture, ok := s.overview[i]; ok {
			pictures = append(pictures, picture)
		}
	}
	return pictures
}

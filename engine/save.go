package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"musc/engine/anomalymap"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/imageio"
	"musc/engine/memory"
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
	for i, file := range files {
		path := filepath.Join(folder.Path, results.Unfinished+"0123456789", results.OverlaysFolder,
			file+".tiff")
		if len(path) > longestPath {
			return fault.New(fault.Output, "cannot write the map of %s: its path in %s would have %d "+
				"bytes, and the system takes %d; choose a folder with a shorter path with -o, or move "+
				"the photos to one", images[i].Path, folder.Path, len(path), longestPath)
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
	job = job.withDefaults()
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
	return report.WriteScores(filepath.Join(s.folder, results.ScoresFile), result.rows())
}

// bytesOfPixel is what a pixel of the original takes while its map and overlay are made: the map in
// float32 and encoded, or the photo decoded, converted and shrunk.
const bytesOfPixel = 12

// bytesOfDeepPixel is the same if samples have more than 8 bits: as decoded and as float32.
const bytesOfDeepPixel = 24

// saver is one call of Save.
type saver struct {
	result    *Result
	job       *Config
	folder    string
	options   SaveOptions
	names     []string // of maps and overlays, by image
	shortened []report.Shortened
	scale     report.Scale

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
	s.shortened = report.Shortenings(names, s.names)
	if len(s.shortened) > 0 {
		s.result.clock.observer.Note(fmt.Sprintf("%d photos have names too long for their maps: %s "+
			"lists the shorter ones", len(s.shortened), results.RunFile))
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
	stop := ctx
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(s.job.Threads)
	// Photos that are large for the memory bound wait for each other.
	perPixel := int64(bytesOfPixel)
	if s.result.Depth != (imageio.Depth{}) {
		perPixel = bytesOfDeepPixel
	}
	room := max(1, (s.job.Memory-memory.Resident())/perPixel)
	pixels := semaphore.NewWeighted(room)
	for i, image := range s.result.Images {
		weight := min(int64(image.Width)*int64(image.Height), room)
		if pixels.Acquire(ctx, weight) != nil {
			break // ctx is done: another image failed, or the user stopped it
		}
		group.Go(func() error {
			defer pixels.Release(weight)
			if err := ctx.Err(); err != nil {
				return err
			}
			return s.one(i)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := stop.Err(); err != nil {
		return err
	}
	if !s.options.Overlays || len(s.overview) == 0 { // none asked for, or no photo left to show
		return nil
	}
	return report.WriteOverview(filepath.Join(s.folder, results.OverviewFile),
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
	path := filepath.Join(s.folder, results.MapsFolder, name+"."+s.options.Maps)
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
	path := filepath.Join(s.folder, results.OverlaysFolder, s.names[i]+".png")
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

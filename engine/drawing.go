package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"musc/engine/anomalymap"
	"musc/engine/imageio"
	"musc/engine/memory"
	"musc/engine/report"
	"musc/engine/results"
)

// Drawing writes maps, overlays and the overview of a batch, or of a part of it, into a folder. All
// share one colour scale.
type Drawing struct {
	Folder        string
	Maps          string // tiff, npy or none
	Overlays      bool   // and the overview
	Scale         report.Scale
	Images        int // of the whole batch
	Height, Width int // of the patch grid
	Decode        imageio.Options
	Threads       int
	Memory        int64 // bound on the process's memory
	GoOn          bool  // files that are there were drawn by an earlier run, of the same images: they stay
}

// bytesOfPixel is what a pixel of the original takes while its map and overlay are made: the map in
// float32 and encoded, or the photo decoded, converted and shrunk.
const bytesOfPixel = 12

// bytesOfDeepPixel is the same if samples have more than 8 bits: as decoded and as float32.
const bytesOfDeepPixel = 24

// Draw writes the maps and overlays of images with patch scores, several at a time; files are their
// names without extensions. A photo that cannot be read any more, or is another one than was scored,
// costs its overlay. done hears of each image when it is drawn, and what is to be noted; from one
// goroutine at a time.
func (d *Drawing) Draw(ctx context.Context, images []*Image, files []string,
	done func(k int, note string)) error {

	stop := ctx
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(d.Threads)
	// Photos that are large for the memory bound wait for each other.
	perPixel := int64(bytesOfPixel)
	if d.Decode.Depth != (imageio.Depth{}) {
		perPixel = bytesOfDeepPixel
	}
	room := max(1, (d.Memory-memory.Resident())/perPixel)
	pixels := semaphore.NewWeighted(room)
	var telling sync.Mutex
	for k, image := range images {
		weight := min(int64(image.Width)*int64(image.Height), room)
		if pixels.Acquire(ctx, weight) != nil {
			break // ctx is done: another image failed, or the user stopped it
		}
		group.Go(func() error {
			defer pixels.Release(weight)
			if err := ctx.Err(); err != nil {
				return err
			}
			note, err := d.one(image, files[k])
			if err == nil {
				telling.Lock()
				defer telling.Unlock()
				done(k, note)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return stop.Err()
}

// Paths are those of an image's map and overlay; "" of what is not asked for.
func (d *Drawing) Paths(file string) (ofMap, overlay string) {
	if d.Maps != "none" {
		ofMap = filepath.Join(d.Folder, results.MapsFolder, file+"."+d.Maps)
	}
	if d.Overlays {
		overlay = filepath.Join(d.Folder, results.OverlaysFolder, file+".png")
	}
	return ofMap, overlay
}

// one writes the map and the overlay of an image.
func (d *Drawing) one(image *Image, file string) (note string, err error) {
	mapPath, path := d.Paths(file)
	if mapPath != "" && !d.drawn(mapPath) {
		if err := d.writeMap(image, mapPath); err != nil {
			return "", err
		}
	}
	if path == "" || d.drawn(path) {
		return "", nil
	}
	picture, err := d.picture(image)
	if err != nil {
		return fmt.Sprintf("no overlay for %s: %v", image.Path, err), nil
	}
	return "", report.WriteOverlay(path, picture, d.Scale, report.DefaultLongerSide)
}

// drawn says that a file is there, whole as all of them.
func (d *Drawing) drawn(path string) bool {
	if !d.GoOn {
		return false
	}
	_, err := os.Stat(path)
	return err == nil
}

func (d *Drawing) writeMap(image *Image, path string) error {
	upsampler, err := anomalymap.New(d.Height, d.Width, image.Height, image.Width)
	if err != nil {
		return err
	}
	values := make([]float32, image.Height*image.Width)
	upsampler.Upsample(values, image.PatchScores)
	return report.WriteMap(path, report.MapFormat(d.Maps), image.Width, image.Height, values)
}

var errChanged = errors.New("the photo has changed since it was scored")

// picture reads the photo again, if it is still the one that was scored.
func (d *Drawing) picture(image *Image) (picture report.Picture, err error) {
	if image.Digest != "" {
		if digest, err := Digest(image.Path); err == nil && digest != image.Digest {
			return picture, errChanged
		}
	}
	photo, _, err := imageio.Decode(image.Path, d.Decode)
	if err == nil && (photo.Width != image.Width || photo.Height != image.Height) {
		err = errChanged
	}
	return report.Picture{
		Name: image.Name, Score: image.Score, Rank: image.Rank, Images: d.Images, Photo: photo,
		Scores: image.PatchScores, Height: d.Height, Width: d.Width,
	}, err
}

// Overview writes the overview of the most and the least anomalous images. Photos that cannot be read
// any more are left out; without any there is no overview.
func (d *Drawing) Overview(ctx context.Context, most, least []*Image) error {
	shown := make([]*report.Picture, len(most)+len(least))
	images := slices.Concat(most, least)
	err := inParallel(ctx, len(images), d.Threads, func(k int) {
		if picture, err := d.picture(images[k]); err == nil {
			small := picture.Shrunk(report.ThumbnailSide)
			shown[k] = &small
		}
	})
	if err != nil {
		return err
	}
	var top, bottom []report.Picture
	for k, picture := range shown {
		switch {
		case picture == nil:
		case k < len(most):
			top = append(top, *picture)
		default:
			bottom = append(bottom, *picture)
		}
	}
	if len(top)+len(bottom) == 0 {
		return nil
	}
	return report.WriteOverview(filepath.Join(d.Folder, results.OverviewFile), top, bottom, d.Scale)
}

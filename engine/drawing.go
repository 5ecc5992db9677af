package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"musc/engine/anomalymap"
	"musc/engine/imageio"
	"musc/engine/memory"
	"musc/engine/report"
	"musc/engine/results"
	"musc/engine/verdict"
)

// Drawing writes maps, overlays, masks, pictures for the report's page and the overview of a batch, or
// of a part of it, into a folder. All share one colour scale.
type Drawing struct {
	Folder        string
	Maps          string // tiff, npy or none
	Overlays      bool   // and the overview
	Scale         report.Scale
	Thresholds    verdict.Thresholds // zero: there are no verdicts
	Images        int                // of the whole batch
	Height, Width int                // of the canvas, in patches
	Decode        imageio.Options
	Threads       int
	Memory        int64 // bound on the process's memory
	GoOn          bool  // files that are there are an earlier run's, of the same images: they stay
}

// Order is what is wanted of one image.
type Order struct {
	Image     *Image // with patch scores
	File      string // the name of its map, overlay and mask without extension
	Pictures  bool   // the map and the overlay, as Drawing.Maps and Drawing.Overlays say
	Regions   bool   // its regions, if it is defective
	Mask      bool   // and a picture of them, if it has any
	Thumbnail string // the photo as a small JPEG, at this path in Drawing.Folder with slashes; or ""
	Crops     []Crop
}

// Crop is a small JPEG of a patch's surroundings.
type Crop struct {
	File  string // its path in Drawing.Folder, with slashes
	Patch int    // row-major on the canvas
}

// Drawn is what came of an order.
type Drawn struct {
	Note    string           // what of it is missing, and why; "" if nothing is
	Regions []verdict.Region // from the largest peak on
}

// bytesOfPixel is what a pixel of the original takes while its map and its pictures are made: the map in
// float32 and encoded, or the photo decoded, converted and shrunk.
const bytesOfPixel = 12

// bytesOfDeepPixel is the same if samples have more than 8 bits: as decoded and as float32.
const bytesOfDeepPixel = 24

// Draw carries out orders, several at a time. A photo is decoded once, and only for what shows it:
// overlay, thumbnail and crops. One that cannot be read any more, or is another one than was scored,
// costs these, and a note. done hears of each order when it is carried out, from one goroutine at a
// time.
func (d *Drawing) Draw(ctx context.Context, orders []Order, done func(k int, drawn Drawn)) error {
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
	for k := range orders {
		order := &orders[k]
		weight := min(d.pixels(order), room)
		if pixels.Acquire(ctx, weight) != nil {
			break // ctx is done: another image failed, or the user stopped it
		}
		group.Go(func() error {
			defer pixels.Release(weight)
			if err := ctx.Err(); err != nil {
				return err
			}
			drawn, err := d.one(order)
			if err == nil {
				telling.Lock()
				defer telling.Unlock()
				done(k, drawn)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return stop.Err()
}

// pixels is how many an order holds at once, as a map or as a photo; regions and their mask take no
// memory for each.
func (d *Drawing) pixels(order *Order) int64 {
	if order.Thumbnail == "" && len(order.Crops) == 0 &&
		!(order.Pictures && (d.Maps != "none" || d.Overlays)) {
		return 0
	}
	return int64(order.Image.Width) * int64(order.Image.Height)
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

// one carries out an order.
func (d *Drawing) one(order *Order) (drawn Drawn, err error) {
	var ofMap, overlay string
	if order.Pictures {
		ofMap, overlay = d.Paths(order.File)
	}
	if ofMap != "" && !d.drawn(ofMap) {
		if err := d.writeMap(order.Image, ofMap); err != nil {
			return drawn, err
		}
	}
	if order.Regions || order.Mask {
		if drawn.Regions, err = d.regions(order); err != nil {
			return drawn, err
		}
	}
	drawn.Note, err = d.show(order, overlay)
	return drawn, err
}

// regions finds the regions of an order's image, and writes their mask.
func (d *Drawing) regions(order *Order) ([]verdict.Region, error) {
	image := order.Image
	regions, err := image.Regions(d.Height, d.Width, &d.Thresholds)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", image.Path, err)
	}
	mask := filepath.Join(d.Folder, results.MasksFolder, order.File+".png")
	if !order.Mask || len(regions) == 0 || d.drawn(mask) {
		return regions, nil
	}
	return regions, verdict.WriteMask(mask, image.Width, image.Height, regions)
}

// drawn says that a file is there, whole as all of them.
func (d *Drawing) drawn(path string) bool {
	if !d.GoOn {
		return false
	}
	_, err := os.Stat(path)
	return err == nil
}

// writeMap writes the anomaly map at the photo's size: 0 where the photo was not looked at.
func (d *Drawing) writeMap(image *Image, path string) error {
	grid, area := image.Content(d.Height, d.Width)
	upsampler, err := anomalymap.New(grid.Height, grid.Width, area.Height, area.Width)
	if err != nil {
		return err
	}
	reader := upsampler.Reader(grid.Scores)
	read := func(y int, row []float32) {
		clear(row)
		if y -= area.Y; y >= 0 && y < area.Height {
			reader.Seek(y)
			reader.ReadSingle(row[area.X:][:area.Width])
		}
	}
	return report.StreamMap(path, report.MapFormat(d.Maps), image.Width, image.Height, read)
}

package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"musc/engine/backbone"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/features"
)

// extracted is what the backbone gave of some items.
type extracted struct {
	store    *features.Store // of those that could be read; nil if none could
	room     int             // photos that each view has room for in the store
	images   []Image         // those that could be read, without scores
	listed   []int           // which of the items they are
	skipped  []dataset.Skipped
	warnings []string // about images that were read all the same
	warned   []int    // which of the items they are about
}

// grids are the tokens by view.
func (e *extracted) grids(views int) grids {
	if e.store == nil {
		return nil
	}
	return split(e.store, views, e.room)
}

func (e *extracted) close() {
	if e.store != nil {
		e.store.Close() // unmapping: nothing is lost by a failure
	}
}

// items are those that could be read.
func (e *extracted) items() []dataset.Item {
	items := make([]dataset.Item, len(e.images))
	for i, image := range e.images {
		items[i] = image.Item
	}
	return items
}

// extractor runs the backbone over items and sorts the answers into a store. Decoding and resizing
// of the next images go on while the backbone works, on one device or on several at once.
type extractor struct {
	job      *Config
	clock    *clock
	info     backbone.Info
	items    []dataset.Item
	allocate func(images int) (*features.Store, error)
	keeper   *keeper // nil: nothing is kept
	found    extracted
	digests  bool                     // photos are to be known by their bytes
	batch    int                      // views a run
	waiting  []slot                   // decoded, not yet sent to the backbone
	one      func(index int) prepared // decode; tests bring slower ones
	photo    *prepared                // whose views are being stored
	failed   bool                     // one of them cannot be scored
	class    []float64                // the sum of its class tokens
	lanes    []*lane
	next     int                     // the lane whose turn it is: that of the oldest batch under way
	left     map[int]dataset.Skipped // by item
}

// slot is a view of a photo in a batch.
type slot struct {
	photo *prepared
	at    int // which of its views
}

func (s slot) view() *view { return &s.photo.views[s.at] }

// batchPatches is how many patches a run of the backbone has by default, batchPatchesOfThread if it
// has one thread: four images, or one, of 224 pixels and patches of 14. More cost memory and save no
// time on a CPU; fewer leave several threads too little to share.
const (
	batchPatches         = 1024
	batchPatchesOfThread = 256
)

// batchPatchesOnGPU are five images of 518 pixels and patches of 14. By a count of tiles: a product
// of one image's 1369 rows and 1024 columns in tiles of 128 x 256 has work for 44 of an H100's 132
// multiprocessors. Not yet measured on a GPU.
const batchPatchesOnGPU = 8192

func newExtractor(job *Config, items []dataset.Item, clock *clock, info backbone.Info,
	lanes []*lane) *extractor {

	x := &extractor{job: job, items: items, clock: clock, info: info, lanes: lanes,
		left: map[int]dataset.Skipped{}}
	x.one = x.decode
	patches := batchPatches
	switch {
	case info.OnGPU():
		patches = batchPatchesOnGPU
	case info.RunThreads == 1:
		patches = batchPatchesOfThread
	}
	if x.batch = job.Batch; x.batch == 0 {
		x.batch = max(1, patches/x.info.Patches())
	}
	return x
}

// run fills in found. Batches are the same however many lanes there are, and whatever was kept.
func (x *extractor) run(ctx context.Context) error {
	x.clock.begin(StepBackbone, len(x.items))
	ctx, cancel := context.WithCancel(ctx)
	defer func() { // no batch outlives the run
		cancel()
		for _, l := range x.lanes {
			_, _ = l.wait() // the error that ended the run is the one to tell
		}
	}()
	images := prepare(ctx, len(x.items), x.job.Threads, x.ahead(), x.one)
	for image := range images {
		for _, warning := range image.warnings {
			x.found.warnings = append(x.found.warnings, warning)
			x.found.warned = append(x.found.warned, image.index)
			x.clock.observer.Note(warning)
		}
		if image.err != nil {
			if err := x.skip(image.index, image.err); err != nil {
				return err
			}
			continue
		}
		for at := range image.views {
			if x.waiting = append(x.waiting, slot{&image, at}); len(x.waiting) == x.batch {
				if err := x.send(ctx); err != nil {
					return err
				}
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(x.waiting) > 0 {
		if err := x.send(ctx); err != nil {
			return err
		}
	}
	if err := x.drain(); err != nil {
		return err
	}
	for _, index := range slices.Sorted(maps.Keys(x.left)) {
		x.found.skipped = append(x.found.skipped, x.left[index])
	}
	return nil
}

// ahead is how many photos are decoded before the backbone asks for them: those of the batches under
// way, and one a thread; fewer where their views take much memory.
func (x *extractor) ahead() int {
	views := x.job.Frame.Views()
	photos := (x.batch*len(x.lanes)+views-1)/views + x.job.Threads
	if views > 1 {
		bytes := 3 * int64(views) * int64(x.info.ImageSize) * int64(x.info.ImageSize)
		photos = min(photos, int(max(1, x.job.Memory/aheadShare/bytes)))
	}
	return photos
}

// aheadShare is the part of the memory bound that views of photos may take before the backbone, and
// that runs of it may take.
const aheadShare = 8

// send starts the waiting views' way through the backbone, on the lane whose turn it is, or takes
// the tokens that an earlier run kept of them.
func (x *extractor) send(ctx context.Context) error {
	if x.keeper.has(x.waiting) {
		if err := x.drain(); err != nil { // the images stay in their order
			return err
		}
		if tokens, ok := x.keeper.load(x.waiting, x.batch); ok {
			err := x.keepAll(x.waiting, tokens)
			x.waiting = x.waiting[:0]
			return err
		}
	}
	turn := x.lanes[x.next]
	if err := x.collect(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := x.decodeKept(); err != nil {
		return err
	}
	x.keeper.starts(time.Now())
	turn.send(ctx, &x.info, x.waiting, x.batch)
	x.waiting = x.waiting[:0]
	return nil
}

// drain collects all that is under way.
func (x *extractor) drain() error {
	for range x.lanes {
		if err := x.collect(); err != nil {
			return err
		}
	}
	return nil
}

// collect waits for the oldest batch under way, if the lane whose turn it is has one, and stores its
// tokens. The turn is then the next lane's.
func (x *extractor) collect() error {
	turn := x.lanes[x.next]
	x.next = (x.next + 1) % len(x.lanes)
	if there, err := turn.wait(); err != nil || !there {
		return err
	}
	if err := x.keepAll(turn.images, &turn.tokens); err != nil {
		return err
	}
	x.keeper.save(turn.images, &turn.tokens, len(x.items)*x.job.Frame.Views())
	return nil
}

// keepAll stores the tokens of a batch. The store is made once the first batch has shown what memory
// the backbone holds.
func (x *extractor) keepAll(images []slot, tokens *backbone.Tokens) (err error) {
	if x.found.store == nil {
		if x.found.store, err = x.allocate(len(x.items)); err != nil {
			return err
		}
		x.found.room = len(x.items)
	}
	for i, image := range images {
		if err := x.keep(i, image, tokens); err != nil {
			return err
		}
	}
	return nil
}

// keep stores the tokens of the i-th view of the batch, under the next free index of the view. Views come
// photo by photo.
func (x *extractor) keep(i int, of slot, tokens *backbone.Tokens) error {
	if x.photo != of.photo {
		x.photo, x.failed = of.photo, false
		x.class = make([]float64, x.info.ClassDim)
	}
	if x.failed {
		return nil
	}
	if err := x.keepView(i, of.view(), tokens); err != nil {
		x.failed = true
		if x.job.Strict {
			err = fault.New(fault.Input, "%s: %w", x.items[of.photo.index].Path, err)
		}
		return x.skip(of.photo.index, err)
	}
	if of.at == len(of.photo.views)-1 {
		x.keepPhoto(i, of.photo, tokens)
	}
	return nil
}

// keepView stores the tokens of a view; an error says why they cannot be scored.
func (x *extractor) keepView(i int, of *view, tokens *backbone.Tokens) error {
	store, index := x.found.store, of.number*x.found.room+len(x.found.images)
	size := store.Shape().Patches() * store.Shape().Channels
	problems := make([]error, len(x.job.Scoring.Stages))
	if of.active != nil || store.Active(index) != nil {
		store.SetActive(index, of.active)
	}
	var copies sync.WaitGroup // 22 MB an image of ViT-L at 518: one core is slower than a GPU
	for stage, number := range x.job.Scoring.Stages {
		copies.Go(func() {
			copy(store.Tokens(stage, index), tokens.Stages[number-1][i*size:(i+1)*size])
			problems[stage] = store.Accept(stage, index)
		})
	}
	copies.Wait()
	for stage, number := range x.job.Scoring.Stages {
		if err := problems[stage]; err != nil {
			var where *features.NonFinite
			if errors.As(err, &where) {
				err = fmt.Errorf("the model gave %v at stage %d, patch %d; a float32 model may not",
					where.Value, number, where.Patch)
			}
			return err
		}
		store.Release(stage, index)
	}
	if of.number < x.job.Frame.Count() {
		for k, value := range tokens.Class[i*x.info.ClassDim:][:x.info.ClassDim] {
			x.class[k] += float64(value)
		}
	}
	return nil
}

// keepPhoto lists a photo, all of whose views are stored, the last as the i-th of the batch.
func (x *extractor) keepPhoto(i int, photo *prepared, tokens *backbone.Tokens) {
	there := make([]bool, x.job.Frame.Views())
	upright := 0
	for _, of := range photo.views {
		there[of.number] = true
		if of.number < x.job.Frame.Count() {
			upright++
		}
	}
	for number, is := range there {
		if !is { // of which no patch takes part
			x.found.store.SetActive(number*x.found.room+len(x.found.images), make([]bool, x.info.Patches()))
		}
	}
	class := slices.Clone(tokens.Class[i*x.info.ClassDim : (i+1)*x.info.ClassDim])
	if len(photo.views) > 1 {
		for k, sum := range x.class {
			class[k] = float32(sum / float64(upright))
		}
	}
	x.clock.observer.Advance(1)
	x.found.listed = append(x.found.listed, photo.index)
	x.found.images = append(x.found.images, Image{
		Item: x.items[photo.index], Width: photo.width, Height: photo.height, Place: photo.place,
		Digest: photo.digest, Brightness: photo.exposure.Brightness, Sharpness: photo.exposure.Sharpness,
		ClassToken: class,
	})
}

// skip lists an image that is left out, or ends a strict job.
func (x *extractor) skip(index int, err error) error {
	if x.job.Strict {
		return err
	}
	path := x.items[index].Path
	x.left[index] = dataset.Skipped{Path: path, Reason: err.Error()}
	x.clock.observer.Skipped(path, err.Error())
	x.clock.observer.Advance(1)
	return nil
}

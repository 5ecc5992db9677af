package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"musc/engine/backbone"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/memory"
	"musc/engine/mutual"
)

// extraction holds the patch tokens of the images that could be read, and of the references.
type extraction struct {
	images, references *features.Store // references is nil without reference images
	referenceItems     []dataset.Item  // those that could be read
	own                [][]int         // by image, the references that are the image itself
}

func (e *extraction) close() {
	for _, store := range []*features.Store{e.images, e.references} {
		if store != nil {
			store.Close() // unmapping: nothing is lost by a failure
		}
	}
}

// extractor runs the backbone over all items, references first, and sorts the answers into the
// stores. Decoding and resizing of the next images go on while the backbone works, on one device or
// on several at once.
type extractor struct {
	job     *Config
	clock   *clock
	result  *Result
	info    backbone.Info
	items   []dataset.Item // references, then images
	stores  extraction
	batch   int                      // images a run
	seen    int                      // reference images read
	waiting []prepared               // decoded, not yet sent to the backbone
	one     func(index int) prepared // decode; tests bring slower ones
	lanes   []*lane
	next    int                     // the lane whose turn it is: that of the oldest batch under way
	left    map[int]dataset.Skipped // by item
}

// batchPatches is how many patches a run of the backbone has by default: four images of 224 pixels
// and patches of 14. More cost memory and save no time on a CPU, fewer leave its caches idle.
const batchPatches = 1024

// batchPatchesOnGPU are five images of 518 pixels and patches of 14. By a count of tiles: a product
// of one image's 1369 rows and 1024 columns in tiles of 128 x 256 has work for 44 of an H100's 132
// multiprocessors. Not yet measured on a GPU.
const batchPatchesOnGPU = 8192

// extract fills result.Images, result.Skipped and result.Model, and returns the patch tokens.
// When it returns the backbone is closed and its memory free for the scoring.
func extract(ctx context.Context, job *Config, clock *clock, result *Result) (*extraction, error) {
	clock.begin(StepLoad, 1)
	sessions, err := openSessions(job)
	if err != nil {
		return nil, err
	}
	defer closeSessions(sessions)
	clock.observer.Advance(1)
	x := newExtractor(job, clock, result, sessions[0].Info())
	sources, each := make([]tokenSource, len(sessions)), 1
	for k, session := range sessions {
		sources[k] = session
	}
	if x.info.OnGPU() {
		x.info.Provider = strings.ToUpper(job.Device.String())
		each = lanesOfGPU
	}
	x.lanes = newLanes(sources, each)
	x.info.DeviceNote = job.backboneWhy(x.info)
	result.Model, result.Height, result.Width = x.info, x.info.GridHeight, x.info.GridWidth
	job.noteDevices(clock.observer, x.info)
	if err := x.settleDepth(ctx); err != nil {
		return nil, err
	}
	if err := x.run(ctx); err != nil {
		x.stores.close()
		return nil, err
	}
	return &x.stores, nil
}

// lanesOfGPU is how many batches a GPU has under way: one that it computes, one that is prepared
// for it or stored.
const lanesOfGPU = 2

func newExtractor(job *Config, clock *clock, result *Result, info backbone.Info) *extractor {
	x := &extractor{job: job, clock: clock, result: result, info: info,
		items: slices.Concat(job.References, job.Images), left: map[int]dataset.Skipped{}}
	x.one = x.decode
	patches := batchPatches
	if info.OnGPU() {
		patches = batchPatchesOnGPU
	}
	if x.batch = job.Batch; x.batch == 0 {
		x.batch = max(1, patches/x.info.Patches())
	}
	return x
}

func (x *extractor) run(ctx context.Context) error {
	x.clock.begin(StepBackbone, len(x.items))
	ctx, cancel := context.WithCancel(ctx)
	defer func() { // no batch outlives the run
		cancel()
		for _, l := range x.lanes {
			_, _ = l.wait() // the error that ended the run is the one to tell
		}
	}()
	images := prepare(ctx, len(x.items), x.job.Threads, x.batch*len(x.lanes)+x.job.Threads, x.one)
	for image := range images {
		for _, warning := range image.warnings {
			x.result.Warnings = append(x.result.Warnings, warning)
			x.clock.observer.Note(warning)
		}
		if image.err != nil {
			if err := x.skip(image.index, image.err); err != nil {
				return err
			}
			continue
		}
		if x.waiting = append(x.waiting, image); len(x.waiting) == x.batch {
			if err := x.send(ctx); err != nil {
				return err
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
	for range x.lanes {
		if err := x.collect(); err != nil {
			return err
		}
	}
	for _, index := range slices.Sorted(maps.Keys(x.left)) {
		x.result.Skipped = append(x.result.Skipped, x.left[index])
	}
	if err := x.enough(); err != nil {
		return err
	}
	if x.stores.references != nil {
		x.stores.references = x.stores.references.Head(x.seen)
	}
	return nil
}

// allocate makes the stores once the first batch has shown what the backbone holds.
func (x *extractor) allocate() error {
	shape := features.Shape{Stages: len(x.job.Scoring.Stages), Images: len(x.job.Images),
		Height: x.info.GridHeight, Width: x.info.GridWidth, Channels: x.info.Channels}
	largest := (len(x.job.Images) + x.job.Scoring.Subsets - 1) / x.job.Scoring.Subsets
	sizes := sizesOf(x.job, shape, [][]int{make([]int, largest)})
	spill := mutual.NewPlan(x.job.Memory-memory.Resident(), sizes).Spill
	var err error
	if references := shape; len(x.job.References) > 0 {
		references.Images = len(x.job.References)
		x.stores.references, err = newStore(references, spill, x.job.SpillInto)
		if err != nil {
			return err
		}
	}
	x.stores.images, err = newStore(shape, spill, x.job.SpillInto)
	return err
}

// send starts the waiting images' way through the backbone, on the lane whose turn it is.
func (x *extractor) send(ctx context.Context) error {
	turn := x.lanes[x.next]
	if err := x.collect(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	turn.send(ctx, &x.info, x.waiting, x.batch)
	x.waiting = x.waiting[:0]
	return nil
}

// collect waits for the oldest batch under way, if the lane whose turn it is has one, and keeps its
// tokens. The turn is then the next lane's.
func (x *extractor) collect() error {
	turn := x.lanes[x.next]
	x.next = (x.next + 1) % len(x.lanes)
	if there, err := turn.wait(); err != nil || !there {
		return err
	}
	if x.stores.images == nil {
		if err := x.allocate(); err != nil {
			return err
		}
	}
	for i, image := range turn.images {
		if err := x.keep(i, image, &turn.tokens); err != nil {
			return err
		}
	}
	return nil
}

// keep stores the tokens of the i-th image of the batch under the next free index of its store.
func (x *extractor) keep(i int, image prepared, tokens *backbone.Tokens) error {
	store, index := x.stores.images, len(x.result.Images)
	isReference := image.index < len(x.job.References)
	if isReference {
		store, index = x.stores.references, x.seen
	}
	size := store.Shape().Patches() * store.Shape().Channels
	problems := make([]error, len(x.job.Scoring.Stages))
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
			return x.skip(image.index, err)
		}
		store.Release(stage, index)
	}
	x.clock.observer.Advance(1)
	if isReference {
		x.seen++
		x.stores.referenceItems = append(x.stores.referenceItems, x.items[image.index])
		return nil
	}
	width := x.info.ClassDim
	x.result.Images = append(x.result.Images, Image{
		Item: x.items[image.index], Width: image.width, Height: image.height,
		ClassToken: slices.Clone(tokens.Class[i*width : (i+1)*width]),
	})
	return nil
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

// enough checks that what could be read can be scored.
func (x *extractor) enough() error {
	read, skipped := len(x.result.Images), len(x.result.Skipped)
	switch {
	case len(x.job.References) > 0 && x.seen == 0:
		return fault.New(fault.Input, "none of the %d reference images can be read",
			len(x.job.References))
	case read == 0:
		return fault.New(fault.Input, "none of the %d images can be read", len(x.job.Images))
	case read == 1 && x.seen == 0:
		return fault.New(fault.Input, "only %s is left to score (%d left out): mutual scoring "+
			"compares the images with each other and needs two or more, or reference images",
			x.result.Images[0].Path, skipped)
	}
	return nil
}

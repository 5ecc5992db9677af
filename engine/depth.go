package engine

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"musc/engine/imageio"
)

// settleDepth decides how photos of more than 8 bits a sample are brought to 8: by one range for all
// images and references of the job, since a range of each photo's own would hide a bright defect, or
// make a dark photo look odd. Only those photos are decoded for it; which they are their heads tell.
// Photos that cannot be read are passed over: decoding them again for the backbone says why.
func (x *extractor) settleDepth(ctx context.Context) error {
	deep, err := x.deepOnes(ctx)
	if err != nil || len(deep) == 0 {
		return err
	}
	x.clock.begin(StepDepth, len(deep))
	var mutex sync.Mutex
	var samples imageio.Samples
	err = inParallel(ctx, len(deep), x.job.Threads, func(i int) {
		raster, _, err := imageio.DecodeRaster(deep[i], x.job.Decode)
		var own imageio.Samples
		if err == nil {
			own, err = raster.Samples()
		}
		mutex.Lock()
		defer mutex.Unlock()
		if err == nil {
			samples = samples.Join(own)
		}
		x.clock.observer.Advance(1)
	})
	if err != nil {
		return err
	}
	x.result.Depth = samples.Depth(x.job.Bits)
	x.job.Decode.Depth = x.result.Depth
	for _, line := range samples.Explain(x.result.Depth) {
		x.result.Warnings = append(x.result.Warnings, line)
		x.clock.observer.Note(line)
	}
	return nil
}

// deepOnes are the photos of more than 8 bits a sample.
func (x *extractor) deepOnes(ctx context.Context) (deep []string, err error) {
	isDeep := make([]bool, len(x.items))
	err = inParallel(ctx, len(x.items), x.job.Threads, func(i int) {
		head, err := imageio.ReadHead(x.items[i].Path)
		isDeep[i] = err == nil && head.Deep
	})
	for i, item := range x.items {
		if isDeep[i] {
			deep = append(deep, item.Path)
		}
	}
	return deep, err
}

// inParallel calls do for 0 to count-1 on so many goroutines. Its only error is that ctx ended.
func inParallel(ctx context.Context, count, threads int, do func(int)) error {
	var group errgroup.Group
	group.SetLimit(threads)
	for i := range count {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			do(i)
			return nil
		})
	}
	group.Wait() // do has no error
	return ctx.Err()
}

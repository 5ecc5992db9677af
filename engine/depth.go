package engine

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"musc/engine/dataset"
	"musc/engine/imageio"
)

// ReadSamples sums up the samples of those items that have more than 8 bits a sample: by one range for
// all images and references of a job they are brought to 8, since a range of each photo's own would
// hide a bright defect, or make a dark photo look odd. Only those photos are decoded; which they are
// their heads tell. Photos that cannot be read are passed over: decoding them again for the backbone
// says why. Its only error is that ctx ended.
func ReadSamples(ctx context.Context, items []dataset.Item, job Config, observer Observer) (
	imageio.Samples, error) {
	job = job.WithDefaults()
	return readSamples(ctx, items, &job, &clock{observer: observer})
}

func readSamples(ctx context.Context, items []dataset.Item, job *Config, clock *clock) (
	samples imageio.Samples, err error) {
	deep, err := deepOnes(ctx, items, job.Threads)
	if err != nil || len(deep) == 0 {
		return samples, err
	}
	clock.begin(StepDepth, len(deep))
	var mutex sync.Mutex
	err = inParallel(ctx, len(deep), job.Threads, func(i int) {
		raster, _, err := imageio.DecodeRaster(deep[i], job.Decode)
		var own imageio.Samples
		if err == nil {
			own, err = raster.Samples()
		}
		mutex.Lock()
		defer mutex.Unlock()
		if err == nil {
			samples = samples.Join(own)
		}
		clock.observer.Advance(1)
	})
	clock.end()
	return samples, err
}

// deepOnes are the photos of more than 8 bits a sample.
func deepOnes(ctx context.Context, items []dataset.Item, threads int) (deep []string, err error) {
	isDeep := make([]bool, len(items))
	err = inParallel(ctx, len(items), threads, func(i int) {
		head, err := imageio.ReadHead(items[i].Path)
		isDeep[i] = err == nil && head.Deep
	})
	for i, item := range items {
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

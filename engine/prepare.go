package engine

import (
	"context"

	"musc/engine/dataset"
	"musc/engine/imageio"
)

// prepared is one image on its way to the backbone: decoded and resized, or the reason why not.
type prepared struct {
	index         int          // which item it was
	pixels        *imageio.RGB // [side,side,3]
	width, height int          // of the original
	warnings      []string     // what a user should know about the file
	err           error        // the file cannot be read
}

// prepare decodes and resizes the items on as many goroutines as workers says, up to ahead images
// before whoever receives, and delivers them in the order of the items. The channel closes after
// the last item, or early when ctx ends.
func prepare(ctx context.Context, items []dataset.Item, options imageio.Options, side, workers,
	ahead int) <-chan prepared {
	queue := make(chan chan prepared, ahead)
	running := make(chan struct{}, workers) // bounds the photos that are decoded at once
	go func() {
		defer close(queue)
		for index := range items {
			slot := make(chan prepared, 1)
			select {
			case queue <- slot:
			case <-ctx.Done():
				return
			}
			running <- struct{}{}
			go func() {
				slot <- prepareOne(index, items[index].Path, options, side)
				<-running
			}()
		}
	}()
	out := make(chan prepared)
	go func() {
		defer close(out)
		for slot := range queue {
			select {
			case out <- <-slot:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func prepareOne(index int, path string, options imageio.Options, side int) prepared {
	image, warnings, err := imageio.Decode(path, options)
	if err != nil {
		return prepared{index: index, err: err}
	}
	return prepared{
		index: index, pixels: image.Resize(side, side, imageio.Bicubic),
		width: image.Width, height: image.Height, warnings: warnings,
	}
}

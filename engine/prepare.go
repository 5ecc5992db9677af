package engine

import (
	"context"

	"musc/engine/imageio"
)

// prepared is one image on its way to the backbone: decoded and resized, or the reason why not.
type prepared struct {
	index         int          // which item it was
	digest        string       // of the file's bytes; "" if nothing is kept
	pixels        *imageio.RGB // [side,side,3]; nil if the tokens were kept
	width, height int          // of the original
	exposure      imageio.Exposure
	warnings      []string // what a user should know about the file
	err           error    // the file cannot be read
}

// prepare calls one for each of count items on as many goroutines as workers says, up to ahead items
// before whoever receives, and delivers the answers in the order of the items. The channel closes
// after the last item, or early when ctx ends.
func prepare(ctx context.Context, count, workers, ahead int,
	one func(index int) prepared) <-chan prepared {

	queue := make(chan chan prepared, ahead)
	running := make(chan struct{}, workers) // bounds the photos that are decoded at once
	go func() {
		defer close(queue)
		for index := range count {
			slot := make(chan prepared, 1)
			select {
			case queue <- slot:
			case <-ctx.Done():
				return
			}
			running <- struct{}{}
			go func() {
				slot <- one(index)
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

// decode reads and resizes one item's photo, unless the tokens of its bytes were kept.
func (x *extractor) decode(index int) prepared {
	if x.keeper == nil {
		return x.decodePixels(index, "")
	}
	digest, err := Digest(x.items[index].Path)
	if err == nil {
		if kept, known := x.keeper.known[digest]; known {
			return prepared{index: index, digest: digest, width: kept.Width, height: kept.Height,
				exposure: kept.exposure(), warnings: kept.Warnings}
		}
	}
	return x.decodePixels(index, digest) // a file that cannot be read says why there
}

func (x *extractor) decodePixels(index int, digest string) prepared {
	image, warnings, err := imageio.Decode(x.items[index].Path, x.job.Decode)
	if err != nil {
		return prepared{index: index, err: err}
	}
	side := x.info.ImageSize
	pixels := image.Resize(side, side, imageio.Bicubic)
	return prepared{
		index: index, digest: digest, pixels: pixels, width: image.Width, height: image.Height,
		exposure: pixels.Exposure(), warnings: warnings,
	}
}

// decodeKept brings the pixels of the waiting images that were left out because their tokens were
// kept: not in this batch, as it turned out.
func (x *extractor) decodeKept() error {
	for k, image := range x.waiting {
		if image.pixels == nil {
			if x.waiting[k] = x.decodePixels(image.index, image.digest); x.waiting[k].err != nil {
				return x.waiting[k].err // it was read when it was kept
			}
		}
	}
	return nil
}

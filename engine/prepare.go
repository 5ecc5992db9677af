package engine

import (
	"context"
	"fmt"

	"musc/engine/backbone"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/frame"
	"musc/engine/imageio"
)

// prepared is one image on its way to the backbone: decoded and cut into views, or the reason why not.
type prepared struct {
	index         int    // which item it was
	digest        string // of the file's bytes; "" if nobody needs it
	key           string // what its tokens are kept under; "" if nothing is kept
	views         []view // those that the backbone is to see
	place         frame.Place
	width, height int // of the original
	exposure      imageio.Exposure
	warnings      []string // what a user should know about the file
	err           error    // the file cannot be read
}

// view is what the backbone sees of a photo at once.
type view struct {
	number int          // of the layout
	pixels *imageio.RGB // [side,side,3]; nil if the tokens were kept, or once it is on its way
	active []bool       // [P], the patches that take part; nil: all
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

// decode reads one item's photo and cuts it into views, unless the tokens of its bytes were kept.
func (x *extractor) decode(index int) prepared {
	if x.keeper == nil && !x.digests {
		return x.decodePixels(index, "", "")
	}
	digest, err := Digest(x.items[index].Path)
	if err != nil || x.keeper == nil { // a file that cannot be read says why there
		return x.decodePixels(index, digest, "")
	}
	key := x.keeper.photoKey(digest, x.items[index].Name)
	if kept, known := x.keeper.known[key]; known {
		return prepared{index: index, digest: digest, key: key, width: kept.Width, height: kept.Height,
			views: kept.views(), place: kept.Place, exposure: kept.exposure(), warnings: kept.Warnings}
	}
	return x.decodePixels(index, digest, key)
}

func (x *extractor) decodePixels(index int, digest, key string) prepared {
	item := &x.items[index]
	photo, warnings, err := imageio.Decode(item.Path, x.job.Decode)
	if err != nil {
		return prepared{index: index, err: err}
	}
	image, err := x.job.cut(photo, &x.info, item)
	image.index, image.digest, image.key, image.warnings, image.err = index, digest, key, warnings, err
	return image
}

// cut makes the views of a photo.
func (job *Config) cut(photo *imageio.RGB, info *backbone.Info, item *dataset.Item) (
	image prepared, err error) {

	image.width, image.height = photo.Width, photo.Height
	if job.Frame == (frame.Options{}) && job.ROI == nil {
		pixels := photo.Resize(info.ImageSize, info.ImageSize, imageio.Bicubic)
		image.views, image.exposure = []view{{pixels: pixels}}, pixels.Exposure()
		return image, nil
	}
	mask, err := job.mask(item)
	if err != nil {
		return image, err
	}
	views, place, err := job.Frame.Cut(photo, FrameModel(info), mask)
	if err != nil {
		return image, fmt.Errorf("%s: %w", item.Path, err)
	}
	image.place = place
	upright := 0.0
	for _, of := range views {
		number := of.Turn*job.Frame.Count() + of.Tile
		image.views = append(image.views, view{number, of.Pixels, of.Active})
		if of.Turn == 0 { // the photo's exposure is the mean of its tiles'
			exposure := of.Pixels.Exposure()
			image.exposure.Brightness += exposure.Brightness
			image.exposure.Sharpness += exposure.Sharpness
			upright++
		}
	}
	if upright == 0 {
		return image, fault.New(fault.Input, "%s: no patch of the photo takes part; widen the mask of --roi, "+
			"or leave the photo out", item.Path)
	}
	image.exposure.Brightness /= upright
	image.exposure.Sharpness /= upright
	return image, nil
}

// decodeKept brings the pixels of the waiting views that were left out because their tokens were
// kept: not in this batch, as it turned out.
func (x *extractor) decodeKept() error {
	var of *prepared
	var again prepared
	for k, slot := range x.waiting {
		if slot.view().pixels != nil {
			continue
		}
		if of != slot.photo {
			of, again = slot.photo, x.decodePixels(slot.photo.index, slot.photo.digest, slot.photo.key)
		}
		if again.err != nil {
			return again.err // it was read when it was kept
		}
		x.waiting[k].photo.views[slot.at].pixels = again.views[slot.at].pixels
	}
	return nil
}

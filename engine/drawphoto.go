package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/imageio"
	"musc/engine/report"
	"musc/engine/results"
)

// shown is a picture of the photo that is to be written.
type shown struct {
	what  string // for people
	path  string // "": none
	write func(path string, picture report.Picture) error
}

// show writes what shows the photo of an order, as far as it is not there: the overlay all of it, other
// pictures the part that was looked at. overlay is "" if none is wanted.
func (d *Drawing) show(order *Order, overlay string) (note string, err error) {
	todo := []shown{{"overlay", overlay, func(path string, p report.Picture) error {
		return report.WriteOverlay(path, p, d.Scale, report.DefaultLongerSide)
	}}, {"thumbnail", d.within(order.Thumbnail), func(path string, p report.Picture) error {
		return report.WritePagePhoto(path, p.Photo)
	}}}
	for _, crop := range order.Crops {
		patch := crop.Patch
		if patch >= 0 && patch < d.Height*d.Width { // else writing it says so
			patch = order.Image.Place.Patch(patch, d.Height, d.Width)
		}
		write := func(path string, p report.Picture) error {
			return report.WritePageCrop(path, p.Photo, p.Height, p.Width, patch)
		}
		todo = append(todo, shown{"crops", d.within(crop.File), write})
	}
	todo = slices.DeleteFunc(todo, func(s shown) bool { return s.path == "" || d.drawn(s.path) })
	if len(todo) == 0 {
		return "", nil
	}
	picture, err := d.picture(order.Image)
	if err != nil {
		var missing []string
		for _, s := range todo {
			missing = append(missing, s.what)
		}
		return fmt.Sprintf("no %s for %s: %v", strings.Join(slices.Compact(missing), ", "),
			order.Image.Path, err), nil
	}
	part := picture.OfArea()
	for _, s := range todo {
		from := part
		if s.path == overlay {
			from = picture
		}
		if err := s.write(s.path, from); err != nil {
			return "", err
		}
	}
	return "", nil
}

// within is the path of a file in the folder; "" of none.
func (d *Drawing) within(file string) string {
	if file == "" {
		return ""
	}
	return filepath.Join(d.Folder, filepath.FromSlash(file))
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
	grid, _ := image.Content(d.Height, d.Width)
	return report.Picture{
		Name: image.Name, Score: image.Score, Rank: image.Rank, Images: d.Images,
		Verdict: d.Thresholds.Of(image.ScoreBefore), Before: image.ScoreBefore,
		Threshold: d.Thresholds.Threshold,
		Photo:     photo, Area: areaOf(&image.Place),
		Scores: grid.Scores, Height: grid.Height, Width: grid.Width,
	}, err
}

// Overview writes the overview of the most and the least anomalous images. Photos that cannot be read
// any more are left out; without any there is no overview.
func (d *Drawing) Overview(ctx context.Context, most, least []*Image) error {
	shown := make([]*report.Picture, len(most)+len(least))
	images := slices.Concat(most, least)
	err := inParallel(ctx, len(images), d.Threads, func(k int) {
		if picture, err := d.picture(images[k]); err == nil {
			small := picture.OfArea().Shrunk(report.ThumbnailSide)
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

package tasks

import (
	"cmp"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"musc/engine/evidence"
	"musc/engine/report/page"
)

// pictures says where each photo's picture is.
func (p *paging) pictures() (err error) {
	for place, at := range p.at {
		p.data.Photos[at].Picture, err = p.picture(thumbnailOf(p.merged.Images[place].Index))
		if err != nil {
			return err
		}
	}
	return nil
}

// picture is a picture as the page names it, "" if there is none, as of a photo that could not be read
// again.
func (p *paging) picture(file string) (string, error) {
	path := filepath.Join(p.draws.Folder, file)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if !p.inline {
		return file, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", unreadable(path, err)
	}
	return "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(content), nil
}

// explain adds evidence to the photos that it is about.
func (p *paging) explain(reasons []evidence.Evidence) error {
	slices.SortStableFunc(reasons, func(a, b evidence.Evidence) int { return cmp.Compare(b.Score, a.Score) })
	for _, e := range reasons {
		patch := p.place(e.Image).Patch(e.Patch, p.merged.Height, p.merged.Width)
		shown := page.Evidence{Patch: patch, Score: e.Score, Normal: e.Normal, Mattered: e.Mattered}
		for _, stage := range e.Stages {
			shown.Stages = append(shown.Stages, page.Stage{Stage: stage.Stage, Score: stage.Score,
				Normal: stage.Normal})
		}
		var err error
		if shown.Crop, err = p.picture(cropOf(p.merged.Images[e.Image].Index, e.Patch)); err != nil {
			return err
		}
		shown.Typical.Photo = -1
		if e.Typical >= 0 {
			if shown.Typical, err = p.crop(e.Typical, e.Patch, e.Normal); err != nil {
				return err
			}
		}
		for _, match := range e.Stages[e.Mattered].Nearest {
			crop := page.Crop{Photo: -1, Distance: match.Distance}
			if match.Reference {
				crop.Name = p.photos.References[match.Image].Name
			} else if crop, err = p.crop(match.Image, match.Patch, match.Distance); err != nil {
				return err
			}
			shown.Nearest = append(shown.Nearest, crop)
		}
		photo := &p.data.Photos[p.at[e.Image]]
		photo.Evidence = append(photo.Evidence, shown)
	}
	return nil
}

// crop is a patch of an image of the batch.
func (p *paging) crop(place, patch int, distance float64) (page.Crop, error) {
	index := p.merged.Images[place].Index
	crop := page.Crop{Name: p.photos.Images[index].Name, Photo: -1, Distance: distance}
	if at, is := p.at[place]; is {
		crop.Photo = at
	}
	var err error
	crop.Picture, err = p.picture(cropOf(index, patch))
	return crop, err
}

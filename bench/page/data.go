package main

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/report/page"
)

const inside = 300 // photos up to which the pictures are in the page, as musc score has them

// grow is a page of so many photos: those of a run, and where they do not suffice the same again with
// scores a little off. With many, pictures go beside the page; their bytes come back.
func grow(run *page.Data, folder string, count int) (grown *page.Data, beside int, err error) {
	d := *run
	d.Images, d.Befores = count, nil
	d.Photos = slices.Clone(run.Photos[:min(count, len(run.Photos))])
	random := rand.New(rand.NewPCG(1, 2))
	for len(d.Photos) < count {
		again := run.Photos[random.IntN(len(run.Photos))]
		again.Name = fmt.Sprintf("again/%05d.png", len(d.Photos))
		again.Before *= 1 + 0.06*(random.Float64()-0.5)
		again.Score = again.Before
		d.Photos = append(d.Photos, again)
	}
	slices.SortStableFunc(d.Photos, func(a, b page.Photo) int { return a.Rank - b.Rank })
	for i := range d.Photos {
		p := &d.Photos[i]
		p.Rank = i + 1
		if count > inside {
			if p.Picture, err = aside(p.Picture, folder, i, &beside); err != nil {
				return nil, 0, err
			}
		}
		if i >= evidenced {
			p.Evidence = nil
		}
	}
	return &d, beside, nil
}

const evidenced = 50 // photos with evidence

// aside writes a picture of the page to a file beside it.
func aside(picture, folder string, i int, bytes *int) (string, error) {
	_, text, found := strings.Cut(picture, ";base64,")
	if !found {
		return picture, nil
	}
	content, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", err
	}
	*bytes += len(content)
	name := fmt.Sprintf("report/%05d.jpg", i)
	path := filepath.Join(folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return "", err
	}
	return name, os.WriteFile(path, content, 0o666)
}

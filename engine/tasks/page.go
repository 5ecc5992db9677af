package tasks

import (
	"math"
	"os"
	"path/filepath"
	"slices"

	"musc/engine"
	"musc/engine/evidence"
	"musc/engine/frame"
	"musc/engine/report"
	"musc/engine/report/page"
	"musc/engine/results"
)

// inlinePhotos is how many photos a report holds in its one file. The pictures of more lie in a folder
// beside it, and are loaded when they come into sight.
const inlinePhotos = 300

// paging is the report while it is put together.
type paging struct {
	*drawer
	data   *page.Data
	at     map[int]int // in data.Photos, by place in merged.Images
	scores [][]float64 // of the patches, by data.Photos
	class  [][]float32 // the class tokens
	inline bool
}

// page writes the report into the folder of fresh results.
func (d *drawer) page(result *engine.Result, run report.Run) error {
	if !d.Plan.Report {
		return nil
	}
	p := &paging{drawer: d, at: map[int]int{}, data: &page.Data{
		Tool: run.Tool.Name + " " + run.Tool.Version, Started: run.Started, Command: run.Command,
		Images: len(d.merged.Images), GridHeight: d.merged.Height, GridWidth: d.merged.Width,
		MapSize: d.Plan.Scoring.MapSide(d.merged.Model), Thresholds: d.merged.Thresholds, Scale: d.merged.Scale,
		Colours: d.merged.Scale.Colours(), Findings: run.Findings, Warnings: run.Warnings,
		Run: d.Plan.parameters(&run)}}
	for _, skipped := range result.Skipped {
		p.data.Skipped = append(p.data.Skipped, page.Skipped{Path: skipped.Path, Reason: skipped.Reason})
	}
	p.list()
	p.inline = len(p.data.Photos) <= inlinePhotos
	var reasons []evidence.Evidence
	for subset := range d.of {
		found, err := p.subset(subset)
		if err != nil {
			return err
		}
		reasons = append(reasons, found...)
	}
	p.data.SetScores(p.scores)
	p.nearest()
	if err := p.pictures(); err != nil {
		return err
	}
	if err := p.explain(reasons); err != nil {
		return err
	}
	if err := page.Write(d.draws.Folder, p.data); err != nil {
		return err
	}
	if p.inline {
		return os.RemoveAll(filepath.Join(d.draws.Folder, results.ReportFolder))
	}
	return nil
}

// list lists what is shown, by rank, and the scores of all if those are more.
func (p *paging) list() {
	images := p.merged.Images
	byRank := make([]int, len(images))
	for place, image := range images {
		byRank[image.Rank-1] = place
	}
	for _, place := range byRank {
		image := &images[place]
		if !p.onPage(image) {
			continue
		}
		item := p.photos.Images[image.Index]
		p.at[place] = len(p.data.Photos)
		photo := page.Photo{Name: item.Name, Path: p.Plan.absolute(item.Path), Label: item.Label,
			Width: image.Width, Height: image.Height, Before: image.Before, Score: image.Score,
			Rank: image.Rank, Nearest: -1}
		of := p.place(place)
		if of.Area != (frame.Rect{}) {
			area := page.Area(of.Area)
			photo.Area = &area
		}
		photo.Rows, photo.Columns = of.Rows, of.Columns
		p.data.Photos = append(p.data.Photos, photo)
	}
	if len(p.data.Photos) < len(images) {
		for _, image := range images {
			p.data.Befores = append(p.data.Befores, image.Before)
		}
		slices.Sort(p.data.Befores)
	}
	p.scores = make([][]float64, len(p.data.Photos))
	p.class = make([][]float32, len(p.data.Photos))
}

// subset reads what the page shows of a subset's images.
func (p *paging) subset(subset int) ([]evidence.Evidence, error) {
	shown := func(place int) bool { _, is := p.at[place]; return is }
	if !slices.ContainsFunc(p.of[subset], shown) {
		return nil, nil
	}
	part, err := p.readPart(subset, Scores|Class)
	if err != nil {
		return nil, err
	}
	patches, dim := part.patches(), part.Model.ClassDim
	for k, place := range p.of[subset] {
		if at, is := p.at[place]; is {
			scores, _, _ := p.place(place).Cut(part.Scores[k*patches:(k+1)*patches], p.merged.Height, p.merged.Width)
			p.scores[at] = slices.Clone(scores)
			p.class[at] = slices.Clone(part.Class[k*dim : (k+1)*dim])
		}
	}
	return p.reasons(subset)
}

// lookedAt is how many good photos are compared with each for the one that looks most like it.
const lookedAt = 500

// nearest finds for each photo the good one that looks most like it: by class token, among the less
// anomalous half, at most so many of it.
func (p *paging) nearest() {
	candidates := make([]int, 0, len(p.data.Photos))
	for at := len(p.data.Photos) - 1; at >= len(p.data.Photos)/2; at-- {
		candidates = append(candidates, at)
	}
	candidates = candidates[:min(len(candidates), lookedAt)]
	for at := range p.data.Photos {
		best := math.Inf(-1)
		for _, other := range candidates {
			if likeness := cosine(p.class[at], p.class[other]); other != at && likeness > best {
				best, p.data.Photos[at].Nearest = likeness, other
			}
		}
	}
}

// cosine is that of the angle between two class tokens; 0 if one is nothing.
func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for k, x := range a {
		y := b[k]
		ab, aa, bb = ab+float64(x)*float64(y), aa+float64(x)*float64(x), bb+float64(y)*float64(y)
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

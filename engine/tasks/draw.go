package tasks

import (
	"context"
	"encoding/hex"
	"os"
	"time"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/report"
	"musc/engine/results"
)

// drawn is what a task of the phase draw leaves: maps and overlays lie in results/ by then.
type drawn struct {
	Plan    string  `json:"plan"`
	Drawn   int     `json:"drawn"`
	Seconds float64 `json:"seconds"`
	Notes   []About `json:"notes"` // photos without an overlay
}

// drawer draws images of a merged run.
type drawer struct {
	*Worker
	merged *Merged
	photos *Listing
	files  map[int]string // by index in the listing, the name of its map without extension
	draws  engine.Drawing
}

// drawer makes ready to draw.
func (w *Worker) drawer(ctx context.Context) (*drawer, error) {
	merged, err := w.Plan.ReadMerged(ctx, w.Folder, "draw")
	if err != nil {
		return nil, err
	}
	d := &drawer{Worker: w, merged: merged}
	if d.photos, err = w.listed(); err != nil {
		return nil, err
	}
	if d.files, _, err = d.fileNames(); err != nil {
		return nil, err
	}
	job := w.job().WithDefaults()
	d.draws = engine.Drawing{Folder: w.Folder.Path("results"), Maps: w.Plan.Maps,
		Overlays: w.Plan.Overlays, Scale: merged.Scale, Images: len(merged.Images),
		Height: merged.Height, Width: merged.Width, Decode: job.Decode, Threads: job.Threads,
		Memory: job.Memory}
	d.draws.Decode.Depth, _, err = w.Depth(ctx, "draw")
	return d, err
}

// fileNames gives the images that were scored the names of their maps and overlays, and lists those
// that are shorter than the image's.
func (d *drawer) fileNames() (map[int]string, []report.Shortened, error) {
	names := make([]string, len(d.merged.Images))
	for i, image := range d.merged.Images {
		names[i] = d.photos.Images[image.Index].Name
	}
	files, err := report.FileNames(names)
	if err != nil {
		return nil, nil, err
	}
	of := make(map[int]string, len(files))
	for i, image := range d.merged.Images {
		of[image.Index] = files[i]
	}
	return of, report.Shortenings(names, files), nil
}

// draw writes the maps and overlays of some subsets' images.
func (w *Worker) draw(ctx context.Context, task int) error {
	if _, err := w.readDrawn(task); err == nil {
		return nil
	}
	d, err := w.drawer(ctx)
	if err != nil {
		return err
	}
	return d.task(ctx, task)
}

// readDrawn is what a task has drawn, if that still lies where it was drawn: results in place are not
// there any more.
func (w *Worker) readDrawn(task int) (found drawn, err error) {
	path := w.Folder.File(PhaseDraw, task)
	if err := loadJSON(path, &found); err != nil {
		return found, err
	}
	if found.Plan != w.Plan.ID {
		return found, fault.New(fault.Input, "%s is of the plan %s, not of %s", path, found.Plan,
			w.Plan.ID)
	}
	for name, wanted := range map[string]bool{results.MapsFolder: w.Plan.Maps != "none",
		results.OverlaysFolder: w.Plan.Overlays && found.Drawn > len(found.Notes)} {
		if wanted && found.Drawn > 0 {
			if _, err := os.Stat(w.Folder.Path("results", name)); err != nil {
				return found, unreadable(w.Folder.Path("results", name), err)
			}
		}
	}
	return found, nil
}

func (d *drawer) task(ctx context.Context, task int) error {
	found, begun := drawn{Plan: d.Plan.ID}, time.Now()
	first, last := d.Plan.Cuts.Draw.Range(task)
	for subset := first; subset < last; subset++ {
		images, err := d.images(subset, d.wanted)
		if err != nil {
			return err
		}
		files := make([]string, len(images))
		for k, image := range images {
			files[k] = d.files[image.index]
		}
		plain := make([]*engine.Image, len(images))
		for k := range images {
			plain[k] = &images[k].Image
		}
		d.Observer.Begin(engine.StepReport, len(images))
		err = d.draws.Draw(ctx, plain, files, func(k int, note string) {
			found.Drawn++
			if note != "" {
				found.Notes = append(found.Notes, About{Index: images[k].index, Path: plain[k].Path,
					Text: note})
				d.Observer.Note(note)
			}
			d.Observer.Advance(1)
		})
		if err != nil {
			return err
		}
	}
	found.Seconds = time.Since(begun).Seconds()
	return saveJSON(d.Folder.File(PhaseDraw, task), found)
}

// wanted says whether an image is drawn.
func (d *drawer) wanted(image *MergedImage) bool {
	return d.Plan.DrawTop == 0 || image.Rank <= d.Plan.DrawTop
}

// indexed is an image and its place in the listing.
type indexed struct {
	engine.Image
	index int
}

// images are those of a subset, with their patch scores.
func (d *drawer) images(subset int, want func(*MergedImage) bool) (images []indexed, err error) {
	wanted := false
	for i := range d.merged.Images {
		wanted = wanted || d.merged.Images[i].Subset == subset && want(&d.merged.Images[i])
	}
	if !wanted { // as most of a million that are not drawn
		return nil, nil
	}
	part, err := d.Plan.ReadPart(d.Folder, subset, Digests|Scores)
	if err != nil {
		return nil, err
	}
	patches := part.Model.Patches()
	for k, of := range part.Images {
		found := d.merged.Image(of.Index)
		if found == nil || !want(found) {
			continue
		}
		item := d.photos.Images[of.Index]
		item.Path = d.Plan.Locate(item.Path)
		images = append(images, indexed{engine.Image{Item: item, Width: of.Width, Height: of.Height,
			PatchScores: part.Scores[k*patches : (k+1)*patches], ScoreBefore: of.Before,
			Score: found.Score, Rank: found.Rank, Subset: subset,
			Digest: hex.EncodeToString(of.Digest[:])}, of.Index})
	}
	return images, nil
}

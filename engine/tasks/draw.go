package tasks

import (
	"context"
	"encoding/hex"
	"slices"
	"time"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/frame"
	"musc/engine/report"
	"musc/engine/verdict"
)

// drawn is what a task of the phase draw leaves: pictures lie in the folder of the results by then.
type drawn struct {
	Plan    string    `json:"plan"`
	Parts   string    `json:"parts"` // Merged.Parts
	Drawn   int       `json:"drawn"`
	Seconds float64   `json:"seconds"`
	Notes   []About   `json:"notes"`   // photos that could not be read for their pictures
	Defects []defects `json:"defects"` // of the images that have any, ascending by index
}

// defects are those of one image.
type defects struct {
	Index   int              `json:"index"` // in the listing
	Regions []verdict.Region `json:"regions"`
}

// drawer draws images of a merged run.
type drawer struct {
	*Worker
	merged *Merged
	photos *Listing
	files  []string // of merged.Images, the names of their maps without extensions
	of     [][]int  // by subset, which of merged.Images are its
	draws  engine.Drawing
	scaled []string            // how samples of more than 8 bits were, for people
	crops  map[int][]int       // by place in merged.Images, patches that the report shows, once looked for
	there  map[string][]string // names in folders of pictures, sorted, as far as they were looked into
}

// drawer makes ready to draw what was merged.
func (w *Worker) drawer(ctx context.Context, merged *Merged) (d *drawer, err error) {
	d = &drawer{Worker: w, merged: merged, crops: map[int][]int{}, there: map[string][]string{}}
	if d.photos, err = w.listed(); err != nil {
		return nil, err
	}
	if d.files, err = report.FileNames(d.names()); err != nil {
		return nil, err
	}
	d.of = make([][]int, w.Plan.Subsets)
	for i, image := range merged.Images {
		d.of[image.Subset] = append(d.of[image.Subset], i)
	}
	job, err := w.job()
	if err != nil {
		return nil, err
	}
	job = job.WithDefaults()
	d.draws = engine.Drawing{Folder: w.drawnFolder(merged), GoOn: true, Maps: w.Plan.Maps,
		Overlays: w.Plan.Overlays, Scale: merged.Scale, Thresholds: merged.Thresholds,
		Images: len(merged.Images),
		Height: merged.Height, Width: merged.Width, Decode: job.Decode, Threads: job.Threads,
		Memory: job.Memory}
	d.draws.Decode.Depth, d.scaled, err = w.Depth(ctx, "draw")
	return d, err
}

// names are those of the images that were scored.
func (d *drawer) names() []string {
	names := make([]string, len(d.merged.Images))
	for i, image := range d.merged.Images {
		names[i] = d.photos.Images[image.Index].Name
	}
	return names
}

// drawnFolder is where maps and overlays lie before they take their place: those of other parts
// elsewhere.
func (w *Worker) drawnFolder(merged *Merged) string {
	return w.Folder.Path("results-" + merged.Parts[:min(len(merged.Parts), 12)])
}

// draw writes the maps and overlays of some subsets' images, unless they are drawn or in place already.
func (w *Worker) draw(ctx context.Context, task int) error {
	merged, err := w.Plan.ReadMerged(ctx, w.Folder, "draw")
	if err != nil {
		return err
	}
	d, err := w.drawer(ctx, merged)
	if err != nil {
		return err
	}
	if _, err := d.record(task); err == nil && w.Plan.InPlace(w.Folder) {
		return nil
	}
	if _, err := d.readDrawn(task); err == nil {
		return nil
	}
	return d.tasks(ctx, []int{task})
}

// tasks draws what some tasks have to draw.
func (d *drawer) tasks(ctx context.Context, tasks []int) error {
	total := 0 // images
	for _, task := range tasks {
		first, last := d.Plan.Cuts.Draw.Range(task)
		for _, i := range slices.Concat(d.of[first:last]...) {
			if d.wanted(&d.merged.Images[i]) {
				total++
			}
		}
	}
	observer := newTurns(d.Observer, map[engine.Step]int{engine.StepReport: total})
	for _, task := range tasks {
		if err := d.task(ctx, task, observer); err != nil {
			return err
		}
	}
	return nil
}

func (d *drawer) task(ctx context.Context, task int, observer engine.Observer) error {
	found, begun := drawn{Plan: d.Plan.ID, Parts: d.merged.Parts}, time.Now()
	first, last := d.Plan.Cuts.Draw.Range(task)
	for subset := first; subset < last; subset++ {
		images, err := d.images(subset, d.wanted)
		if err != nil {
			return err
		}
		if len(images) == 0 {
			continue
		}
		if err := d.findCrops(subset); err != nil {
			return err
		}
		orders := make([]engine.Order, len(images))
		for k := range images {
			orders[k] = d.order(images[k].place)
			orders[k].Image = &images[k].Image
		}
		observer.Begin(engine.StepReport, len(images))
		regions := make([][]verdict.Region, len(images))
		err = d.draws.Draw(ctx, orders, func(k int, done engine.Drawn) {
			found.Drawn++
			regions[k] = done.Regions
			if done.Note != "" {
				found.Notes = append(found.Notes, About{Index: d.merged.Images[images[k].place].Index,
					Path: images[k].Path, Text: done.Note})
				observer.Note(done.Note)
			}
			observer.Advance(1)
		})
		if err != nil {
			return err
		}
		for k, list := range regions {
			if len(list) > 0 {
				found.Defects = append(found.Defects, defects{d.merged.Images[images[k].place].Index, list})
			}
		}
	}
	found.Seconds = time.Since(begun).Seconds()
	return saveJSON(d.Folder.File(PhaseDraw, task), found)
}

// placed is an image and its place in merged.Images.
type placed struct {
	engine.Image
	place int
}

// images are those of a subset that are wanted, with their patch scores.
func (d *drawer) images(subset int, want func(*MergedImage) bool) (images []placed, err error) {
	if !slices.ContainsFunc(d.of[subset], func(i int) bool { return want(&d.merged.Images[i]) }) {
		return nil, nil // as of most of a million that are not drawn
	}
	part, err := d.readPart(subset, Digests|Scores)
	if err != nil {
		return nil, err
	}
	patches := part.patches()
	for k, place := range d.of[subset] { // both are in the order of the listing
		of, found := &part.Images[k], &d.merged.Images[place]
		if !want(found) {
			continue
		}
		item := d.photos.Images[found.Index]
		item.Path = d.Plan.Locate(item.Path)
		images = append(images, placed{engine.Image{Item: item, Width: of.Width, Height: of.Height,
			Place: d.place(place), PatchScores: part.Scores[k*patches : (k+1)*patches], ScoreBefore: of.Before,
			Score: found.Score, Rank: found.Rank, Subset: subset,
			Digest: hex.EncodeToString(of.Digest[:])}, place})
	}
	return images, nil
}

// place is where on its photo the canvas of an image lies, by its place in merged.Images. It was scored
// there, so that there is no error.
func (d *drawer) place(place int) frame.Place {
	image := &d.merged.Images[place]
	of, _ := d.Plan.Frame.Place(engine.FrameModel(&d.merged.Model), image.Width, image.Height)
	return of
}

// readPart reads a subset's part, whose images are those of d.of, in their order.
func (d *drawer) readPart(subset int, content Content) (*Part, error) {
	part, err := d.Plan.ReadPart(d.Folder, subset, content)
	if err != nil {
		return nil, err
	}
	if len(part.Images) != len(d.of[subset]) {
		return nil, fault.New(fault.Input, "the part of subset %d has changed since it was merged; merge "+
			"again", subset)
	}
	return part, nil
}

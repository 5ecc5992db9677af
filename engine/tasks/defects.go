package tasks

import (
	"iter"
	"path/filepath"
	"slices"

	"musc/engine"
	"musc/engine/export"
	"musc/engine/report"
	"musc/engine/results"
	"musc/engine/verdict"
)

// verdictsOf are the verdicts of a batch as run.json tells them; nil if none were asked for.
func verdictsOf(result *engine.Result) *report.Verdicts {
	if result.Thresholds.Method == "" {
		return nil
	}
	return &report.Verdicts{Thresholds: result.Thresholds, Counts: result.Verdicts()}
}

// findingsOf are the findings with the names of the images.
func findingsOf(result *engine.Result) (list []report.Finding) {
	for _, finding := range result.Findings {
		named := report.Finding{Kind: finding.Kind, Text: finding.Text}
		for _, group := range finding.Groups {
			names := make([]string, len(group))
			for k, image := range group {
				names[k] = result.Images[image].Name
			}
			named.Groups = append(named.Groups, names)
		}
		list = append(list, named)
	}
	return list
}

// defects writes defects.csv, in the order of the listing, and what is exported.
func (d *drawer) defects() error {
	if !d.merged.Thresholds.Known() {
		return nil
	}
	of := map[int][]verdict.Region{} // by index in the listing, without the pixels
	for task := range d.Plan.Tasks(PhaseDraw) {
		found, err := d.record(task)
		if err != nil {
			return err
		}
		for _, image := range found.Defects {
			for k := range image.Regions {
				image.Regions[k].Runs = nil
			}
			of[image.Index] = image.Regions
		}
	}
	path := filepath.Join(d.draws.Folder, results.DefectsFile)
	err := verdict.WriteDefects(path, func(write func(image string, width, height int,
		regions []verdict.Region) error) error {
		for _, image := range d.merged.Images {
			name := d.photos.Images[image.Index].Name
			if err := write(name, image.Width, image.Height, of[image.Index]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	formats, err := export.Parse(d.Plan.Export)
	if err != nil {
		return err
	}
	return export.Write(filepath.Join(d.draws.Folder, results.ExportFolder), formats,
		export.About{Tool: results.Tool + " " + d.Version, Thresholds: d.merged.Thresholds}, d.exported())
}

// exported are the images with their defects, subset by subset: those of one task are held at a time.
func (d *drawer) exported() iter.Seq2[export.Image, error] {
	return func(yield func(export.Image, error) bool) {
		for task := range d.Plan.Tasks(PhaseDraw) {
			found, err := d.record(task)
			if err != nil {
				yield(export.Image{}, err)
				return
			}
			first, last := d.Plan.Cuts.Draw.Range(task)
			regions := make(map[int][]verdict.Region, len(found.Defects)) // by index in the listing
			for _, image := range found.Defects {
				regions[image.Index] = image.Regions
			}
			for _, place := range slices.Concat(d.of[first:last]...) {
				if !yield(d.export(place, regions), nil) {
					return
				}
			}
		}
	}
}

// export is an image as it is exported.
func (d *drawer) export(place int, regions map[int][]verdict.Region) export.Image {
	image := &d.merged.Images[place]
	item := d.photos.Images[image.Index]
	return export.Image{Name: item.Name, Path: d.Plan.Locate(item.Path), File: d.files[place],
		Width: image.Width, Height: image.Height, Score: image.Before,
		Verdict: d.merged.Thresholds.Of(image.Before), Regions: regions[image.Index]}
}

package tasks

import (
	"path/filepath"
	"slices"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/results"
)

// record is what a task has drawn.
func (d *drawer) record(task int) (found drawn, err error) {
	path := d.Folder.File(PhaseDraw, task)
	if err := loadJSON(path, &found); err != nil {
		return found, err
	}
	if found.Plan != d.Plan.ID || found.Parts != d.merged.Parts {
		return found, fault.New(fault.Input, "%s is of another plan, or of other parts", path)
	}
	return found, nil
}

// readDrawn is what a task has drawn, if all of it still lies where it was drawn: results that took
// their place do not, and not all of them left if that was interrupted.
func (d *drawer) readDrawn(task int) (found drawn, err error) {
	if found, err = d.record(task); err != nil {
		return found, err
	}
	noted := map[int]bool{} // photos without an overlay
	for _, about := range found.Notes {
		noted[about.Index] = true
	}
	first, last := d.Plan.Cuts.Draw.Range(task)
	for subset := first; subset < last; subset++ {
		if err := d.findCrops(subset); err != nil {
			return found, err
		}
		for _, place := range d.of[subset] {
			image := &d.merged.Images[place]
			if !d.wanted(image) {
				continue
			}
			for _, path := range d.paths(d.order(place), noted[image.Index]) {
				if path != "" && !d.isThere(path) {
					return found, fault.New(fault.Input, "%s is not there any more", path)
				}
			}
		}
	}
	return found, nil
}

// paths are the files that come of an order, those of a photo that could not be read left out.
func (d *drawer) paths(order engine.Order, unreadable bool) (paths []string) {
	ofMap, overlay := d.draws.Paths(order.File)
	if order.Pictures {
		paths = append(paths, ofMap)
	}
	if order.Mask { // a defective image has a region
		paths = append(paths, filepath.Join(d.draws.Folder, results.MasksFolder, order.File+".png"))
	}
	if unreadable {
		return paths
	}
	if order.Pictures {
		paths = append(paths, overlay)
	}
	files := []string{order.Thumbnail}
	for _, crop := range order.Crops {
		files = append(files, crop.File)
	}
	for _, file := range files {
		if file != "" {
			paths = append(paths, filepath.Join(d.draws.Folder, filepath.FromSlash(file)))
		}
	}
	return paths
}

// isThere tells whether a picture was there when its folder was first looked into: of a million, on a
// network, each takes long to ask for.
func (d *drawer) isThere(path string) bool {
	folder, name := filepath.Split(path)
	names, known := d.there[folder]
	if !known {
		names, _ = namesIn(folder) // what cannot be listed is drawn again
		slices.Sort(names)
		d.there[folder] = names
	}
	_, found := slices.BinarySearch(names, name)
	return found
}

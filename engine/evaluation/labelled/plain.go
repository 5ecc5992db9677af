package labelled

import (
	"fmt"
	"path/filepath"
	"slices"

	"musc/engine/dataset"
)

// truthFolders are what the folder of the masks may be called.
var truthFolders = []string{"masks", "ground_truth", "gt", "labels"}

// findPlain reads images/ beside masks/ or labels.csv, in root or in folders within it.
func (d *Dataset) findPlain(root string) error {
	if isPlain(root) {
		return d.addPlain(baseName(root), root)
	}
	for _, name := range subfolders(root) {
		if folder := filepath.Join(root, name); isPlain(folder) {
			if err := d.addPlain(name, folder); err != nil {
				return err
			}
		}
	}
	return nil
}

func isPlain(folder string) bool {
	return child(folder, "images") != "" &&
		(firstChild(folder, truthFolders...) != "" || labelsFile(folder) != "")
}

// labelsFile is the list of labels in a folder, "" if there is none.
func labelsFile(folder string) string {
	for _, name := range []string{"labels.csv", "labels.tsv"} {
		if path := filepath.Join(folder, name); isFile(path) {
			return path
		}
	}
	return ""
}

func (d *Dataset) addPlain(name, folder string) (err error) {
	class := Class{Name: name}
	if class.Normal, err = d.plainNormals(name, folder); err != nil {
		return err
	}
	images := child(folder, "images")
	files, err := d.photos(name, images)
	if err != nil {
		return err
	}
	truth, err := d.masksIn(name, firstChild(folder, truthFolders...))
	if err != nil {
		return err
	}
	list := labelsFile(folder)
	labels, err := readLabels(list)
	if err != nil {
		return err
	}
	for i, mask := range d.match(truth, name, images, files) {
		image := Image{Item: dataset.Item{Path: filepath.Join(images, filepath.FromSlash(files[i])),
			Name: files[i]}, Masks: mask}
		if labels == nil {
			class.Test = d.labelByMask(name, image, class.Test)
			continue
		}
		label, listed, err := labels.of(files[i])
		if err != nil {
			return err
		}
		if !listed {
			d.problem(name, image.Path, filepath.Base(list)+" does not list it; it is left out")
			continue
		}
		image.Label, image.Defective = label, label != Good
		class.Test = append(class.Test, image)
	}
	for _, file := range labels.unseen() {
		d.problem(name, filepath.Join(images, file), filepath.Base(list)+" lists it, but it is not "+
			"there; restore it or remove its line")
	}
	d.orphans(name, truth)
	d.Classes = append(d.Classes, class)
	return nil
}

// plainNormals are the training images without a defect: those in train/, or in its folder of good
// ones if it has folders.
func (d *Dataset) plainNormals(name, folder string) ([]dataset.Item, error) {
	train := child(folder, "train")
	if train == "" || slices.ContainsFunc(subfolders(train), saysGood) {
		return d.normals(name, folder, []string{"train"})
	}
	files, err := d.photos(name, train)
	if err != nil {
		return nil, err
	}
	var items []dataset.Item
	for _, file := range files {
		items = append(items, dataset.Item{Path: filepath.Join(train, filepath.FromSlash(file)),
			Name: "train/" + file, Label: Good})
	}
	return items, nil
}

func saysGood(name string) bool { return meaningOf(name) == good }

// labelByMask appends an image that is defective if its mask has anything in it. If the mask cannot
// be read it leaves the image out and says so.
func (d *Dataset) labelByMask(class string, image Image, images []Image) []Image {
	image.Label = Good
	mask, err := image.readMasks()
	if err != nil {
		d.problem(class, image.Path, fmt.Sprintf("it is left out, for its mask says whether it is "+
			"defective: %v", err))
		return images
	}
	if mask != nil && mask.marked > 0 {
		image.Label, image.Defective = anyDefect, true
	}
	return append(images, image)
}

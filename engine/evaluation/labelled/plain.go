package labelled

import (
	"path/filepath"
	"strings"

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
	return isFolder(filepath.Join(folder, "images")) &&
		(truthFolder(folder) != "" || isFile(filepath.Join(folder, "labels.csv")))
}

func truthFolder(folder string) string {
	for _, name := range truthFolders {
		if path := filepath.Join(folder, name); isFolder(path) {
			return path
		}
	}
	return ""
}

func (d *Dataset) addPlain(name, folder string) (err error) {
	class := Class{Name: name}
	if class.Normal, err = normals(folder, []string{"train", "train/good"}); err != nil {
		return err
	}
	truth := masks{}
	if path := truthFolder(folder); path != "" {
		if truth, err = masksIn(path); err != nil {
			return err
		}
	}
	labels, err := readLabels(filepath.Join(folder, "labels.csv"))
	if err != nil {
		return err
	}
	found, err := photos(filepath.Join(folder, "images"))
	if err != nil {
		return err
	}
	for _, file := range found {
		image := Image{Item: dataset.Item{Path: filepath.Join(folder, "images", file), Name: file}}
		image.Mask = d.take(truth, name, image.Path)
		label, listed := labels.of(file)
		switch {
		case labels == nil:
			err = image.labelByMask()
		case listed:
			image.Label, image.Defective = label, label != Good
		default:
			d.problem(name, image.Path, "labels.csv does not list it; it is left out")
			continue
		}
		if err != nil {
			return err
		}
		class.Test = append(class.Test, image)
	}
	for _, file := range labels.unseen() {
		d.problem(name, filepath.Join(folder, "images", file), "labels.csv lists it, but it is not "+
			"there; restore it or remove its line")
	}
	d.orphans(name, truth)
	d.Classes = append(d.Classes, class)
	return nil
}

// labelByMask says that an image is defective if its mask has anything in it.
func (m *Image) labelByMask() error {
	m.Label = Good
	if m.Mask == "" {
		return nil
	}
	grey, err := readGrey(m.Mask)
	if err != nil {
		return err
	}
	for _, value := range grey.Pix {
		if value > 0 {
			m.Label, m.Defective = "defective", true
			break
		}
	}
	return nil
}

// labelOf translates what a labels column may say.
func labelOf(text string) string {
	switch text = strings.TrimSpace(text); strings.ToLower(text) {
	case "good", "ok", "normal", "0", "false", "ano_0", "":
		return Good
	case "1", "true":
		return "defective"
	}
	return text
}

// IsDefective tells what an entry of a labels column says, as the CSV layouts read it.
func IsDefective(label string) bool { return labelOf(label) != Good }

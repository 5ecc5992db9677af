package labelled

import (
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/dataset"
)

// findKolektor2 reads test/N.png with test/N_GT.png; the training images whose masks are empty are
// the normal ones.
func (d *Dataset) findKolektor2(root string) error {
	class := Class{Name: baseName(root)}
	test, err := d.pairs(&class, root, "test", "_gt")
	if err != nil || len(test) == 0 {
		return err
	}
	train, err := d.pairs(&class, root, "train", "_gt")
	if err != nil {
		return err
	}
	class.Test = test
	for _, image := range train {
		if !image.Defective {
			class.Normal = append(class.Normal, image.Item)
		}
	}
	d.Classes = append(d.Classes, class)
	return nil
}

// findKolektor reads kosN/PartN.jpg with kosN/PartN_label.bmp.
func (d *Dataset) findKolektor(root string) error {
	class := Class{Name: baseName(root)}
	for _, folder := range subfolders(root) {
		if !strings.HasPrefix(folder, "kos") {
			continue
		}
		images, err := d.pairs(&class, root, folder, "_label")
		if err != nil {
			return err
		}
		class.Test = append(class.Test, images...)
	}
	if len(class.Test) > 0 {
		d.Classes = append(d.Classes, class)
	}
	return nil
}

// pairs lists the images of a folder that holds masks too, told apart by their suffix. An image is
// defective if its mask is not empty. Without any mask there are no pairs.
func (d *Dataset) pairs(class *Class, root, folder, suffix string) ([]Image, error) {
	path := filepath.Join(root, folder)
	if !isFolder(path) {
		return nil, nil
	}
	names, err := photos(path)
	if err != nil {
		return nil, err
	}
	isMask := func(name string) bool { return strings.HasSuffix(stem(name), suffix) }
	if !slices.ContainsFunc(names, isMask) {
		return nil, nil
	}
	truth := masks{}
	for _, name := range names {
		if isMask(name) {
			key := strings.TrimSuffix(stem(name), suffix)
			truth[key] = append(truth[key], filepath.Join(path, name))
		}
	}
	var images []Image
	for _, name := range names {
		if isMask(name) {
			continue
		}
		image := Image{Item: dataset.Item{Path: filepath.Join(path, name), Name: folder + "/" + name}}
		image.Mask = d.take(truth, class.Name, image.Path)
		if image.Mask == "" {
			d.problem(class.Name, image.Path, "it has no mask, which would say whether it is "+
				"defective; it is taken for good")
		}
		if err := image.labelByMask(); err != nil {
			return nil, err
		}
		images = append(images, image)
	}
	d.orphans(class.Name, truth)
	return images, nil
}

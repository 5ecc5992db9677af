package labelled

import (
	"path/filepath"
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
		if !strings.HasPrefix(strings.ToLower(folder), "kos") {
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
func (d *Dataset) pairs(class *Class, root, name, suffix string) ([]Image, error) {
	folder := child(root, name)
	if folder == "" {
		return nil, nil
	}
	files, err := d.photos(class.Name, folder)
	if err != nil {
		return nil, err
	}
	photos, masks := dividePairs(files, suffix)
	if len(masks) == 0 {
		return nil, nil
	}
	truth := newTruth(folder, masks)
	var images []Image
	for i, mask := range d.match(truth, class.Name, folder, photos) {
		image := Image{Item: dataset.Item{Path: filepath.Join(folder, filepath.FromSlash(photos[i])),
			Name: name + "/" + photos[i]}, Masks: mask}
		if len(mask) == 0 {
			d.problem(class.Name, image.Path, "it has no mask, which would say whether it is "+
				"defective; it is taken for good")
		}
		images = d.labelByMask(class.Name, image, images)
	}
	d.orphans(class.Name, truth)
	return images, nil
}

// dividePairs tells the masks from the images: a mask ends in the suffix, and no other file has its
// stem with a further suffix, as the mask of an image that ends in the suffix itself would.
func dividePairs(files []string, suffix string) (photos, masks []string) {
	stems := map[string]bool{}
	for _, file := range files {
		stems[stem(file)] = true
	}
	for _, file := range files {
		if name := stem(file); strings.HasSuffix(name, suffix) && !stems[name+suffix] {
			masks = append(masks, file)
		} else {
			photos = append(photos, file)
		}
	}
	return photos, masks
}

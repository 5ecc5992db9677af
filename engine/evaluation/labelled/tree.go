package labelled

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/dataset"
)

// tree is a layout with a folder a class and, in its test folder, a folder a type of defect. The
// folders of good images have a word of the table as their name.
type tree struct {
	test   string                   // in the class's folder
	truths []string                 // folders of masks in the class's folder; the first there is
	types  []string                 // the only folders of test there are, in lower case; nil: any
	normal []string                 // folders that hold folders of images without a defect
	sign   func(folder string) bool // what one class at least has; nil: nothing
}

var (
	mvtecTree   = tree{test: "test", truths: truthFolders, normal: []string{"train"}}
	mvtec3DTree = tree{test: "test", truths: truthFolders, normal: []string{"train", "validation"},
		sign: keepsRGB}
	locoTree = tree{test: "test", truths: truthFolders, normal: []string{"train", "validation"},
		sign: masksInFolders}
	btadTree = tree{test: "test", truths: truthFolders, types: []string{"ok", "ko"},
		normal: []string{"train"}}
	mvtec2Tree = tree{test: "test_public", truths: []string{"test_public/ground_truth"},
		types: []string{"bad", "good", "ground_truth"}, normal: []string{"train", "validation"}}
)

// findTree finds the classes of such a layout at root, or root itself if it is one.
func findTree(shape tree) func(d *Dataset, root string) error {
	return func(d *Dataset, root string) error {
		names, folders := []string{baseName(root)}, []string{root}
		if !shape.isClass(root) {
			if names, folders = shape.classes(d, root); names == nil {
				return nil
			}
		}
		if shape.sign != nil && !slices.ContainsFunc(folders, shape.sign) {
			return nil
		}
		for i, folder := range folders {
			if err := d.addTree(shape, names[i], folder); err != nil {
				return err
			}
		}
		return nil
	}
}

// classes are the folders of root that are classes, and none if any has other types of defect than
// the layout. Folders without test images are noted.
func (shape *tree) classes(d *Dataset, root string) (names, folders []string) {
	for _, name := range subfolders(root) {
		folder := filepath.Join(root, name)
		if shape.isClass(folder) {
			names, folders = append(names, name), append(folders, folder)
			continue
		}
		if len(subfolders(child(folder, shape.test))) > 0 {
			return nil, nil
		}
		d.note(name, folder, "it is left out: it has no folder "+shape.test+"/ with folders of images")
	}
	return names, folders
}

func (shape *tree) isClass(folder string) bool {
	types := subfolders(child(folder, shape.test))
	for _, name := range types {
		if shape.types != nil && !slices.Contains(shape.types, strings.ToLower(name)) {
			return false
		}
	}
	return len(types) > 0
}

// keepsRGB is whether photos lie in rgb/, as in MVTec 3D.
func keepsRGB(class string) bool {
	test := child(class, "test")
	return slices.ContainsFunc(subfolders(test), func(kind string) bool {
		return child(filepath.Join(test, kind), "rgb") != ""
	})
}

// masksInFolders is whether an image's masks lie in a folder of its own, as in MVTec LOCO.
func masksInFolders(class string) bool {
	test, truth := child(class, "test"), firstChild(class, truthFolders...)
	for _, kind := range subfolders(truth) {
		for _, name := range subfolders(filepath.Join(truth, kind)) {
			if images := child(test, kind); images != "" && child(images, name) == "" {
				return true
			}
		}
	}
	return false
}

func (d *Dataset) addTree(shape tree, name, folder string) (err error) {
	class := Class{Name: name}
	if class.Normal, err = d.normals(name, folder, shape.normal); err != nil {
		return err
	}
	test, truths := child(folder, shape.test), firstChild(folder, shape.truths...)
	kinds := subfolders(test)
	kinds = slices.DeleteFunc(kinds, func(kind string) bool {
		return filepath.Join(test, kind) == truths
	})
	for _, kind := range kinds {
		images, err := d.kind(name, kind, filepath.Join(test, kind), truths)
		if err != nil {
			return err
		}
		class.Test = append(class.Test, images...)
	}
	if err := d.strayTruth(name, truths, kinds); err != nil {
		return err
	}
	d.noteNames(name, test, kinds)
	d.Classes = append(d.Classes, class)
	return nil
}

// kind lists the images of one type of defect, or the good ones, with their masks: those in the
// folder of that name in truths, or in gt/ beside rgb/.
func (d *Dataset) kind(class, kind, folder, truths string) (images []Image, err error) {
	photos := rgb(folder)
	files, err := d.photos(class, photos)
	if err != nil {
		return nil, err
	}
	masks := ""
	if photos != folder {
		masks = child(folder, "gt")
	}
	if masks == "" {
		masks = rgb(child(truths, kind))
	}
	truth, err := d.masksIn(class, masks)
	if err != nil {
		return nil, err
	}
	label := kind
	if meaningOf(kind) == good {
		label = Good
	}
	for i, mask := range d.match(truth, class, photos, files) {
		images = append(images, Image{Item: dataset.Item{Label: label, Name: kind + "/" + files[i],
			Path: filepath.Join(photos, filepath.FromSlash(files[i]))}, Defective: label != Good, Masks: mask})
	}
	d.orphans(class, truth)
	return images, nil
}

// strayTruth notes the masks of types of defect that have no folder of images, and those of no type.
func (d *Dataset) strayTruth(class, truths string, kinds []string) error {
	for _, kind := range subfolders(truths) {
		if slices.ContainsFunc(kinds, func(k string) bool { return strings.EqualFold(k, kind) }) {
			continue
		}
		truth, err := d.masksIn(class, filepath.Join(truths, kind))
		if err != nil {
			return err
		}
		d.orphans(class, truth)
	}
	return nil
}

// noteNames says what the folders of a class's test images leave open: images outside of any, no
// folder of good ones, and names that may be meant as good but are not understood so.
func (d *Dataset) noteNames(class, test string, kinds []string) {
	if loose := looseImages(test); loose > 0 {
		d.problem(class, test, fmt.Sprintf("%d images in it are in no folder of good ones or of a type of "+
			"defect; they are left out", loose))
	}
	var doubtful []string
	for _, kind := range kinds {
		if meaningOf(kind) == unknown && looksGood(kind) {
			doubtful = append(doubtful, kind)
		}
	}
	if len(doubtful) > 0 {
		d.problem(class, test, fmt.Sprintf("the folder %s is taken for a type of defect; if its images "+
			"are good, name it good", strings.Join(doubtful, ", ")))
	}
	if !slices.ContainsFunc(kinds, func(kind string) bool { return meaningOf(kind) == good }) {
		d.problem(class, test, fmt.Sprintf("none of its folders (%s) is known as that of good images; "+
			"name it good, ok, normal or the like", strings.Join(kinds, ", ")))
	}
}

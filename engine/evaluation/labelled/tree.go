package labelled

import (
	"path/filepath"
	"slices"

	"musc/engine/dataset"
)

// tree is a layout with a folder a class and, in its test folder, a folder a type of defect.
type tree struct {
	test, truth string   // in the class's folder, slash-separated
	good        string   // the type that is none
	types       []string // the only folders of test there are; nil: any
	normal      []string // folders of training images without a defect
}

var (
	mvtecTree = tree{test: "test", truth: "ground_truth", good: "good", normal: []string{"train/good"}}
	btadTree  = tree{test: "test", truth: "ground_truth", good: "ok", types: []string{"ok", "ko"},
		normal: []string{"train/ok"}}
	mvtec2Tree = tree{test: "test_public", truth: "test_public/ground_truth", good: "good",
		types:  []string{"bad", "good", "ground_truth"},
		normal: []string{"train/good", "validation/good"}}
)

// findTree finds the classes of such a layout at root, or root itself if it is one.
func findTree(shape tree) func(d *Dataset, root string) error {
	return func(d *Dataset, root string) error {
		if shape.isClass(root) {
			return d.addTree(shape, baseName(root), root)
		}
		for _, name := range subfolders(root) {
			if folder := filepath.Join(root, name); shape.isClass(folder) {
				if err := d.addTree(shape, name, folder); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

func (shape *tree) isClass(folder string) bool {
	types := subfolders(filepath.Join(folder, shape.test))
	for _, name := range types {
		if shape.types != nil && !slices.Contains(shape.types, name) {
			return false
		}
	}
	return len(types) > 0
}

func (d *Dataset) addTree(shape tree, name, folder string) (err error) {
	class := Class{Name: name}
	if class.Normal, err = normals(folder, shape.normal); err != nil {
		return err
	}
	test := filepath.Join(folder, shape.test)
	kinds := slices.Concat(subfolders(test),
		subfolders(filepath.Join(folder, filepath.FromSlash(shape.truth))))
	slices.Sort(kinds)
	for _, kind := range slices.Compact(kinds) {
		if shape.test+"/"+kind == shape.truth {
			continue
		}
		var found []string
		if isFolder(filepath.Join(test, kind)) {
			if found, err = photos(filepath.Join(test, kind)); err != nil {
				return err
			}
		}
		truth, err := masksIn(filepath.Join(folder, filepath.FromSlash(shape.truth), kind))
		if err != nil {
			return err
		}
		for _, file := range found {
			path := filepath.Join(test, kind, file)
			image := Image{Item: dataset.Item{Path: path, Name: kind + "/" + file, Label: kind},
				Defective: kind != shape.good, Mask: d.take(truth, name, path)}
			if !image.Defective {
				image.Label = Good
			}
			class.Test = append(class.Test, image)
		}
		d.orphans(name, truth)
	}
	d.Classes = append(d.Classes, class)
	return nil
}

package labelled

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/dataset"
	"musc/engine/fault"
)

// subfolders lists the folders within folder that are not hidden, by name; none if it cannot be
// read. Links are followed.
func subfolders(folder string) (names []string) {
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), ".") && isFolder(filepath.Join(folder, entry.Name())) {
			names = append(names, entry.Name())
		}
	}
	return names
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// photos lists the images directly in folder, by name.
func photos(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fault.New(fault.Input, "cannot read the folder %s: %w; check its permissions",
			folder, err)
	}
	var names []string
	for _, entry := range entries {
		name := entry.Name()
		hidden := strings.HasPrefix(name, ".")
		if dataset.IsImage(name) && !hidden && !isFolder(filepath.Join(folder, name)) {
			names = append(names, name)
		}
	}
	return names, nil
}

// maskSuffixes are what masks are called after their image's stem: 000_mask.png, 000_GT.png.
var maskSuffixes = []string{"", "_mask", "_gt", "_label"}

// masks are the mask files of a folder that no image has claimed yet, by lower-case stem without a
// suffix.
type masks map[string][]string

// masksIn lists the masks of a folder. A folder that does not exist has none.
func masksIn(folder string) (masks, error) {
	found := masks{}
	if !isFolder(folder) {
		return found, nil
	}
	names, err := photos(folder)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		key := stem(name)
		for _, suffix := range maskSuffixes[1:] {
			key = strings.TrimSuffix(key, suffix)
		}
		found[key] = append(found[key], filepath.Join(folder, name))
	}
	return found, nil
}

func stem(name string) string {
	name = filepath.Base(name)
	return strings.ToLower(strings.TrimSuffix(name, filepath.Ext(name)))
}

// take returns the mask of an image and notes what is odd about it.
func (d *Dataset) take(from masks, class, path string) string {
	candidates := from[stem(path)]
	delete(from, stem(path))
	if len(candidates) == 0 {
		return ""
	}
	if len(candidates) > 1 {
		d.problem(class, path, "it has several masks: "+strings.Join(candidates, ", ")+
			"; the first is taken, remove the others")
	}
	return candidates[0]
}

// orphans notes the masks that no image claimed.
func (d *Dataset) orphans(class string, left masks) {
	var paths []string
	for _, candidates := range left {
		paths = append(paths, candidates...)
	}
	slices.Sort(paths)
	for _, path := range paths {
		d.problem(class, path, "a mask without an image; remove it, or restore the image")
	}
}

func (d *Dataset) problem(class, path, text string) {
	d.problems = append(d.problems, Problem{Class: class, Path: path, Text: text})
}

// normals lists the training images without a defect, named from the class's folder.
func normals(class string, folders []string) (items []dataset.Item, err error) {
	for _, folder := range folders {
		path := filepath.Join(class, filepath.FromSlash(folder))
		if !isFolder(path) {
			continue
		}
		names, err := photos(path)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			items = append(items, dataset.Item{Path: filepath.Join(path, name),
				Name: folder + "/" + name, Label: Good})
		}
	}
	return items, nil
}

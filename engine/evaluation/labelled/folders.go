package labelled

import (
	"fmt"
	"io/fs"
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

// child is the folder of that name within folder, or one that differs from it in letter case alone;
// "" if there is none, or no folder. The name may be slash-separated.
func child(folder, name string) string {
	if folder == "" {
		return ""
	}
	first, rest, deeper := strings.Cut(name, "/")
	found := filepath.Join(folder, first)
	if !isFolder(found) {
		names := subfolders(folder)
		k := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, first) })
		if k < 0 {
			return ""
		}
		found = filepath.Join(folder, names[k])
	}
	if deeper {
		return child(found, rest)
	}
	return found
}

// firstChild is the first of the folders that there is, else "".
func firstChild(folder string, names ...string) string {
	for _, name := range names {
		if found := child(folder, name); found != "" {
			return found
		}
	}
	return ""
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// photos lists the images of folder and its subfolders, slash-separated and by name, and notes for
// the class what is there besides.
func (d *Dataset) photos(class, folder string) (names []string, err error) {
	if _, err := os.ReadDir(folder); err != nil {
		return nil, fault.New(fault.Input, "cannot read the folder %s: %w; check its permissions",
			folder, err)
	}
	items, skipped, err := dataset.Collect([]string{folder}, dataset.Options{})
	if err != nil { // it has no image
		items, skipped = nil, nil
	}
	known := map[string]bool{}
	for _, item := range items {
		names = append(names, item.Name)
		known[item.Path] = true
	}
	for _, file := range skipped {
		d.note(class, file.Path, "it is left out: "+file.Reason)
		known[file.Path] = true
	}
	d.noteOthers(class, folder, known)
	return names, nil
}

// noteOthers notes how many files of a folder nobody looks at.
func (d *Dataset) noteOthers(class, folder string, known map[string]bool) {
	count, example := 0, ""
	_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case strings.HasPrefix(entry.Name(), ".") && path != folder, known[path]:
			if entry.IsDir() {
				return fs.SkipDir
			}
		case entry.Type().IsRegular() && !known[path]:
			if count++; count == 1 {
				example = entry.Name()
			}
		}
		return nil
	})
	if count > 0 {
		d.note(class, folder, fmt.Sprintf("%d files that are no images are left out, such as %s", count,
			example))
	}
}

// rgb is the folder of a folder's photos: MVTec 3D keeps them in rgb/, beside xyz/ and gt/.
func rgb(folder string) string {
	if found := child(folder, "rgb"); found != "" {
		return found
	}
	return folder
}

// normals lists the training images without a defect, named from the class's folder: those in the
// folders of the given ones whose name says good.
func (d *Dataset) normals(name, class string, folders []string) (items []dataset.Item, err error) {
	for _, top := range folders {
		path := child(class, top)
		if loose := looseImages(path); loose > 0 {
			d.note(name, path, fmt.Sprintf("%d images directly in it are left out: no folder says that they "+
				"are good", loose))
		}
		for _, sub := range subfolders(path) {
			if meaningOf(sub) != good {
				d.note(name, filepath.Join(path, sub), "its images are left out: the folder's name does not "+
					"say that they are good")
				continue
			}
			folder := rgb(filepath.Join(path, sub))
			files, err := d.photos(name, folder)
			if err != nil {
				return nil, err
			}
			for _, file := range files {
				items = append(items, dataset.Item{Path: filepath.Join(folder, filepath.FromSlash(file)),
					Name: top + "/" + sub + "/" + file, Label: Good})
			}
		}
	}
	return items, nil
}

// looseImages counts the images directly in folder.
func looseImages(folder string) (count int) {
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if dataset.IsImage(entry.Name()) && isFile(filepath.Join(folder, entry.Name())) {
			count++
		}
	}
	return count
}

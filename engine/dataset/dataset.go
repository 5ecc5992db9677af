// Package dataset finds the images that a job names and gives each one a name of its own, and it
// deals them into subsets.
package dataset

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"musc/engine/fault"
)

// Item is one image to score.
type Item struct {
	Path  string // to open it
	Name  string // unique in the batch, slash-separated, never leading out of a folder
	Label string // what a manifest says of it; "" if nothing
}

// Skipped is a path that is left out, and why.
type Skipped struct{ Path, Reason string }

// Options for Collect.
type Options struct {
	Root string // what a manifest's paths are relative to; "": the manifest's own folder
}

// extensions are what a folder is searched for. A file that is named itself is always taken.
var extensions = []string{".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".gif", ".webp"}

// found is an item with the folder that its name is relative to.
type found struct {
	Item
	base string
}

// Collect lists the images that args name: folders (recursive, without hidden entries), files,
// globs ("**" for any depth) and manifests (.csv with a column image, or .txt with a path a line).
// The order is that of args, and by path within a folder or glob. An image named twice is listed
// once. Manifest rows whose file is missing come back as Skipped.
//
// An argument that names nothing, a manifest that cannot be used, and no image at all are of kind
// fault.Input.
func Collect(args []string, options Options) ([]Item, []Skipped, error) {
	var list []found
	var skipped []Skipped
	for _, arg := range args {
		more, missing, err := collectOne(arg, options)
		if err != nil {
			return nil, nil, err
		}
		list, skipped = append(list, more...), append(skipped, missing...)
	}
	list = withoutRepeats(list)
	if len(list) == 0 {
		return nil, nil, fault.New(fault.Input, "no images in %s; musc reads %s",
			strings.Join(args, ", "), strings.Join(extensions, " "))
	}
	return named(list), skipped, nil
}

func collectOne(arg string, options Options) ([]found, []Skipped, error) {
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		list, err := folder(arg)
		return list, nil, err
	case err == nil && isManifest(arg):
		return manifest(arg, options.Root)
	case err == nil:
		return []found{{Item{Path: arg}, filepath.Dir(arg)}}, nil, nil
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(arg, "*?[{"):
		list, err := glob(arg)
		return list, nil, err
	}
	return nil, nil, fault.New(fault.Input, "cannot read %s: %w; check the path", arg, reason(err))
}

// folder lists the images below a folder, sorted by path.
func folder(root string) (list []found, err error) {
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fault.New(fault.Input, "cannot search %s: %w; check its permissions", path,
				reason(err))
		}
		if hidden := strings.HasPrefix(entry.Name(), "."); hidden && path != root {
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if !entry.IsDir() && isImage(path) {
			list = append(list, found{Item{Path: path}, root})
		}
		return nil
	})
	if err == nil && len(list) == 0 {
		err = fault.New(fault.Input, "no images in the folder %s; musc reads %s", root,
			strings.Join(extensions, " "))
	}
	return list, err
}

// glob lists the files that a pattern matches; its base is the part before the first wildcard.
func glob(pattern string) (list []found, err error) {
	base, _ := doublestar.SplitPattern(filepath.ToSlash(pattern))
	paths, err := doublestar.FilepathGlob(pattern, doublestar.WithFilesOnly(),
		doublestar.WithNoHidden())
	if err != nil {
		return nil, fault.New(fault.Input, "%s is not a usable pattern: %w", pattern, err)
	}
	slices.Sort(paths)
	for _, path := range paths {
		if isImage(path) {
			list = append(list, found{Item{Path: path}, filepath.FromSlash(base)})
		}
	}
	if len(list) == 0 {
		return nil, fault.New(fault.Input, "no image matches %s; check the pattern, and put it in "+
			"quotes so that the shell leaves it alone", pattern)
	}
	return list, nil
}

func isImage(path string) bool {
	return slices.Contains(extensions, strings.ToLower(filepath.Ext(path)))
}

// withoutRepeats keeps the first of the items that are one file, links followed.
func withoutRepeats(list []found) []found {
	seen := make(map[string]bool, len(list))
	return slices.DeleteFunc(list, func(f found) bool {
		real, err := filepath.EvalSymlinks(f.Path)
		if err != nil {
			real = f.Path // it will be reported when it is opened
		}
		if absolute, err := filepath.Abs(real); err == nil {
			real = absolute
		}
		repeated := seen[real]
		seen[real] = true
		return repeated
	})
}

// named gives each item the shortest name that tells it apart: its path below its base, with more
// folders before it as long as another item has the same name.
func named(list []found) []Item {
	items := make([]Item, len(list))
	full := make([][]string, len(list)) // the parts of the absolute paths
	parts := make([]int, len(list))     // how many of the last ones make the name
	for i, f := range list {
		items[i] = f.Item
		full[i] = pathParts(f.Path)
		parts[i] = max(1, len(full[i])-len(pathParts(f.base)))
	}
	for {
		same := make(map[string][]int)
		for i := range items {
			items[i].Name = strings.Join(full[i][len(full[i])-parts[i]:], "/")
			same[items[i].Name] = append(same[items[i].Name], i)
		}
		if len(same) == len(items) {
			return items
		}
		grown := false
		for _, group := range same {
			for _, i := range group {
				if len(group) > 1 && parts[i] < len(full[i]) {
					parts[i]++
					grown = true
				}
			}
		}
		if !grown { // cannot be: absolute paths differ once repeats are gone
			return items
		}
	}
}

func pathParts(path string) []string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	path = strings.TrimPrefix(filepath.ToSlash(path), filepath.VolumeName(path))
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// reason is the error without the path that the message names already.
func reason(err error) error {
	var where *fs.PathError
	if errors.As(err, &where) {
		return where.Err
	}
	return err
}

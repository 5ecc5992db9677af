package dataset

import (
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/realpath"
)

// candidate is an item that has no final name yet.
type candidate struct {
	path, label string
	name        string           // the last components of the cleaned absolute path, slash-separated
	folder      *realpath.Folder // that the path is in
	depth       int              // how many components the name has
}

func newCandidate(path, label string, folder *realpath.Folder, depth int) candidate {
	c := candidate{path: path, label: label, folder: folder, name: filepath.Base(path)}
	c.lengthen(depth)
	return c
}

// lengthen gives the name depth components, or all of the path if it has fewer, and tells whether it
// became longer.
func (c *candidate) lengthen(depth int) bool {
	folder := filepath.ToSlash(c.folder.Absolute[len(filepath.VolumeName(c.folder.Absolute)):])
	start := len(folder)
	for above := depth - 1; above > 0 && start > 0; above-- {
		start = max(0, strings.LastIndexByte(folder[:start], '/'))
	}
	former := len(c.name)
	c.name = joined(strings.Trim(folder[start:], "/"), c.name[strings.LastIndexByte(c.name, '/')+1:],
		c.path)
	c.depth = depth
	return len(c.name) > former
}

// joined is folder/file. It shares the memory of path if that ends in it, as most do.
func joined(folder, file, path string) string {
	if folder == "" {
		return file
	}
	if at := len(path) - len(file) - len("/") - len(folder); at >= 0 {
		rest, cut := strings.CutPrefix(path[at:], folder)
		if cut && rest[0] == '/' && rest[1:] == file {
			return path[at:]
		}
	}
	return folder + "/" + file
}

// components is how many parts a path has, the volume and the root aside.
func components(path string) int {
	path = filepath.ToSlash(path[len(filepath.VolumeName(path)):])
	return len(strings.FieldsFunc(path, func(r rune) bool { return r == '/' }))
}

// nameAll gives every candidate a name of its own, and sorts the items by it. As long as some names
// are equal, all that share one take one more component of their path in front, so that line1/top.png
// and line2/top.png stay apart whatever the order of the arguments. It ends: the whole paths differ.
//
// The components come from a cleaned absolute path: no name is absolute or has "..".
func nameAll(found []candidate) []Item {
	for changed := true; changed; {
		slices.SortFunc(found, func(a, b candidate) int { return strings.Compare(a.name, b.name) })
		changed = false
		for first := 0; first < len(found); {
			end := first + 1
			for end < len(found) && found[end].name == found[first].name {
				end++
			}
			for i := first; i < end && end-first > 1; i++ {
				changed = found[i].lengthen(found[i].depth+1) || changed
			}
			first = end
		}
	}
	items := make([]Item, len(found))
	for i, each := range found {
		items[i] = Item{Path: each.path, Name: each.name, Label: each.label}
	}
	return items
}

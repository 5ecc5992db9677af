package dataset

import (
	"path"
	"path/filepath"
	"strings"
)

// split is the components of a path, without the volume and the root.
func split(name string) []string {
	name = filepath.ToSlash(name[len(filepath.VolumeName(name)):])
	return strings.FieldsFunc(name, func(r rune) bool { return r == '/' })
}

func (c candidate) name() string {
	return path.Join(c.components[len(c.components)-c.depth:]...)
}

// nameAll gives every candidate a name of its own. As long as some names are equal, all that
// share one take one more component of their path in front, so that line1/top.png and
// line2/top.png stay apart whatever the order of the arguments. It ends: the whole paths differ.
//
// The components come from a cleaned absolute path: no name is absolute or has "..".
func nameAll(found []candidate) []Item {
	for {
		sharing := make(map[string]int, len(found))
		for _, each := range found {
			sharing[each.name()]++
		}
		changed := false
		for i := range found {
			each := &found[i]
			if sharing[each.name()] > 1 && each.depth < len(each.components) {
				each.depth++
				changed = true
			}
		}
		if !changed {
			break
		}
	}
	items := make([]Item, len(found))
	for i, each := range found {
		items[i] = Item{Path: each.path, Name: each.name(), Label: each.label}
	}
	return items
}

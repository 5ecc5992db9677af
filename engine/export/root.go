package export

import (
	"path/filepath"
	"strings"
)

// root is the folder that the names of photos in exports are relative to: the deepest one that all
// photos lie below, absolute. It is "" where there is none (two drives): names are absolute then.
type root string

// commonFolder finds the root of the paths that are added.
type commonFolder struct {
	folder string
	any    bool
}

func (c *commonFolder) add(path string) {
	if !c.any {
		c.folder, c.any = filepath.Dir(path), true
	}
	for c.folder != "" && !below(path, c.folder) {
		parent := filepath.Dir(c.folder)
		if parent == c.folder { // another drive
			parent = ""
		}
		c.folder = parent
	}
}

func below(path, folder string) bool {
	separator := string(filepath.Separator)
	return strings.HasPrefix(path, strings.TrimSuffix(folder, separator)+separator)
}

// name is a photo's absolute path, relative to the root and with slashes.
func (r root) name(path string) string {
	if r != "" && below(path, string(r)) {
		path = strings.TrimPrefix(path, strings.TrimSuffix(string(r), string(filepath.Separator)))[1:]
	}
	return filepath.ToSlash(path)
}

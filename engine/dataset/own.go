package dataset

import (
	"path/filepath"
	"strings"

	"musc/engine/results"
)

// recognise is results.Recognise, once a folder.
func (c *collector) recognise(folder string) results.Kind {
	kind, known := c.kinds[folder]
	if !known {
		kind = results.Recognise(folder)
		c.kinds[folder] = kind
	}
	return kind
}

// owned is what ownedBelow tells of a folder and a base.
type owned struct {
	within bool   // the folder is base or below it
	owner  string // of the folder itself
}

// ownedBelow is the folder, base or one below it, that owns the file or folder at path as a result of
// an earlier run, the innermost if several do; "" if none does.
func (c *collector) ownedBelow(path, base string) string {
	folder, name := filepath.Dir(path), filepath.Base(path)
	if folder == path {
		return ""
	}
	key := [2]string{folder, base}
	above, known := c.owners[key]
	if !known {
		within, err := filepath.Rel(base, folder)
		above.within = err == nil && within != ".." &&
			!strings.HasPrefix(within, ".."+string(filepath.Separator))
		if above.within {
			above.owner = c.ownedBelow(folder, base)
		}
		c.owners[key] = above
	}
	if above.within && c.recognise(folder).Owns(folder, name) {
		return folder
	}
	return above.owner
}

// tellOwn notes that results of an earlier run were passed by.
func (c *collector) tellOwn(folder string) {
	c.tell("skipped in %s: results of an earlier musc run", folder)
}

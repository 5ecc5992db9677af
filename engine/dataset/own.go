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

// ownedBelow is the folder, base or one below it, that owns the file or folder at path as a result of
// an earlier run; "" if none does.
func (c *collector) ownedBelow(path, base string) string {
	for {
		folder, name := filepath.Dir(path), filepath.Base(path)
		within, err := filepath.Rel(base, folder)
		if err != nil || folder == path || within == ".." ||
			strings.HasPrefix(within, ".."+string(filepath.Separator)) {
			return ""
		}
		if c.recognise(folder).Owns(folder, name) {
			return folder
		}
		path = folder
	}
}

// tellOwn notes that results of an earlier run were passed by.
func (c *collector) tellOwn(folder string) {
	c.tell("skipped in %s: results of an earlier musc run", folder)
}

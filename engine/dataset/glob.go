package dataset

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"musc/engine/fault"
)

func isGlob(arg string) bool { return strings.ContainsAny(arg, "*?[{") }

// glob adds what matches the pattern, named relative to the folders before its first wildcard. As
// in a folder, images are known by their extension, unless the pattern asks for another one: what
// matches *.dat or *.csv is treated as if it were named. Folders that match are walked.
func (c *collector) glob(pattern string) error {
	matches, base, err := find(pattern)
	if errors.Is(err, doublestar.ErrBadPattern) {
		return fault.New(fault.Usage, "the pattern %q is malformed: a bracket or brace is not closed; "+
			"correct it", pattern)
	}
	if err != nil {
		return fault.New(fault.Input, "cannot look for %s: %w; check the permissions", pattern, bare(err))
	}
	extension := filepath.Ext(pattern)
	anyExtension := len(extension) > 1 && !isGlob(extension)
	w := walker{collector: c, base: base, visited: map[string]bool{}}
	for _, path := range matches {
		kind, folder, file, err := c.look(path)
		owner := c.ownedBelow(path, base)
		switch {
		case err != nil:
			c.skip(path, "cannot be read: "+bare(err).Error())
		case owner != "":
			w.own++
			w.ownExample = path
			c.tellOwn(owner)
		case kind.IsDir():
			if err := w.walk(path); err != nil {
				c.skip(path, "the folder cannot be read: "+bare(err).Error()+"; check its permissions")
			}
		case kind.IsRegular() && anyExtension && isManifest(path):
			if err := c.manifest(path); err != nil {
				return err
			}
			w.images++
		case kind.IsRegular() && anyExtension:
			w.images++
			c.addFile(path, w.base, "", folder, file)
		case kind.IsRegular():
			w.file(path, folder, file)
		}
	}
	switch {
	case w.images > 0:
		w.tellOthers(pattern)
		return nil
	case w.own > 0:
		return fault.New(fault.Input, "no image matches %s but those that musc made itself, such as %s; "+
			"name the folder of the photos", pattern, w.ownExample)
	}
	return fault.New(fault.Input, "no image matches %s; check the folder and the extension", pattern)
}

// find gives what matches a pattern, and the folders before its first wildcard. Brackets and braces
// are often part of folders' names: if nothing matches, the longest beginning of the pattern that is
// there as it is written is taken literally, then all brackets and braces are.
func find(pattern string) (matches []string, base string, err error) {
	tries := []string{pattern}
	for rest := pattern; ; {
		at := strings.LastIndexByte(rest, filepath.Separator)
		if at <= 0 {
			break
		}
		rest = rest[:at]
		if _, err := os.Stat(rest); err == nil {
			tries = append(tries, escaped.Replace(rest)+pattern[at:])
			break
		}
	}
	tries = append(tries, brackets.Replace(pattern))
	var first error
	for k, try := range tries {
		base, _ = doublestar.SplitPattern(filepath.ToSlash(try))
		base = filepath.FromSlash(base)
		matches, err = doublestar.FilepathGlob(try, doublestar.WithNoHidden(), doublestar.WithNoFollow())
		if err == nil && len(matches) > 0 {
			return matches, base, nil
		}
		if k == 0 {
			first = err
		}
	}
	return nil, base, first
}

// escaped makes a path a pattern that matches it alone, brackets one that knows no classes.
var (
	escaped  = strings.NewReplacer("[", `\[`, "]", `\]`, "{", `\{`, "}", `\}`, "*", `\*`, "?", `\?`)
	brackets = strings.NewReplacer("[", `\[`, "]", `\]`, "{", `\{`, "}", `\}`)
)

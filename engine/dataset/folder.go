package dataset

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"musc/engine/fault"
)

// folder adds the images under root, named relative to it.
func (c *collector) folder(root string) error {
	w := walker{collector: c, base: root, visited: map[string]bool{}}
	if err := w.walk(root); err != nil {
		return fault.New(fault.Input, "cannot read the folder %s: %w; check its permissions",
			root, bare(err))
	}
	if w.images > 0 {
		return nil
	}
	if w.other == 0 {
		return fault.New(fault.Input, "the folder %s is empty; put images in it or name another", root)
	}
	return fault.New(fault.Input, "the folder %s has no images (%s), only other files such as %s; "+
		"name another folder, or the files themselves",
		root, strings.Join(extensions, " "), w.example)
}

// walker goes through a folder and its subfolders, in the order of their names. Links to folders
// are followed; a folder that is reached twice, as in a loop of links, is read once.
type walker struct {
	*collector
	base          string
	visited       map[string]bool // resolved paths of folders
	images, other int             // files seen
	example       string          // one of the others
}

func (w *walker) walk(folder string) error {
	resolved, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return err
	}
	if resolved, err = filepath.Abs(resolved); err != nil {
		return err
	}
	if w.visited[resolved] {
		return nil
	}
	w.visited[resolved] = true
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), ".") {
			w.entry(filepath.Join(folder, entry.Name()), entry)
		}
	}
	return nil
}

func (w *walker) entry(path string, entry fs.DirEntry) {
	mode := entry.Type()
	if mode&fs.ModeSymlink != 0 {
		target, err := os.Stat(path)
		if err != nil {
			if IsImage(path) {
				w.skip(path, "the link leads nowhere: "+bare(err).Error())
			}
			return
		}
		mode = target.Mode().Type()
	}
	switch {
	case mode.IsDir():
		if err := w.walk(path); err != nil {
			w.skip(path, "the folder cannot be read: "+bare(err).Error()+"; check its permissions")
		}
	case mode.IsRegular() && IsImage(path):
		w.images++
		w.add(path, w.base, "")
	default:
		if w.other++; w.example == "" {
			w.example = entry.Name()
		}
	}
}

func isGlob(arg string) bool { return strings.ContainsAny(arg, "*?[{") }

// glob adds what matches the pattern, named relative to the folders before its first wildcard. As
// in a folder, images are known by their extension, unless the pattern asks for another one: what
// matches *.dat or *.csv is treated as if it were named. Folders that match are walked.
func (c *collector) glob(pattern string) error {
	matches, err := doublestar.FilepathGlob(pattern, doublestar.WithNoHidden(), doublestar.WithNoFollow())
	if errors.Is(err, doublestar.ErrBadPattern) {
		return fault.New(fault.Usage, "the pattern %q is malformed: a bracket or brace is not closed; "+
			"correct it", pattern)
	}
	if err != nil {
		return fault.New(fault.Input, "cannot look for %s: %w; check the permissions", pattern, bare(err))
	}
	base, _ := doublestar.SplitPattern(filepath.ToSlash(pattern))
	extension := filepath.Ext(pattern)
	anyExtension := len(extension) > 1 && !isGlob(extension)
	w := walker{collector: c, base: filepath.FromSlash(base), visited: map[string]bool{}}
	for _, path := range matches {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			c.skip(path, "cannot be read: "+bare(err).Error())
		case info.IsDir():
			if err := w.walk(path); err != nil {
				c.skip(path, "the folder cannot be read: "+bare(err).Error()+"; check its permissions")
			}
		case info.Mode().IsRegular() && anyExtension && isManifest(path):
			if err := c.manifest(path); err != nil {
				return err
			}
			w.images++
		case info.Mode().IsRegular() && (anyExtension || IsImage(path)):
			w.images++
			c.add(path, w.base, "")
		}
	}
	if w.images == 0 {
		return fault.New(fault.Input, "no image matches %s; check the folder and the extension", pattern)
	}
	return nil
}

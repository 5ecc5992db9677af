package dataset

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"musc/engine/fault"
	"musc/engine/realpath"
	"musc/engine/results"
)

// folder adds the images under root, named relative to it.
func (c *collector) folder(root string) error {
	if absolute, err := filepath.Abs(root); err == nil {
		if c.ownedBelow(absolute, filepath.Dir(absolute)) != "" {
			return fault.New(fault.Input, "the folder %s holds what musc made itself, as %s in the folder "+
				"above says; name the folder of the photos", root, results.RunFile)
		}
	}
	w := walker{collector: c, base: root, visited: map[string]bool{}}
	if err := w.walk(root); err != nil {
		return fault.New(fault.Input, "cannot read the folder %s: %w; check its permissions",
			root, bare(err))
	}
	if w.images > 0 {
		w.tellOthers(root)
		return nil
	}
	if w.left > 0 {
		last := w.skipped[len(w.skipped)-1]
		return fault.New(fault.Input, "the folder %s has no images that can be read (%s): of %d left "+
			"out one is %s, %s", root, strings.Join(extensions, " "), w.left, last.Path, last.Reason)
	}
	if w.own > 0 {
		return fault.New(fault.Input, "the folder %s has no images but those that musc made itself, "+
			"such as %s; name the folder of the photos", root, w.ownExample)
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
	visited       map[string]bool // real paths of folders
	images, other int             // files seen
	left          int             // photos that are left out
	own           int             // files and folders that are results of musc
	example       string          // one of the others
	ownExample    string          // one of the own
}

// tellOthers notes what was passed by.
func (w *walker) tellOthers(root string) {
	if w.other > 0 {
		w.tell("%d files in %s are no photos, such as %s", w.other, root, w.example)
	}
}

func (w *walker) walk(path string) error {
	folder := w.files.Folder(path)
	if w.visited[folder.Real] {
		return nil
	}
	w.visited[folder.Real] = true
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	kind, own := w.recognise(path), 0
	for _, entry := range entries {
		switch at := filepath.Join(path, entry.Name()); {
		case strings.HasPrefix(entry.Name(), "."):
		case kind.Owns(path, entry.Name()):
			own++
			w.ownExample = at
		default:
			w.entry(at, folder, entry)
		}
	}
	if w.own += own; own > 0 {
		w.tellOwn(path)
	}
	return nil
}

func (w *walker) entry(path string, folder *realpath.Folder, entry fs.DirEntry) {
	mode, file := entry.Type(), folder.Entry(entry.Name())
	if mode&fs.ModeSymlink != 0 {
		target, err := os.Stat(path)
		if err != nil {
			if IsImage(path) {
				w.skip(path, "the link leads nowhere: "+bare(err).Error())
			}
			return
		}
		mode, file = target.Mode().Type(), w.files.Follow(folder, entry.Name())
	}
	switch {
	case mode.IsDir():
		if err := w.walk(path); err != nil {
			w.skip(path, "the folder cannot be read: "+bare(err).Error()+"; check its permissions")
		}
	case mode.IsRegular():
		w.file(path, folder, file)
	default:
		w.count(path)
	}
}

// file adds an image, lists a photo that cannot be scored, or counts anything else.
func (w *walker) file(path string, folder *realpath.Folder, file realpath.File) {
	isImage, reason := classify(path)
	switch {
	case isImage:
		w.images++
		w.addFile(path, w.base, "", folder, file)
	case reason != "":
		w.left++
		w.skip(path, reason)
	default:
		w.count(path)
	}
}

func (w *walker) count(path string) {
	if w.other++; w.example == "" {
		w.example = filepath.Base(path)
	}
}

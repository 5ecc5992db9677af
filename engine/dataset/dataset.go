// Package dataset finds the images to score and gives each a name, and deals them into subsets.
//
// An image comes from a folder, a file, a glob or a manifest (a .csv, .tsv or .txt that lists paths).
// The result does not depend on the file system's order: it is sorted by name.
package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"musc/engine/fault"
	"musc/engine/realpath"
	"musc/engine/results"
)

// Item is one image to score.
type Item struct {
	Path  string // where the file is, as the user would write it
	Name  string // unique in the batch, relative, slash-separated, extension included: a/b.png
	Label string // from a manifest's label column, else ""
}

// Skipped is a file that was named but is left out.
type Skipped struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Options of Collect.
type Options struct {
	Root string // what a manifest's relative paths are relative to; "" is the manifest's folder
	// Note, if set, hears what was passed by without being an image to score: musc's own results,
	// and files that are no photos.
	Note func(text string)
	// List, if set, hears the path of each manifest that was read.
	List func(path string)
}

// Collect finds the images that args name:
//
//	a folder      its images and those of its subfolders, hidden ones and musc's results left out
//	a .csv file   the paths in its column `image` (else the first), labels in its column `label`;
//	              .tsv, too
//	a .txt file   one path a line
//	another file  that file
//	a glob        everything that matches; ** stands for any folders
//
// A file reached twice, also through links, is one item. Each item is named by its path relative
// to the argument that gave it; where two would be equal, both names start further up the path.
// Items are sorted by name. What a manifest names but cannot be used, folders that cannot be read, and
// files in a folder that look like photos but are none that can be scored, are in the second result.
// An argument without any image is an error of kind fault.Input.
func Collect(args []string, opts Options) ([]Item, []Skipped, error) {
	if len(args) == 0 {
		return nil, nil, fault.New(fault.Usage, "no images given; name a folder, files or a manifest")
	}
	if opts.Root != "" {
		if info, err := os.Stat(opts.Root); err != nil || !info.IsDir() {
			return nil, nil, fault.New(fault.Usage, "cannot use %s as the root of a manifest's paths: "+
				"there is no such folder; correct --root", opts.Root)
		}
	}
	c := collector{root: opts.Root, note: opts.Note, list: opts.List, files: realpath.New(),
		known: map[realpath.File]int{}, kinds: map[string]results.Kind{}, owners: map[[2]string]owned{}}
	for _, arg := range args {
		if err := c.argument(arg); err != nil {
			return nil, nil, err
		}
	}
	return nameAll(c.found), c.skipped, nil
}

// collector gathers what the arguments name.
type collector struct {
	root    string
	found   []candidate
	files   *realpath.Cache
	known   map[realpath.File]int // index in found
	skipped []Skipped
	note    func(text string)
	list    func(path string)
	kinds   map[string]results.Kind // of folders that were looked at
	owners  map[[2]string]owned     // by folder and base

	base   string                   // the last one that names were relative to
	depths map[*realpath.Folder]int // of names in a folder, relative to base
}

func (c *collector) argument(arg string) error {
	info, err := os.Stat(arg)
	switch {
	case err != nil && isGlob(arg):
		return c.glob(arg)
	case errors.Is(err, fs.ErrNotExist):
		return fault.New(fault.Input, "cannot collect images: %q does not exist; check the path", arg)
	case err != nil:
		return fault.New(fault.Input, "cannot collect images from %s: %w; check the path and its "+
			"permissions", arg, bare(err))
	case info.IsDir():
		return c.folder(arg)
	case !info.Mode().IsRegular():
		return fault.New(fault.Input, "cannot collect images: %s is a pipe or a device; "+
			"name files or folders", arg)
	case isManifest(arg):
		return c.manifest(arg)
	}
	c.add(arg, filepath.Dir(arg), "")
	return nil
}

// add records the image at path. Its name is relative to base, or its last component if it lies
// elsewhere. The result is the label under which the same file is known already, and whether that
// label is another one.
func (c *collector) add(path, base, label string) (known string, conflict bool) {
	folder, name := c.files.Split(path)
	return c.addFile(path, base, label, folder, c.files.Follow(folder, name))
}

// look tells what kind of file is at path, in which folder, and which file that is. Links are
// followed.
func (c *collector) look(path string) (kind fs.FileMode, folder *realpath.Folder, file realpath.File,
	err error) {
	folder, name := c.files.Split(path)
	kind, found := folder.Mode(name)
	if found && kind&fs.ModeSymlink == 0 {
		return kind, folder, folder.Entry(name), nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, nil, realpath.File{}, err
	}
	return info.Mode().Type(), folder, c.files.Follow(folder, name), nil
}

// addFile is add for a path that was looked at.
func (c *collector) addFile(path, base, label string, folder *realpath.Folder, file realpath.File) (
	known string, conflict bool) {
	if index, ok := c.known[file]; ok {
		former := &c.found[index]
		if former.label == "" {
			former.label = label
		}
		return former.label, label != "" && former.label != label
	}
	c.known[file] = len(c.found)
	c.found = append(c.found, newCandidate(path, label, folder, c.depth(folder, base)))
	return label, false
}

// depth is how many components the names of files in a folder have, relative to base; 1 if it lies
// elsewhere.
func (c *collector) depth(folder *realpath.Folder, base string) int {
	if c.depths == nil || c.base != base {
		c.base, c.depths = base, map[*realpath.Folder]int{}
	}
	depth, known := c.depths[folder]
	if !known {
		depth = 1
		above := c.files.Folder(base).Absolute
		if name, err := filepath.Rel(above, folder.Absolute); err == nil && filepath.IsLocal(name) {
			depth = components(filepath.Join(name, "file"))
		}
		c.depths[folder] = depth
	}
	return depth
}

// tell hands a note on, if anybody listens.
func (c *collector) tell(format string, args ...any) {
	if c.note != nil {
		c.note(fmt.Sprintf(format, args...))
	}
}

func (c *collector) skip(path, reason string) {
	c.skipped = append(c.skipped, Skipped{path, reason})
}

// bare is err without the path that the message around it names already.
func bare(err error) error {
	var where *fs.PathError
	if errors.As(err, &where) {
		return where.Err
	}
	return err
}

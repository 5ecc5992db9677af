// Package realpath tells what many paths lead to through links, as filepath.EvalSymlinks does, but
// with a few looks at each folder instead of several at each path: a batch may have a million photos,
// on a file system where every look takes a message to another machine.
//
// It takes the file system to stay as it is while a Cache is in use.
package realpath

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// enough is how many entries of a folder are looked at one by one before the folder is listed.
const enough = 64

// Cache knows the folders that it was asked about. It is for one goroutine.
type Cache struct {
	working string             // the working folder, "" if there is none
	asked   map[string]*Folder // by path as it was asked for
	folders map[string]*Folder // by absolute path
	reals   map[string]*Folder // the first one of each real path
}

// New makes a Cache that knows nothing yet.
func New() *Cache {
	working, err := os.Getwd()
	if err != nil {
		working = ""
	}
	return &Cache{working: working, asked: map[string]*Folder{}, folders: map[string]*Folder{},
		reals: map[string]*Folder{}}
}

// Folder is a folder by one of its paths.
type Folder struct {
	// Absolute is the path, cleaned. Real is that without links, or Absolute where it leads nowhere.
	Absolute, Real string

	same       *Folder // the first folder of the same real path
	searchable bool    // an entry could be looked at
	looks      int
	listed     bool
	entries    map[string]fs.FileMode
}

// File is what a path leads to: two that lead to the same file through links are equal. A path that
// leads nowhere stands for itself.
type File struct {
	Folder *Folder
	Name   string
}

// Path is the path of the file without links.
func (f File) Path() string { return filepath.Join(f.Folder.Real, f.Name) }

// Folder finds the folder at path, which may be empty for the working folder.
func (c *Cache) Folder(path string) *Folder {
	folder, known := c.asked[path]
	if !known {
		folder = c.absolute(c.abs(path))
		c.asked[path] = folder
	}
	return folder
}

// Split gives the folder of a path and the name in it.
func (c *Cache) Split(path string) (*Folder, string) {
	folder, name := filepath.Split(path)
	if name == "" || name == "." || name == ".." {
		if folder, name = filepath.Split(c.abs(path)); name == "" { // the root
			name = "."
		}
	}
	return c.Folder(folder), name
}

// File follows the links of a path.
func (c *Cache) File(path string) File { return c.Follow(c.Split(path)) }

// Follow is File for a name in a folder.
func (c *Cache) Follow(folder *Folder, name string) File {
	if mode, found := folder.Mode(name); found && mode&fs.ModeSymlink != 0 {
		target, err := filepath.EvalSymlinks(filepath.Join(folder.Absolute, name))
		if err == nil {
			folder, name = c.Split(target)
		}
	}
	return folder.Entry(name)
}

// Entry is File for the name of an entry of the folder that is known to be no link.
func (f *Folder) Entry(name string) File { return File{f.same, name} }

// Mode is the type of an entry, of the link itself if it is one. It is not found if it is not there
// or nobody may look.
func (f *Folder) Mode(name string) (kind fs.FileMode, found bool) {
	if f.looks++; f.looks > enough && f.searchable && !f.listed {
		f.list()
	}
	if kind, found = f.entries[name]; found {
		return kind, true
	}
	info, err := os.Lstat(filepath.Join(f.Absolute, name))
	if err != nil {
		return 0, false
	}
	f.searchable = true
	return info.Mode().Type(), true
}

// list reads the whole folder. One that cannot be read is looked at entry by entry.
func (f *Folder) list() {
	f.listed = true
	entries, err := os.ReadDir(f.Absolute)
	if err != nil {
		return
	}
	f.entries = make(map[string]fs.FileMode, len(entries))
	for _, entry := range entries {
		f.entries[entry.Name()] = entry.Type()
	}
}

// abs is filepath.Abs.
func (c *Cache) abs(path string) string {
	if filepath.IsAbs(path) || c.working == "" {
		return filepath.Clean(path)
	}
	return filepath.Join(c.working, path)
}

// absolute is Folder for a cleaned absolute path. What is known of the folder above helps.
func (c *Cache) absolute(path string) *Folder {
	if folder, known := c.folders[path]; known {
		return folder
	}
	folder := &Folder{Absolute: path, Real: path}
	if above := filepath.Dir(path); above != path {
		folder.Real = c.Follow(c.absolute(above), filepath.Base(path)).Path()
	}
	if c.reals[folder.Real] == nil {
		c.reals[folder.Real] = folder
	}
	folder.same = c.reals[folder.Real]
	c.folders[path] = folder
	return folder
}

// Below tells whether the folder is at or below the real path of another.
func (f *Folder) Below(other *Folder) bool {
	rest, below := strings.CutPrefix(f.Real, other.Real)
	return below && (rest == "" || rest[0] == filepath.Separator ||
		strings.HasSuffix(other.Real, string(filepath.Separator)))
}

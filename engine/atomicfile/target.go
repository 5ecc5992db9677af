package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"musc/engine/fault"
)

// maxLinks is how many links may lead from one to the next, as on Linux.
const maxLinks = 40

// target is where the content of a path goes: a file, there or not, or something open that is
// written through.
type target struct {
	path    string // without links
	there   bool
	mode    fs.FileMode // permissions of the file that is written
	through *os.File    // nil for a file
}

func (t *target) folder() string { return filepath.Dir(t.path) }

func (t *target) close() {
	if t.through != nil {
		t.through.Close() // every byte has been handed over by then: fill says what went wrong
	}
}

// find follows links and opens what is no file. Opening a pipe waits for its reader.
func find(path string) (*target, error) {
	t, info, err := locate(path)
	if err != nil || t.through != nil || info == nil || info.Mode().IsRegular() {
		return t, err
	}
	if t.through, err = os.OpenFile(t.path, os.O_WRONLY, 0); err != nil {
		return nil, describe(path, err)
	}
	return t, nil
}

// locate follows links. info is what is there: nil for nothing, or an open descriptor. What nobody
// should write to, a folder, a disk, a socket or a file without leave, is an error.
func locate(path string) (t *target, info fs.FileInfo, err error) {
	t = &target{path: path, mode: newMode}
	for links := 0; ; links++ {
		if t.through, err = descriptor(t.path); t.through != nil || err != nil {
			return t, nil, orDescribe(path, err)
		}
		info, err = os.Lstat(t.path)
		if errors.Is(err, fs.ErrNotExist) {
			return t, nil, t.checkFolder(path)
		}
		if err != nil {
			return nil, nil, describe(path, err)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			break
		}
		if links == maxLinks {
			return nil, nil, fault.New(fault.Output, "cannot write %s: its links lead in a circle; "+
				"choose another place with -o", path)
		}
		next, err := os.Readlink(t.path)
		if err != nil {
			return nil, nil, describe(path, err)
		}
		if !filepath.IsAbs(next) {
			next = t.folder() + string(filepath.Separator) + next // not cleaned: .. is behind links
		}
		t.path = next
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		err = fault.New(fault.Output, "cannot write %s: it is a folder; name a file in it", path)
	case mode&fs.ModeSocket != 0:
		err = fault.New(fault.Output, "cannot write %s: it is a socket; name a file or a pipe", path)
	case mode&fs.ModeDevice != 0 && mode&fs.ModeCharDevice == 0:
		err = fault.New(fault.Output, "cannot write %s: it is a disk, and what is on it would be lost; "+
			"name a file", path)
	case mode.IsRegular():
		t.there, t.mode = true, mode.Perm()
		err = t.checkLeave(path)
	}
	return t, info, err
}

// checkFolder says that a new file has no folder to be in.
func (t *target) checkFolder(path string) error {
	if info, err := os.Stat(t.folder()); err != nil {
		return describe(path, err)
	} else if !info.IsDir() {
		return fault.New(fault.Output, "cannot write %s: %s is no folder; choose another place with -o",
			path, t.folder())
	}
	return nil
}

// checkLeave refuses to replace a file that may not be written: renaming would not ask.
func (t *target) checkLeave(path string) error {
	if t.mode&0o222 == 0 {
		return fault.New(fault.Output, "cannot write %s: the file is read-only; make it writable or "+
			"choose another place with -o", path)
	}
	file, err := os.OpenFile(t.path, os.O_WRONLY, 0)
	if err != nil {
		return describe(path, err)
	}
	return file.Close()
}

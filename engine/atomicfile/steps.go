package atomicfile

import (
	"os"
	"runtime"

	"musc/engine/fault"
)

// File is a file on its way to its place, for what is not written from its beginning to its end in one
// go. It is open for reading and writing, beside the target; its own name is temporary. Errors of
// writing to it are the caller's to describe.
type File struct {
	*os.File
	path   string
	target *target
	done   bool // the file has its name, or is gone
}

// Create begins a file that Commit puts at path. What is no file, and would be written through, is an
// error of kind fault.Output, as are those of the file system.
func Create(path string) (*File, error) {
	t, info, err := locate(path)
	if err != nil {
		return nil, err
	}
	defer t.close()
	if t.through != nil || info != nil && !info.Mode().IsRegular() {
		return nil, fault.New(fault.Output, "cannot write %s: it is no file, and has no places to go "+
			"back to; choose another place with -o", path)
	}
	file, err := create(t.folder())
	if err != nil {
		return nil, describe(path, err)
	}
	return &File{File: file, path: path, target: t}, nil
}

// Describe says of an error of writing which file it is about, and the way out.
func (f *File) Describe(err error) error { return orDescribe(f.path, err) }

// Name is the path that the file is written for.
func (f *File) Name() string { return f.path }

// Commit gives the file its name, synced, and closes it. Without overwrite a file that has appeared there
// meanwhile, and is not empty, is an error. After an error the file is gone.
func (f *File) Commit(overwrite bool) error {
	if info, err := os.Lstat(f.target.path); err == nil && !overwrite && info.Size() > 0 {
		f.Abort()
		return fault.New(fault.Output, "%s has been written by another program meanwhile; give "+
			"--overwrite to replace it or choose another place with -o", f.path)
	}
	if err := f.target.commit(f.path, f.File); err != nil {
		f.Abort()
		return err
	}
	f.done = true
	return syncFolder(f.target.folder())
}

// Abort removes the file, if Commit has not given it its name. It may be called at any time.
func (f *File) Abort() {
	if !f.done {
		f.File.Close()
		os.Remove(f.File.Name())
		f.done = true
	}
}

// commit gives the temporary file its target's permissions and name. It stays locked until it has it.
func (t *target) commit(path string, file *os.File) error {
	if err := file.Chmod(t.mode); err != nil {
		return describe(path, err)
	}
	if err := file.Sync(); err != nil {
		return describe(path, err)
	}
	if runtime.GOOS == "windows" { // it renames no open file, and has no locks to keep
		file.Close()
	}
	if err := os.Rename(file.Name(), t.path); err != nil {
		return describe(path, err)
	}
	file.Close() // its content is synced
	return nil
}

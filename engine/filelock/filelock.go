// Package filelock takes locks that the system drops when their holder dies, so that a killed
// process is in nobody's way: one file for this process alone, and a whole folder for one run.
// Libraries for it open the file themselves; here the file is one that is being written, or must
// still have its name once the lock is held.
package filelock

import (
	"errors"
	"os"
)

// ErrUnsupported says that the file system, or this system, has no locks.
var ErrUnsupported = errors.New("the file system has no locks")

// Try takes the file for this process until it is closed, and reports whether it could: another
// process may hold it, or may have renamed or removed it meanwhile. The file must have been opened
// by its name. Of errors, one is ErrUnsupported.
func Try(file *os.File) (bool, error) {
	if held, err := take(file); !held || err != nil {
		return false, err
	}
	held, err := file.Stat()
	if err != nil {
		return false, err
	}
	named, err := os.Stat(file.Name())
	return err == nil && os.SameFile(held, named), nil
}

// Package atomicfile writes files that are either whole or absent: to a temporary file beside the
// target, synced, then renamed. An interrupted or failed write leaves the former file untouched.
//
// What is no regular file is never replaced: a link leads to the file that is written, and what goes
// to a device, a pipe or an open descriptor (/dev/stdout) is written through, as cp does.
package atomicfile

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"musc/engine/fault"
	"musc/engine/filelock"
)

const bufferSize = 1 << 18

// temporary is the pattern of the file that is written first. It does not depend on the target's
// name, which may be as long as names can be.
const temporary = ".musc-tmp-*"

// Save creates or replaces path with what write produces. Errors of the file system are of kind
// fault.Output and name the file; an error that write returns of its own comes back unchanged
// when it already has a kind. The temporary file is removed on every failure. A file that is
// replaced hands its permissions on; other names of it, hard links, keep the former content.
func Save(path string, write func(w io.Writer) error) error {
	t, err := find(path)
	if err != nil {
		return err
	}
	defer t.close()
	if t.through != nil {
		return fill(path, t.through, write)
	}
	file, err := create(t.folder())
	if err != nil {
		return describe(path, err)
	}
	if err := t.save(path, file, write); err != nil {
		file.Close()
		os.Remove(file.Name())
		return err
	}
	return syncFolder(t.folder())
}

// save writes the temporary file and gives it the target's name.
func (t *target) save(path string, file *os.File, write func(w io.Writer) error) error {
	if err := fill(path, file, write); err != nil {
		return err
	}
	return t.commit(path, file)
}

// fill writes to the open file.
func fill(path string, file *os.File, write func(w io.Writer) error) error {
	buffered := bufio.NewWriterSize(file, bufferSize)
	if err := write(buffered); err != nil {
		if fault.KindOf(err) != fault.Internal {
			return err
		}
		return describe(path, err)
	}
	if err := buffered.Flush(); err != nil {
		return describe(path, err)
	}
	return nil
}

// create makes a temporary file and locks it, so that RemoveLeftovers of another process knows that
// it is in use. That process may be faster: then once more.
func create(folder string) (*os.File, error) {
	for {
		file, err := os.CreateTemp(folder, temporary)
		if err != nil {
			return nil, err
		}
		if held, err := filelock.Try(file); held || err != nil { // no locks here: nobody removes it
			return file, nil
		}
		file.Close()
		os.Remove(file.Name())
	}
}

// RemoveLeftovers removes the temporary files in a folder that killed processes left behind, and
// none that is being written. What cannot be removed only takes space.
func RemoveLeftovers(folder string) {
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if ours, _ := filepath.Match(temporary, entry.Name()); !ours || !entry.Type().IsRegular() {
			continue
		}
		file, err := os.OpenFile(filepath.Join(folder, entry.Name()), os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if held, err := filelock.Try(file); held && err == nil {
			os.Remove(file.Name())
		}
		file.Close()
	}
}

// syncFolder makes the rename itself durable. File systems that cannot sync a folder say so with
// an error that changes nothing about the file: it is left out.
func syncFolder(folder string) error {
	handle, err := os.Open(folder)
	if err != nil {
		return nil // a folder that may be written but not read
	}
	_ = handle.Sync()
	return handle.Close()
}

// WriteFile is Save for bytes that are at hand.
func WriteFile(path string, data []byte) error {
	return Save(path, func(w io.Writer) error {
		if _, err := w.Write(data); err != nil {
			return fmt.Errorf("after %d bytes: %w", len(data), err)
		}
		return nil
	})
}

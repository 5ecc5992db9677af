// Package atomicfile writes files that are either whole or absent: to a temporary name beside the
// target, synced, then renamed. An interrupted or failed write leaves the former file untouched.
package atomicfile

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"musc/engine/fault"
)

const bufferSize = 1 << 18

// Save creates or replaces path with what write produces. Errors of the file system are of kind
// fault.Output and name the file; an error that write returns of its own comes back unchanged
// when it already has a kind. The temporary file is removed on every failure.
func Save(path string, write func(w io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".tmp-*")
	if err != nil {
		return describe(path, err)
	}
	defer func() {
		if err != nil {
			file.Close()
			os.Remove(file.Name())
		}
	}()
	buffered := bufio.NewWriterSize(file, bufferSize)
	if err = write(buffered); err != nil {
		if fault.KindOf(err) != fault.Internal {
			return err
		}
		return describe(path, err)
	}
	if err = buffered.Flush(); err != nil {
		return describe(path, err)
	}
	if err = file.Chmod(0o644); err != nil {
		return describe(path, err)
	}
	if err = file.Sync(); err != nil {
		return describe(path, err)
	}
	if err = file.Close(); err != nil {
		return describe(path, err)
	}
	if err = os.Rename(file.Name(), path); err != nil {
		return describe(path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the rename itself durable. File systems that cannot sync a folder say so with
// an error that changes nothing about the file: it is left out.
func syncFolder(folder string) error {
	handle, err := os.Open(folder)
	if err != nil {
		return describe(folder, err)
	}
	_ = handle.Sync()
	return handle.Close()
}

func describe(path string, err error) error {
	return fault.New(fault.Output,
		"cannot write %s: %w; free some space or choose another place with -o", path, err)
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

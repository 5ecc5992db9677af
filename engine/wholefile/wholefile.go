// Package wholefile reads files whole that may come from anybody: no more of them than there is reason to, and
// without waiting at what is no file.
package wholefile

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Read returns what is in a file, a pipe or a device, if that is at most so many bytes. Errors are those of
// the system, and one that names the path where there is more.
func Read(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return read(file, most)
}

// ReadRegular is Read for a file that must be one: a named pipe, on which reading would wait for ever, or a
// device is an error that names it.
func ReadRegular(path string, most int64) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("this is no file but %s", kind(info.Mode()))}
	}
	if err != nil {
		return nil, err
	}
	return read(file, most)
}

func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

func read(file *os.File, most int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(text)) > most {
		err = &fs.PathError{Op: "read", Path: file.Name(), Err: fmt.Errorf("it has more than %d bytes, which "+
			"none of its kind has", most)}
	}
	if err != nil {
		return nil, err
	}
	return text, nil
}

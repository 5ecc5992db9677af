//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package bank

import (
	"io"
	"os"
)

// mapFile reads the first size bytes of a file, where none is mapped.
func mapFile(file *os.File, size int64) (data []byte, unmap func() error, err error) {
	data, err = io.ReadAll(io.NewSectionReader(file, 0, size))
	return data, func() error { return nil }, err
}

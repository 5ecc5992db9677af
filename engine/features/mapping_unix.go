//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package features

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

const readWrite = unix.PROT_READ | unix.PROT_WRITE

// mapFile maps the first size bytes of an open file; writes reach the file.
func mapFile(file *os.File, size int) ([]byte, error) {
	mapped, err := unix.Mmap(int(file.Fd()), 0, size, readWrite, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("mapping the temporary file: %w", err)
	}
	return mapped, nil
}

// mapAnonymous gives size bytes of zeroed memory outside the Go heap.
func mapAnonymous(size int) ([]byte, error) {
	return unix.Mmap(-1, 0, size, readWrite, unix.MAP_PRIVATE|unix.MAP_ANON)
}

func unmap(mapped []byte) error {
	if err := unix.Munmap(mapped); err != nil {
		return fmt.Errorf("cannot unmap %s of patch tokens: %w", FormatBytes(int64(len(mapped))), err)
	}
	return nil
}

// dropPages takes whole pages of a shared file mapping out of the process; what was written stays
// in the page cache and the file. It is advice: where the system refuses, the pages stay.
func dropPages(pages []byte) { _ = unix.Madvise(pages, unix.MADV_DONTNEED) }

package features

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// reserve gives the file size bytes of disk that no later write can find missing.
func reserve(file *os.File, size int64) error {
	var err error = unix.EINTR
	for errors.Is(err, unix.EINTR) {
		err = unix.Fallocate(int(file.Fd()), 0, 0, size)
	}
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		return fill(file, size)
	}
	if err != nil {
		return fmt.Errorf("reserving the space: %w", err)
	}
	return nil
}

// fill reserves the space where the file system cannot, if it is there.
func fill(file *os.File, size int64) error {
	if space, known := free(file); known && space < size {
		return unix.ENOSPC
	}
	return writeZeros(file, size)
}

func free(file *os.File) (bytes int64, known bool) {
	var disk unix.Statfs_t
	if err := unix.Fstatfs(int(file.Fd()), &disk); err != nil {
		return 0, false
	}
	return int64(disk.Bavail) * int64(disk.Bsize), true
}

// FreeBytes is how much a folder's disk takes, if the system tells.
func FreeBytes(dir string) (bytes int64, known bool) {
	folder, err := os.Open(dir)
	if err != nil {
		return 0, false
	}
	defer folder.Close()
	return free(folder)
}

// describeFree is ", 3.1 GB free" for error messages, or nothing where the system does not tell.
func describeFree(dir string) string {
	bytes, known := FreeBytes(dir)
	if !known {
		return ""
	}
	return ", " + FormatBytes(bytes) + " free"
}

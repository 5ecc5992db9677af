package features

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// reserve gives the file size bytes of disk that no later write can find missing.
func reserve(file *os.File, size int64) error {
	for {
		switch err := unix.Fallocate(int(file.Fd()), 0, 0, size); {
		case err == nil:
			return nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
			if space, known := free(file); known && space < size {
				return unix.ENOSPC
			}
			return writeZeros(file, size)
		default:
			return fmt.Errorf("reserving the space: %w", err)
		}
	}
}

func free(file *os.File) (bytes int64, known bool) {
	var disk unix.Statfs_t
	if err := unix.Fstatfs(int(file.Fd()), &disk); err != nil {
		return 0, false
	}
	return int64(disk.Bavail) * int64(disk.Bsize), true
}

// describeFree is ", 3.1 GB free" for error messages, or nothing where the system does not tell.
func describeFree(dir string) string {
	folder, err := os.Open(dir)
	if err != nil {
		return ""
	}
	defer folder.Close()
	bytes, known := free(folder)
	if !known {
		return ""
	}
	return ", " + FormatBytes(bytes) + " free"
}

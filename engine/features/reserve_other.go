//go:build !linux

package features

import "os"

// reserve gives the file size bytes of disk that no later write can find missing.
func reserve(file *os.File, size int64) error { return writeZeros(file, size) }

// FreeBytes is how much a folder's disk takes, if the system tells.
func FreeBytes(string) (bytes int64, known bool) { return 0, false }

func describeFree(string) string { return "" }

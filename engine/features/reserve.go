package features

import (
	"fmt"
	"math"
	"os"
)

// zeroChunk is how much writeZeros writes at once.
const zeroChunk = 1 << 20

// writeZeros reserves space on any file system, by filling the file. A hole instead would turn a
// full disk into a signal that kills the process at some later write to the mapping.
func writeZeros(file *os.File, size int64) error {
	zeros := make([]byte, zeroChunk)
	for at := int64(0); at < size; {
		n, err := file.WriteAt(zeros[:min(zeroChunk, size-at)], at)
		if err != nil {
			return fmt.Errorf("writing the temporary file: %w", err)
		}
		at += int64(n)
	}
	return nil
}

// FormatBytes writes a number of bytes for people: "512 B", "4.2 MB", "4.5 GB" (powers of 1000).
func FormatBytes(n int64) string {
	if n < 1000 && n > -1000 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/1000, 0
	units := []string{"kB", "MB", "GB", "TB", "PB", "EB"} // an int64 is 9.2 EB at most
	for math.Abs(value) >= 999.95 {
		value, unit = value/1000, unit+1
	}
	return fmt.Sprintf("%.1f %s", value, units[unit])
}

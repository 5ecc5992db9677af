package features

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Arrays in memory lie outside the Go heap: the garbage collector must not count them.
func TestArraysAreMapped(t *testing.T) {
	for _, n := range []int64{1, 3, 5000} {
		array, err := NewArray(n, "")
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(array.mapped)) != 4*n || array.Len() != n {
			t.Errorf("%d values: %d bytes mapped, length %d", n, len(array.mapped), array.Len())
		}
		if err := array.Close(); err != nil || array.Len() != 0 {
			t.Errorf("closed: length %d, %v", array.Len(), err)
		}
	}
}

func TestReservedSpaceIsThere(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "spill"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := reserve(file, 12345); err != nil {
		t.Fatal(err)
	}
	if info, _ := file.Stat(); info.Size() != 12345 {
		t.Errorf("%d bytes reserved, want 12345", info.Size())
	}
}

// The file system of /proc cannot reserve, and is always full.
func TestFileSystemThatCannotReserve(t *testing.T) {
	file, err := os.OpenFile("/proc/self/comm", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	defer file.Close()
	if err := unix.Fallocate(int(file.Fd()), 0, 0, 1); !errors.Is(err, unix.EOPNOTSUPP) {
		t.Skipf("/proc answers %v", err)
	}
	if err := reserve(file, 1); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("one byte: %v", err)
	}
	if err := fill(file, 0); err != nil {
		t.Errorf("no bytes: %v", err)
	}
}

func TestErrorsOfReserving(t *testing.T) {
	device, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	defer device.Close()
	if err := reserve(device, 1); !errors.Is(err, unix.ENODEV) ||
		!strings.HasPrefix(err.Error(), "reserving the space: ") {
		t.Errorf("got %v", err)
	}
	if err := writeZeros(device, zeroChunk+1); err != nil {
		t.Errorf("zeros to a device that takes any: %v", err)
	}
	device.Close()
	if err := writeZeros(device, 1); !errors.Is(err, os.ErrClosed) ||
		!strings.HasPrefix(err.Error(), "writing the temporary file: ") {
		t.Errorf("got %v", err)
	}
	if _, known := free(device); known {
		t.Error("a closed file has free space")
	}
}

func TestFreeSpaceIsThatOfDf(t *testing.T) {
	dir := t.TempDir()
	text, err := exec.Command("df", "--output=avail", "-B1", dir).Output()
	if err != nil {
		t.Skip(err)
	}
	want, err := strconv.ParseFloat(strings.Fields(string(text))[1], 64)
	if err != nil {
		t.Skip(err)
	}
	folder, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	got, known := free(folder)
	if !known || float64(got) < want/2 || float64(got) > 2*want { // others write meanwhile
		t.Errorf("%d bytes free, %v; df says %.0f", got, known, want)
	}
	if text := describeFree(filepath.Join(dir, "absent")); text != "" {
		t.Errorf("a folder that is not there: %q", text)
	}
}

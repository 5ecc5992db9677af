package cuda

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Driver is what NVIDIA's driver says of itself.
type Driver struct {
	CUDA    int    // the newest CUDA release that it knows: 13000 for 13.0; 0 if it cannot be asked
	Release string // its own, "580.65.06"; "" where nothing tells it
}

// String is the driver in a few words: "NVIDIA driver 580.65.06 for CUDA 13.0".
func (d Driver) String() string {
	text := "NVIDIA driver"
	if d.Release != "" {
		text += " " + d.Release
	}
	if d.CUDA > 0 {
		text += " for CUDA " + release(d.CUDA)
	}
	return text
}

// release is a version of CUDA as people write it: 12.9 for 12090.
func release(version int) string { return fmt.Sprintf("%d.%d", version/1000, version%1000/10) }

// knownBy lists the drivers that brought a new major release of CUDA, the newest first.
var knownBy = []struct{ driver, cuda int }{{580, 13000}, {525, 12000}, {450, 11000}}

// cudaOf is the CUDA release that every driver of such a release knows; 0 for one before CUDA 11.
func cudaOf(driver string) int {
	major, _, _ := strings.Cut(driver, ".")
	number, err := strconv.Atoi(major)
	for _, known := range knownBy {
		if err == nil && number >= known.driver {
			return known.cuda
		}
	}
	return 0
}

// kernelModule is where the driver's kernel module says which it is; mappings lists the files that
// this process has mapped, libcuda.so.1 among them once it is open.
const (
	kernelModule = "/proc/driver/nvidia/version"
	mappings     = "/proc/self/maps"
)

var (
	moduleLine = regexp.MustCompile(`(?m)^NVRM version:.*?\s(\d{3,}(?:\.\d+)+)\s`)
	libcudaMap = regexp.MustCompile(`(?m)\s(/\S*/libcuda\.so\S*)$`)
	libcudaEnd = regexp.MustCompile(`^libcuda\.so\.(\d{3,}(?:\.\d+)+)$`)
)

// driverRelease is the driver's release as its kernel module tells it, or the name of the file that
// libcuda.so.1 leads to; "" if neither does.
func driverRelease(kernelModule, mappings string) string {
	if text, err := os.ReadFile(kernelModule); err == nil {
		if match := moduleLine.FindSubmatch(text); match != nil {
			return string(match[1])
		}
	}
	text, err := os.ReadFile(mappings)
	if err != nil {
		return ""
	}
	for _, match := range libcudaMap.FindAllSubmatch(text, -1) {
		if end := libcudaEnd.FindStringSubmatch(filepath.Base(string(match[1]))); end != nil {
			return end[1]
		}
	}
	return ""
}

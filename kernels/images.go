// Package kernels holds the CUDA kernels. Their sources are the .cu files; make kernels compiles
// them (package compile) to the files of folder cubin, which are committed and part of the binary:
//
//	NAME_sm_80.cubin    machine code, for one compute capability and those after it up to the next
//	                    major one
//	NAME_sm_90a.cubin   machine code that uses what only 9.0 has, and runs nowhere else
//	NAME_compute_80.ptx for every capability from 8.0 on; the driver compiles it when it is loaded
package kernels

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
)

//go:embed cubin
var embedded embed.FS

// deviceCode is the code of a kernel file for one device.
type deviceCode struct {
	File    string // "mutual_sm_90a.cubin"
	Content string
}

// Supported says why no kernel runs on a device of that compute capability, nil if they do.
func Supported(major, minor int) error {
	if major < 8 {
		return fmt.Errorf("compute capability %d.%d is too low: musc needs 8.0 (Ampere) or higher",
			major, minor)
	}
	return nil
}

// choose returns the code of NAME.cu for a device of that compute capability: the machine code for
// just that one, else for the nearest lower one of the same major number, else the PTX.
func choose(name string, major, minor int) (deviceCode, error) {
	files, err := fs.Sub(embedded, "cubin")
	if err != nil {
		return deviceCode{}, err
	}
	return pick(files, name, major, minor)
}

// fileName has the kernel's name, the kind, the capability's numbers and the a of 90a.
var fileName = regexp.MustCompile(`^(\w+?)_(sm|compute)_(\d+)(\d)(a?)\.(cubin|ptx)$`)

func pick(files fs.FS, name string, major, minor int) (deviceCode, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return deviceCode{}, err
	}
	best, rank := "", -1
	for _, entry := range entries {
		match := fileName.FindStringSubmatch(entry.Name())
		if match == nil || match[1] != name {
			continue
		}
		fileMajor, _ := strconv.Atoi(match[3]) // digits, by the pattern
		fileMinor, _ := strconv.Atoi(match[4])
		r := suitability(match[2] == "sm", match[5] == "a", fileMajor, fileMinor, major, minor)
		if r > rank {
			best, rank = entry.Name(), r
		}
	}
	if best == "" {
		if err := Supported(major, minor); err != nil {
			return deviceCode{}, err
		}
		return deviceCode{}, fmt.Errorf("there is no code of %s.cu for compute capability %d.%d", name, major,
			minor)
	}
	content, err := fs.ReadFile(files, best)
	return deviceCode{best, string(content)}, err
}

// suitability orders the files that a device of capability major.minor can run, and is -1 for the
// others: PTX last, machine code by how near its capability is, code for exactly this one first.
func suitability(machineCode, exact bool, fileMajor, fileMinor, major, minor int) int {
	switch {
	case exact && (!machineCode || fileMajor != major || fileMinor != minor):
		return -1
	case exact:
		return 1000
	case machineCode && fileMajor == major && fileMinor <= minor:
		return 500 + fileMinor
	case !machineCode && (fileMajor < major || fileMajor == major && fileMinor <= minor):
		return 10*fileMajor + fileMinor
	}
	return -1
}

// Package memory tells how much memory the machine has to give and the process holds.
package memory

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// fallbackMemory stands in where the system does not tell: enough for a laptop's batch.
const fallbackMemory = 4 << 30

// FairShare is the default memory bound in bytes: half of what the machine, or the container
// around the process, has available.
func FairShare() int64 {
	return fairShare("/proc/meminfo", "/sys/fs/cgroup")
}

func fairShare(meminfo, group string) int64 {
	available := procValue(meminfo, "MemAvailable")
	if available == 0 {
		available = fallbackMemory
	}
	if left := containerLimit(group); left != 0 {
		available = min(available, left)
	}
	return available / 2
}

// Resident is the process's resident memory in bytes, 0 where the system does not tell.
func Resident() int64 { return Status("VmRSS") }

// PeakResident is the largest resident memory of the process so far in bytes, 0 where the system
// does not tell.
func PeakResident() int64 { return Status("VmHWM") }

// Status is a size that the system keeps of the process, by its name in /proc/self/status, in
// bytes; 0 where the system does not tell.
func Status(name string) int64 { return procValue("/proc/self/status", name) }

// procValue reads the value of one "Name:  123 kB" line, in bytes; 0 if there is none.
func procValue(path, name string) int64 {
	file, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 3 && fields[0] == name+":" && fields[2] == "kB" {
			kilobytes, _ := strconv.ParseInt(fields[1], 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}

// containerLimit is what is left below the memory limit of the control group in folder, but at
// least an eighth of it, as files that the system caches count as used; 0 without a limit.
func containerLimit(folder string) int64 {
	read := func(name string) int64 {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return 0
		}
		value, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		return value
	}
	limit := read("memory.max")
	if limit == 0 {
		return 0
	}
	return max(limit-read("memory.current"), limit/8)
}

//go:build unix

package atomicfile

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"golang.org/x/sys/unix"
)

// descriptors are the names of this process's open files; %d is the number of the process.
var descriptors = regexp.MustCompile(`^(?:/dev/fd|/proc/([0-9]+)(?:/task/[0-9]+)?/fd)/([0-9]+)$`)

// standard are names of descriptors where /proc is not there to say so.
var standard = map[string]int{"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}

// descriptor gives a handle of an open file that path is the name of, or nil if it is of none. Opening
// it by its name would write over what the descriptor has written already, or is to be appended to.
func descriptor(path string) (*os.File, error) {
	number, ours := standard[path]
	if !ours {
		folder, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return nil, nil // whatever is wrong with the path, writing to it will say
		}
		match := descriptors.FindStringSubmatch(filepath.Join(folder, filepath.Base(path)))
		if match == nil || match[1] != "" && match[1] != strconv.Itoa(os.Getpid()) {
			return nil, nil
		}
		if number, err = strconv.Atoi(match[2]); err != nil {
			return nil, nil
		}
	}
	own, err := unix.FcntlInt(uintptr(number), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(own), path), nil
}

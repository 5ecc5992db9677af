//go:build unix

package atomicfile

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// newMode is the permissions of a file that replaces none: 0644 less the umask by which the process was
// started. They are given to the temporary file by name, where the system takes no umask off.
var newMode = func() fs.FileMode {
	mask := unix.Umask(0o077) // it can only be read by setting it; nothing else runs yet
	unix.Umask(mask)
	return 0o644 &^ fs.FileMode(mask)
}()

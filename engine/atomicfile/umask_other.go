//go:build !unix

package atomicfile

import "io/fs"

// newMode is the permissions of a file that replaces none.
const newMode fs.FileMode = 0o644

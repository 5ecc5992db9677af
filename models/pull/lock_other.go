//go:build !unix

package pull

import "os"

// lock does nothing here: two downloads of one file at once end in a wrong checksum.
func lock(*os.File) (bool, error) { return true, nil }

//go:build !unix

package filelock

import "os"

func take(*os.File) (bool, error) { return false, ErrUnsupported }

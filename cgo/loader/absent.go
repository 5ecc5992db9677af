//go:build !linux || !cgo

package loader

import "errors"

// Open is for Linux, where the libraries are that musc fetches.
func Open(string) error { return errors.New("libraries are opened on Linux only") }

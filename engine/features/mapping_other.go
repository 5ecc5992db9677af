//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package features

import (
	"errors"
	"os"
)

var errNoMapping = errors.New("this system has no mapped files that musc knows")

func mapFile(*os.File, int) ([]byte, error) { return nil, errNoMapping }

func mapAnonymous(int) ([]byte, error) { return nil, errNoMapping }

func unmap([]byte) error { return nil }

func dropPages([]byte) {}

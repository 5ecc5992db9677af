//go:build !linux

package features

// preferHugePages does nothing where the system is not asked for it.
func preferHugePages([]byte) {}

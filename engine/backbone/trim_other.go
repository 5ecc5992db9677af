//go:build !linux

package backbone

// trimMemory does nothing where the allocator gives freed memory back by itself.
func trimMemory() {}

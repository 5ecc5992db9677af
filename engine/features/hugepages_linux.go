package features

import "golang.org/x/sys/unix"

// preferHugePages saves most of the page faults of a large mapping, and of the look-ups of its
// addresses. It is advice: where the system refuses, or the mapping is small, nothing changes.
func preferHugePages(mapped []byte) { _ = unix.Madvise(mapped, unix.MADV_HUGEPAGE) }

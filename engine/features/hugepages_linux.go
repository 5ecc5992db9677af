package features

import "golang.org/x/sys/unix"

// hugePage is what the system brings in at once if it may.
const hugePage = 2 << 20

// preferHugePages saves most of the page faults of a large mapping, and of the look-ups of its
// addresses. It is advice: where the system refuses, nothing changes.
func preferHugePages(mapped []byte) {
	if len(mapped) >= 2*hugePage {
		_ = unix.Madvise(mapped, unix.MADV_HUGEPAGE)
	}
}

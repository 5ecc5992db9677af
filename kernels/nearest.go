//go:build cuda && linux

package kernels

import (
	"unsafe"

	"gorgonia.org/cu"

	"musc/cgo/cuda"
)

// Nearest waits for the device and returns what the searches since Clear found, for the k-th of
// Begin's radii: of each patch of a row the scorer's patch that is nearest, or -1 if they were not
// compared, [patches]. A key's lower half is patch_of in keys.h.
func (s *Scoring) Nearest(k, row, scorer int) ([]int, error) {
	keys := make([]uint64, s.patches())
	err := s.device.context.Do(func() error {
		if err := s.device.computing.Synchronize(); err != nil {
			return cuda.Explain("searching on the device", err)
		}
		first := at(s.keys, k, s.keyBytes(), (row*s.Scorers+scorer)*s.patches(), bytesOfKey)
		return cuda.Explain("copying keys from the device", cu.MemcpyDtoH(unsafe.Pointer(&keys[0]),
			first, int64(len(keys))*bytesOfKey))
	})
	nearest := make([]int, len(keys))
	for patch, key := range keys {
		if nearest[patch] = -1; key != 0 {
			nearest[patch] = int(^uint32(key))
		}
	}
	return nearest, err
}

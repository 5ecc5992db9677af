package watch

import (
	"encoding/binary"
	"hash/maphash"
	"sync"
)

// known is what is remembered of each file that is done with: 32 bytes, whatever its name. The rest is read
// from the journal when a file differs from what it was.
type known struct {
	seeds [3]maphash.Seed

	mu    sync.Mutex
	files map[nameHash]fileState
}

// nameHash is 128 bits, so that no two names of any folder have the same.
type nameHash [2]uint64

// fileState is the last that was seen of a file.
type fileState struct {
	stamp uint64 // hash of size and time of change
	at    int64  // offset of its entry in the journal
}

func newKnown() *known {
	k := &known{files: map[nameHash]fileState{}}
	for i := range k.seeds {
		k.seeds[i] = maphash.MakeSeed()
	}
	return k
}

func (k *known) hash(name string) nameHash {
	return nameHash{maphash.String(k.seeds[0], name), maphash.String(k.seeds[1], name)}
}

func (k *known) stamp(size, modified int64) uint64 {
	text := binary.LittleEndian.AppendUint64(nil, uint64(size))
	return maphash.Bytes(k.seeds[2], binary.LittleEndian.AppendUint64(text, uint64(modified)))
}

// add remembers the entry of a file, at its offset in the journal.
func (k *known) add(file *File, at int64) {
	name, state := k.hash(file.RawName()), fileState{k.stamp(file.Size, file.Modified), at}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.files[name] = state
}

// has says whether a file is known as it is: name, size and time of change.
func (k *known) has(name string, size, modified int64) bool {
	stamp := k.stamp(size, modified)
	state, is := k.last(name)
	return is && state.stamp == stamp
}

// last is the last that was seen of a name.
func (k *known) last(name string) (state fileState, is bool) {
	hash := k.hash(name)
	k.mu.Lock()
	defer k.mu.Unlock()
	state, is = k.files[hash]
	return state, is
}

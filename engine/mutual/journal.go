package mutual

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"
)

// journal keeps the distances of one step as they come: a file that only grows, by blocks of pairs
// of images with a checksum each. Pairs are named by their entries, so that it depends neither on
// tiles nor on threads. It is read up to the first block that is not whole. A nil journal keeps
// nothing.
type journal struct {
	*keeper
	distances *distances
	head      []byte // of the file
	images    int    // N
	base      int    // the first entry that scores: 0, or N if only references do
	width     int    // entries that score

	// One bit a pair (i,j), i < j, at i*width + j-base: those that are done, set by any goroutine,
	// and of them those that are in the file.
	done, kept []uint64

	length int64 // of the file up to the last whole block; 0: there is none
	quit   chan struct{}
	ended  chan struct{}
}

// newJournal is the journal of a step, nil if nothing is kept or that is as much work as scoring. With
// further views there is none: a pair is done only when all views have passed by.
func (k *keeper) newJournal(b *batch, d *distances, step int) *journal {
	if k == nil || b.patches == 1 || b.furtherViews() > 0 {
		return nil
	}
	j := &journal{keeper: k, distances: d, images: len(b.members),
		width: len(b.members) + b.references}
	if b.ReferencesOnly {
		j.base, j.width = j.images, b.references
	}
	j.done = make([]uint64, (j.images*j.width+63)/64)
	j.kept = make([]uint64, len(j.done))
	j.head = append([]byte(journalMagic), k.id[:]...)
	j.head = binary.LittleEndian.AppendUint64(j.head, uint64(step))
	j.head = binary.LittleEndian.AppendUint64(j.head, uint64(d.values))
	return j
}

func (j *journal) path() string { return filepath.Join(j.Folder, journalFile) }

// bit is where the pair (i,k), i < k, has its bit: in that word, under that mask.
func (j *journal) bit(i, k int) (word int, mask uint64) {
	at := i*j.width + k - j.base
	return at / 64, 1 << (at % 64)
}

// mark says that the distances of the pair (i,k), i < k, are there.
func (j *journal) mark(i, k int) {
	if j != nil {
		word, mask := j.bit(i, k)
		atomic.OrUint64(&j.done[word], mask)
	}
}

// has tells whether the distances of the pair (i,k), i < k, are there.
func (j *journal) has(i, k int) bool {
	if j == nil {
		return false
	}
	word, mask := j.bit(i, k)
	return atomic.LoadUint64(&j.done[word])&mask != 0
}

// hasAll tells whether those of all pairs of a row and a column, the lower one first, are there.
func (j *journal) hasAll(rows, columns span) bool {
	if j == nil {
		return false
	}
	for i := rows.first; i < rows.end; i++ {
		for k := max(columns.first, i+1); k < columns.end; k++ {
			if k >= j.base && !j.has(i, k) {
				return false
			}
		}
	}
	return true
}

// span is entries first to end-1.
type span struct{ first, end int }

// start writes what is new every now and then, until stop.
func (j *journal) start() {
	if j == nil {
		return
	}
	j.quit, j.ended = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(j.ended)
		ticks := time.NewTicker(j.every)
		defer ticks.Stop()
		for {
			select {
			case <-j.quit:
				return
			case <-ticks.C:
			}
			if !j.write() {
				return
			}
		}
	}()
}

// stop ends the writing; a block that is being written becomes whole.
func (j *journal) stop() {
	if j != nil {
		close(j.quit)
		<-j.ended
	}
}

// drop removes the file once the step's sums are on disk.
func (j *journal) drop() {
	if j == nil || !j.sumsAreSaved() {
		return
	}
	if err := removeFile(j.path()); err != nil {
		j.note("cannot remove %s: %v", j.path(), err)
	}
}

// write adds the pairs that are new to the file and syncs it. It says whether to go on: once it
// fails, the file is removed, so that a full disk has the space again.
func (j *journal) write() bool {
	if !j.saveUnsaid() {
		return false
	}
	if err := j.append(); err != nil {
		j.length = 0
		j.note("mutual scoring keeps only whole steps for a later run: cannot write %s: %v%s",
			j.path(), err, failedToo(removeFile(j.path())))
		return false
	}
	return true
}

func failedToo(err error) string {
	if err == nil {
		return ""
	}
	return fmt.Sprintf("; nor can it be removed: %v", err)
}

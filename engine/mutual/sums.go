package mutual

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"musc/engine/atomicfile"
)

// The file of sums: sumsMagic, the identity of problem and scorer, how many steps are in the sums
// (uint64), the sums [N,P] (float64), those of pairs [N,P,N] (float32) if they were wanted, and a
// CRC-32C of all that (uint32), little-endian.
const sumsMagic = "musc sums 1\n"

// sumsChunk is how many sums are read and written at once: a large batch has no room for a copy.
const sumsChunk = 1 << 13

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sumsHead is what a file of sums begins with, up to the number of steps.
func (k *keeper) sumsHead() []byte { return append([]byte(sumsMagic), k.id[:]...) }

// resume fills in the sums of the steps that are done, also those of pairs if they are wanted, and says
// how many are.
func (k *keeper) resume(sums []float64, steps int) (done int) {
	if k == nil {
		return 0
	}
	if done = k.read(sums, k.pairs, steps); done > 0 {
		k.note("mutual scoring goes on after %d of %d steps", done, steps)
	}
	return done
}

// stepsDone is how many steps of so many the Checkpoint has for a scorer of that name.
func (b *batch) stepsDone(scorer string, steps int) int {
	if b.Checkpoint == nil {
		return 0
	}
	k := &keeper{Checkpoint: b.Checkpoint, id: b.identity(scorer), members: len(b.members)}
	defer clear(b.Pairs)
	return k.read(make([]float64, len(b.members)*b.patches), b.Pairs, steps)
}

// read is resume, without a word: 0, and no sums, where there is no file, or it is damaged, of
// another problem or of another scorer, or has no sums of pairs while pairs is not nil.
func (k *keeper) read(sums []float64, pairs []float32, steps int) (done int) {
	file, err := os.Open(filepath.Join(k.Folder, sumsFile))
	if err != nil {
		return 0
	}
	defer file.Close()
	head := k.sumsHead()
	info, err := file.Stat()
	if err != nil {
		return 0
	}
	ofPairs := info.Size() - int64(len(head)+8+8*len(sums)+4)
	if ofPairs != 0 && ofPairs != 4*int64(len(sums))*int64(k.members) || ofPairs == 0 && pairs != nil {
		return 0
	}
	check := crc32.New(castagnoli)
	from := bufio.NewReader(file)
	checked := io.TeeReader(from, check)
	begin := make([]byte, len(head)+8)
	if _, err := io.ReadFull(checked, begin); err != nil || !bytes.HasPrefix(begin, head) {
		return 0
	}
	err = readSums(checked, sums)
	switch {
	case err == nil && pairs != nil:
		err = readSums(checked, pairs)
	case err == nil:
		_, err = io.CopyN(io.Discard, checked, ofPairs)
	}
	sum, kept := make([]byte, 4), binary.LittleEndian.Uint64(begin[len(head):])
	if err == nil {
		_, err = io.ReadFull(from, sum)
	}
	if err != nil || binary.LittleEndian.Uint32(sum) != check.Sum32() ||
		kept == 0 || kept > uint64(steps) {

		clear(sums)
		clear(pairs)
		return 0
	}
	return int(kept)
}

func readSums[T float32 | float64](from io.Reader, sums []T) error {
	for chunk := range slices.Chunk(sums, sumsChunk) {
		if err := binary.Read(from, binary.LittleEndian, chunk); err != nil {
			return err
		}
	}
	return nil
}

func writeSums[T float32 | float64](to io.Writer, sums []T) error {
	for chunk := range slices.Chunk(sums, sumsChunk) {
		if err := binary.Write(to, binary.LittleEndian, chunk); err != nil {
			return err
		}
	}
	return nil
}

// save keeps the sums of the steps that are done, if that is worth it by now. They must not change
// while a journal is at work, which may write them later.
func (k *keeper) save(done int, sums []float64) {
	if k == nil {
		return
	}
	k.saving.Lock()
	defer k.saving.Unlock()
	k.unsaid = func() { k.write(done, sums) }
	if k.due() {
		k.unsaid()
	}
}

// sumsAreSaved tells whether the latest sums are on disk.
func (k *keeper) sumsAreSaved() bool {
	k.saving.Lock()
	defer k.saving.Unlock()
	return !k.failed && k.unsaid == nil
}

func (k *keeper) due() bool { return time.Since(k.saved) >= k.every/60 }

// saveUnsaid writes the latest sums if they were not: what the journal holds is of use only with
// them. It says whether they are on disk.
func (k *keeper) saveUnsaid() bool {
	k.saving.Lock()
	defer k.saving.Unlock()
	if k.unsaid != nil {
		k.unsaid()
	}
	return !k.failed
}

// write writes the sums; after an error that is noted nothing more is written.
func (k *keeper) write(done int, sums []float64) {
	if k.unsaid = nil; k.failed {
		return
	}
	err := atomicfile.Save(filepath.Join(k.Folder, sumsFile), func(w io.Writer) error {
		check := crc32.New(castagnoli)
		checked := io.MultiWriter(w, check)
		head := binary.LittleEndian.AppendUint64(k.sumsHead(), uint64(done))
		if _, err := checked.Write(head); err != nil {
			return err
		}
		if err := writeSums(checked, sums); err != nil {
			return err
		}
		if err := writeSums(checked, k.pairs); err != nil {
			return err
		}
		return binary.Write(w, binary.LittleEndian, check.Sum32())
	})
	if err != nil {
		k.failed = true
		k.note("mutual scoring keeps nothing more for a later run: %v", err)
		return
	}
	k.saved = time.Now()
}

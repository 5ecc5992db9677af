package mutual

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"time"

	"musc/engine/atomicfile"
)

// The file of sums: sumsMagic, the identity of problem and scorer, how many steps are in the sums
// (uint64), the sums [N,P] (float64) and a CRC-32C of all that (uint32), little-endian.
const sumsMagic = "musc sums 1\n"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sumsHead is what a file of sums begins with, up to the number of steps.
func (k *keeper) sumsHead() []byte { return append([]byte(sumsMagic), k.id[:]...) }

// resume fills in the sums of the steps that are done, and says how many are.
func (k *keeper) resume(sums []float64, steps int) (done int) {
	if k == nil {
		return 0
	}
	if done = k.read(sums, steps); done > 0 {
		k.note("mutual scoring goes on after %d of %d steps", done, steps)
	}
	return done
}

// stepsDone is how many steps of so many the Checkpoint has for a scorer of that name.
func (b *batch) stepsDone(scorer string, steps int) int {
	if b.Checkpoint == nil {
		return 0
	}
	k := &keeper{Checkpoint: b.Checkpoint, id: b.identity(scorer)}
	return k.read(make([]float64, len(b.members)*b.patches), steps)
}

// read is resume, without a word: 0 where there is no file, or it is damaged, of another problem or
// of another scorer.
func (k *keeper) read(sums []float64, steps int) (done int) {
	content, err := os.ReadFile(filepath.Join(k.Folder, sumsFile))
	head := k.sumsHead()
	if err != nil || len(content) != len(head)+8+8*len(sums)+4 || !bytes.HasPrefix(content, head) {
		return 0
	}
	body, sum := content[:len(content)-4], content[len(content)-4:]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(sum) {
		return 0
	}
	kept := binary.LittleEndian.Uint64(body[len(head):])
	if kept < 1 || kept > uint64(steps) {
		return 0
	}
	if _, err := binary.Decode(body[len(head)+8:], binary.LittleEndian, sums); err != nil {
		return 0 // its length was checked
	}
	return int(kept)
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

func (k *keeper) write(done int, sums []float64) {
	if k.unsaid = nil; k.failed {
		return
	}
	content := binary.LittleEndian.AppendUint64(k.sumsHead(), uint64(done))
	content, err := binary.Append(content, binary.LittleEndian, sums)
	if err == nil {
		content = binary.LittleEndian.AppendUint32(content, crc32.Checksum(content, castagnoli))
		err = atomicfile.WriteFile(filepath.Join(k.Folder, sumsFile), content)
	}
	if err != nil {
		k.failed = true
		k.note("mutual scoring keeps nothing more for a later run: %v", err)
		return
	}
	k.saved = time.Now()
}

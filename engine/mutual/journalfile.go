package mutual

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math/bits"
	"os"
	"sync/atomic"

	"musc/engine/atomicfile"
)

// A journal begins with journalMagic, the identity, the step and the number of values of a pair in
// one direction (uint64 both). Then come blocks: a CRC-32C (uint32), the number of bytes that
// follow (uint32), and for each pair its entries (two uint32) and distances (float32), in both
// directions or one. The CRC is over the head of the file, the block's place in it (uint64) and
// all that follows the CRC. All is little-endian.
const journalMagic = "musc distances 1\n"

const (
	blockBytes = 1 << 20 // about so much has a block, if it has more than one pair
	blockHead  = 8
)

// checksum is that of a block, without its CRC, that lies at that place of the file.
func (j *journal) checksum(at int64, block []byte) uint32 {
	sum := crc32.Checksum(j.head, castagnoli)
	sum = crc32.Update(sum, castagnoli, binary.LittleEndian.AppendUint64(nil, uint64(at)))
	return crc32.Update(sum, castagnoli, block)
}

// views are the distances of a pair: in both directions, or those of i alone if k is a reference.
func (j *journal) views(i, k int) [][]float32 {
	if k >= j.images {
		return [][]float32{j.distances.by(i, k)}
	}
	return [][]float32{j.distances.by(i, k), j.distances.by(k, i)}
}

// append writes the pairs that are done and not in the file, and syncs it; quit ends it sooner.
func (j *journal) append() error {
	if j.length == 0 {
		if err := atomicfile.WriteFile(j.path(), j.head); err != nil {
			return err
		}
		j.length = int64(len(j.head))
	}
	file, err := os.OpenFile(j.path(), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := file.Truncate(j.length); err != nil {
		return err
	}
	block := make([]byte, blockHead)
	var pairs [][2]int
	for word := range j.done {
		fresh := atomic.LoadUint64(&j.done[word]) &^ j.kept[word]
		for ; fresh != 0; fresh &= fresh - 1 {
			at := word*64 + bits.TrailingZeros64(fresh)
			i, k := at/j.width, at%j.width+j.base
			pairs = append(pairs, [2]int{i, k})
			if block, err = j.appendPair(block, i, k); err != nil {
				return err
			}
			if len(block) < blockBytes {
				continue
			}
			if err := j.writeBlock(file, block, pairs); err != nil {
				return err
			}
			block, pairs = block[:blockHead], pairs[:0]
			select {
			case <-j.quit:
				return nil
			default:
			}
		}
	}
	if err := j.writeBlock(file, block, pairs); err != nil {
		return err
	}
	return file.Sync()
}

func (j *journal) appendPair(block []byte, i, k int) (_ []byte, err error) {
	block = binary.LittleEndian.AppendUint32(block, uint32(i))
	block = binary.LittleEndian.AppendUint32(block, uint32(k))
	for _, view := range j.views(i, k) {
		if block, err = binary.Append(block, binary.LittleEndian, view); err != nil {
			return nil, err
		}
	}
	return block, nil
}

func (j *journal) writeBlock(file *os.File, block []byte, pairs [][2]int) error {
	if len(pairs) == 0 {
		return nil
	}
	binary.LittleEndian.PutUint32(block[4:], uint32(len(block)-blockHead))
	binary.LittleEndian.PutUint32(block, j.checksum(j.length, block[4:]))
	if _, err := file.WriteAt(block, j.length); err != nil {
		return err
	}
	j.length += int64(len(block))
	for _, pair := range pairs {
		word, mask := j.bit(pair[0], pair[1])
		j.kept[word] |= mask
	}
	j.distances.release()
	return nil
}

// restore reads the distances that an earlier run wrote in this step, and says how many pairs they
// are. What cannot be read is left out, and written over.
func (j *journal) restore() (pairs int) {
	if j == nil {
		return 0
	}
	file, err := os.Open(j.path())
	if err != nil {
		return 0
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0
	}
	from := bufio.NewReaderSize(file, 1<<16)
	head := make([]byte, len(j.head))
	if _, err := io.ReadFull(from, head); err != nil || !bytes.Equal(head, j.head) {
		return 0
	}
	j.length = int64(len(head))
	var block []byte
	for {
		block = append(block[:0], make([]byte, blockHead)...)
		if _, err := io.ReadFull(from, block); err != nil {
			break
		}
		size := int64(binary.LittleEndian.Uint32(block[4:]))
		if size == 0 || size > info.Size()-j.length-blockHead {
			break
		}
		block = append(block, make([]byte, size)...)
		if _, err := io.ReadFull(from, block[blockHead:]); err != nil ||
			j.checksum(j.length, block[4:]) != binary.LittleEndian.Uint32(block) {
			break
		}
		count, whole := j.take(block[blockHead:])
		if pairs += count; !whole {
			break
		}
		j.length += int64(len(block))
	}
	if pairs > 0 {
		j.note("mutual scoring goes on with %d pairs of images of the step at hand", pairs)
	}
	return pairs
}

// take puts the distances of a block in their place, and says how many pairs are new by that.
func (j *journal) take(block []byte) (pairs int, whole bool) {
	defer j.distances.release()
	for len(block) > 0 {
		if len(block) < 8 {
			return pairs, false
		}
		i, k := int(binary.LittleEndian.Uint32(block)), int(binary.LittleEndian.Uint32(block[4:]))
		if block = block[8:]; i >= j.images || k <= i || k < j.base || k >= j.base+j.width {
			return pairs, false
		}
		for _, view := range j.views(i, k) {
			n, err := binary.Decode(block, binary.LittleEndian, view)
			if err != nil {
				return pairs, false
			}
			block = block[n:]
		}
		if !j.has(i, k) {
			pairs++
		}
		j.mark(i, k)
		word, mask := j.bit(i, k)
		j.kept[word] |= mask
	}
	return pairs, true
}

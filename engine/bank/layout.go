package bank

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"math/bits"
)

// A block is what is kept of one photo:
//
//	class token   ClassDim float32
//	per view      a bit a patch, low bits first: it is active
//	  per stage   the tokens [P,C], as Encoding says
//	zeros         up to a multiple of 64 bytes
//
// A view all of whose patches are active has all bits set. Inactive patches are zero.
const blockAlign = 64

const (
	blocksAt  = 4096 // the first block: a page
	tableSize = 4 + 4 + 32
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// The largest sizes that are taken for such of a bank. Any file that has them is as large as they say:
// nothing is allocated before that is checked.
const (
	maxViews, maxStages, maxSide = 1 << 16, 1 << 10, 1 << 16
	maxChannels, maxClass        = 1 << 20, 1 << 20
)

func (s Shape) check() error {
	for _, size := range []struct {
		name               string
		value, least, most int
	}{
		{"views", s.Views, 1, maxViews}, {"stages", s.Stages, 1, maxStages},
		{"patch rows", s.Height, 1, maxSide}, {"patch columns", s.Width, 1, maxSide},
		{"channels", s.Channels, 1, maxChannels}, {"class token entries", s.ClassDim, 0, maxClass},
	} {
		if size.value < size.least || size.value > size.most {
			return fmt.Errorf("%d %s", size.value, size.name)
		}
	}
	if s.Encoding >= encodings {
		return fmt.Errorf("unknown encoding %v", s.Encoding)
	}
	if _, err := s.blockSize(); err != nil {
		return err
	}
	return nil
}

var errHuge = errors.New("sizes beyond what a file can have")

// blockSize is the bytes of a photo.
func (s Shape) blockSize() (int64, error) {
	tokens, over := mul(uint64(s.Height)*uint64(s.Width), uint64(s.Channels))
	stage, more := mul(tokens, s.Encoding.bytes())
	stage += s.Encoding.extra(s.Channels)
	view, evenMore := mul(stage, uint64(s.Stages))
	view += uint64(s.maskSize())
	all, most := mul(view, uint64(s.Views))
	all += 4*uint64(s.ClassDim) + blockAlign - 1
	if over || more || evenMore || most || all > math.MaxInt64/4 {
		return 0, errHuge
	}
	return int64(all / blockAlign * blockAlign), nil
}

func mul(a, b uint64) (product uint64, over bool) {
	high, low := bits.Mul64(a, b)
	return low, high > 0 || low > math.MaxInt64/4
}

// fileSize is the bytes of a bank of so many photos, whose header has so many.
func (s Shape) fileSize(photos int, header int64) (int64, error) {
	block, err := s.blockSize()
	if err != nil {
		return 0, err
	}
	all, over := mul(uint64(photos), uint64(block+tableSize))
	if over || header < 0 || header > math.MaxInt64/4 {
		return 0, errHuge
	}
	return blocksAt + int64(all) + header, nil
}

func (s Shape) maskSize() int { return (s.Patches() + 7) / 8 }

// stageSize is the bytes of one stage of a view.
func (s Shape) stageSize() int {
	return s.Patches()*s.Channels*int(s.Encoding.bytes()) + int(s.Encoding.extra(s.Channels))
}

// viewAt is where a view begins in a block, stageAt one stage of it.
func (s Shape) viewAt(view int) int {
	return 4*s.ClassDim + view*(s.maskSize()+s.Stages*s.stageSize())
}

func (s Shape) stageAt(view, stage int) int {
	return s.viewAt(view) + s.maskSize() + stage*s.stageSize()
}

// encodeMask writes a bit a patch; nil stands for all.
func encodeMask(dst []byte, active []bool, patches int) {
	clear(dst)
	for p := range patches {
		if active == nil || active[p] {
			dst[p/8] |= 1 << (p % 8)
		}
	}
}

// decodeMask is nil if all patches are active.
func decodeMask(mask []byte, patches int) []bool {
	active, all := make([]bool, patches), true
	for p := range active {
		active[p] = mask[p/8]>>(p%8)&1 == 1
		all = all && active[p]
	}
	if all {
		return nil
	}
	return active
}

// entry is a row of the table.
type entry struct {
	crc    uint32
	sha256 [32]byte
}

func (e entry) append(table []byte) []byte {
	table = binary.LittleEndian.AppendUint32(table, e.crc)
	table = binary.LittleEndian.AppendUint32(table, 0)
	return append(table, e.sha256[:]...)
}

func readEntry(table []byte, photo int) (e entry) {
	row := table[photo*tableSize:][:tableSize]
	e.crc = binary.LittleEndian.Uint32(row)
	copy(e.sha256[:], row[8:])
	return e
}

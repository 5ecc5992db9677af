package bank

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// Format is that of the files that this package writes, and the newest that it knows.
const Format = 1

// needs is the oldest format whose readers understand what is written here.
const needs = 1

// magic begins every bank. Its bytes tell a file that went through a conversion of line ends.
const magic = "\x89MUSCB\r\n"

const prologueSize = 64

// prologue is the first 64 bytes: magic; format and needs (uint32); the lengths of file and header
// (uint64); CRC-32C of table and header (uint32); zeros; and in the last four bytes the CRC of all that.
type prologue struct {
	format, needs  uint32
	file, header   int64
	tableCRC, hCRC uint32
}

func (p prologue) encode() []byte {
	out := append(make([]byte, 0, prologueSize), magic...)
	out = binary.LittleEndian.AppendUint32(out, p.format)
	out = binary.LittleEndian.AppendUint32(out, p.needs)
	out = binary.LittleEndian.AppendUint64(out, uint64(p.file))
	out = binary.LittleEndian.AppendUint64(out, uint64(p.header))
	out = binary.LittleEndian.AppendUint32(out, p.tableCRC)
	out = binary.LittleEndian.AppendUint32(out, p.hCRC)
	out = out[:prologueSize-4]
	return binary.LittleEndian.AppendUint32(out, crc32.Checksum(out, castagnoli))
}

var (
	errForeign = errors.New("it is no bank of musc")
	errCut     = errors.New("it is cut short: it was not copied whole")
)

// newerError says that a file is of a format that this reader does not know.
type newerError struct{ needs uint32 }

func (e *newerError) Error() string {
	return fmt.Sprintf("it is of a newer musc (its format needs a reader of format %d, this one knows "+
		"%d)", e.needs, Format)
}

// damagedError says which part does not have its checksum.
type damagedError struct{ part string }

func (e *damagedError) Error() string { return "it is damaged: " + e.part + " is not as written" }

// decodePrologue reads the first bytes of a file of so many. What a newer format has in them beyond magic,
// format, needs and the checksum is unknown.
func decodePrologue(data []byte) (p prologue, err error) {
	if len(data) < len(magic) || string(data[:len(magic)]) != magic {
		return p, errForeign
	}
	if len(data) < prologueSize {
		return p, errCut
	}
	p.format = binary.LittleEndian.Uint32(data[8:])
	p.needs = binary.LittleEndian.Uint32(data[12:])
	sum := crc32.Checksum(data[:prologueSize-4], castagnoli)
	whole := sum == binary.LittleEndian.Uint32(data[prologueSize-4:])
	switch {
	case !whole:
		return p, &damagedError{"the beginning"}
	case p.needs > Format:
		return p, &newerError{p.needs}
	}
	p.file = int64(binary.LittleEndian.Uint64(data[16:]))
	p.header = int64(binary.LittleEndian.Uint64(data[24:]))
	p.tableCRC = binary.LittleEndian.Uint32(data[32:])
	p.hCRC = binary.LittleEndian.Uint32(data[36:])
	switch size := int64(len(data)); {
	case size < p.file:
		return p, errCut
	case size > p.file:
		return p, &damagedError{"what follows the end"}
	case p.header < 0 || p.header > size-blocksAt:
		return p, &damagedError{"the beginning"}
	}
	return p, nil
}

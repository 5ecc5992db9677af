package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// A fat binary begins with magic (4 bytes), version (2), the header's size (2) and that of what
// follows (8): entries, each with its own header. All numbers are little-endian.
const (
	fatbinMagic  = 0xba55ed50
	fatbinHeader = 16

	entryHeaderSize   = 4    // where in an entry's header its own size is, 4 bytes
	entryPayloadSize  = 8    // where the size of the code after it is, 8 bytes
	entryArchitecture = 0x1c // where the architecture is, 4 bytes
	leastEntryHeader  = 0x28
	mostEntryHeader   = 4096
)

// prune overwrites the code of all other architectures with zeros and returns how many bytes of code
// stay and go. The library keeps its size and its addresses. It is an error if no code is there for
// the architecture.
func prune(library []byte, architecture uint32) (kept, dropped int, err error) {
	magic := binary.LittleEndian.AppendUint32(nil, fatbinMagic)
	for at := 0; ; {
		found := bytes.Index(library[at:], magic)
		if found < 0 {
			break
		}
		at += found
		end, ok := fatbinEnd(library, at)
		if !ok { // the same bytes, by chance
			at += len(magic)
			continue
		}
		for entry := at + fatbinHeader; entry < end; {
			code, next, err := entryCode(library, entry, end)
			if err != nil {
				return 0, 0, err
			}
			if binary.LittleEndian.Uint32(library[entry+entryArchitecture:]) == architecture {
				kept += next - code
			} else {
				dropped += next - code
				clear(library[code:next])
			}
			entry = next
		}
		at = end
	}
	if kept == 0 {
		return 0, 0, errors.New("there is no machine code for this architecture")
	}
	return kept, dropped, nil
}

// fatbinEnd says where the fat binary at that place ends, if there is one.
func fatbinEnd(library []byte, at int) (int, bool) {
	if len(library)-at < fatbinHeader {
		return 0, false
	}
	version := binary.LittleEndian.Uint16(library[at+4:])
	header := binary.LittleEndian.Uint16(library[at+6:])
	size := binary.LittleEndian.Uint64(library[at+8:])
	left := uint64(len(library) - at - fatbinHeader)
	if version != 1 || header != fatbinHeader || size == 0 || size > left {
		return 0, false
	}
	return at + fatbinHeader + int(size), true
}

// entryCode says where an entry's code begins and ends.
func entryCode(library []byte, entry, end int) (code, next int, err error) {
	if end-entry < leastEntryHeader {
		return 0, 0, fmt.Errorf("a fat binary ends within an entry at byte %d", entry)
	}
	header := binary.LittleEndian.Uint32(library[entry+entryHeaderSize:])
	size := binary.LittleEndian.Uint64(library[entry+entryPayloadSize:])
	if header < leastEntryHeader || header > mostEntryHeader ||
		uint64(header)+size > uint64(end-entry) || size > uint64(len(library)) {
		return 0, 0, fmt.Errorf("an entry of a fat binary at byte %d has sizes %d and %d", entry,
			header, size)
	}
	code = entry + int(header)
	return code, code + int(size), nil
}

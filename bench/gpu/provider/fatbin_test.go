package main

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// fatbin makes a fat binary of entries: an architecture and as many bytes of code each.
func fatbin(entries ...[2]uint32) []byte {
	var body []byte
	for _, entry := range entries {
		header := make([]byte, 0x40)
		binary.LittleEndian.PutUint16(header, 2)
		binary.LittleEndian.PutUint32(header[4:], uint32(len(header)))
		binary.LittleEndian.PutUint64(header[8:], uint64(entry[1]))
		binary.LittleEndian.PutUint32(header[0x1c:], entry[0])
		body = append(append(body, header...), bytes.Repeat([]byte{byte(entry[0])}, int(entry[1]))...)
	}
	all := binary.LittleEndian.AppendUint32(nil, 0xba55ed50)
	all = binary.LittleEndian.AppendUint16(all, 1)
	all = binary.LittleEndian.AppendUint16(all, 16)
	return append(binary.LittleEndian.AppendUint64(all, uint64(len(body))), body...)
}

func TestPruneKeepsOneArchitecture(t *testing.T) {
	chance := []byte("text \x50\xed\x55\xba that is no fat binary")
	library := bytes.Join([][]byte{chance, fatbin([2]uint32{80, 100}, [2]uint32{90, 30}),
		[]byte("between"), fatbin([2]uint32{86, 8}), chance}, nil)
	before := bytes.Clone(library)
	kept, dropped, err := prune(library, 90)
	if err != nil || kept != 30 || dropped != 108 {
		t.Fatalf("kept %d, dropped %d, %v", kept, dropped, err)
	}
	for k := range before {
		if gone := before[k] == 80 || before[k] == 86; gone && library[k] == 0 {
			continue // code, or an architecture's number, which stays
		}
		if library[k] != before[k] {
			t.Fatalf("byte %d was %d and is %d", k, before[k], library[k])
		}
	}
	if got := bytes.Count(library, []byte{90}); got != 31 { // 30 bytes of code, and the number
		t.Errorf("%d bytes of 90", got)
	}
}

func TestPruneRefusesWhatItDoesNotKnow(t *testing.T) {
	odd := fatbin([2]uint32{90, 30})
	binary.LittleEndian.PutUint64(odd[16+8:], 1<<40)
	short := fatbin([2]uint32{90, 30})
	binary.LittleEndian.PutUint64(short[8:], 20)
	for says, library := range map[string][]byte{
		"no machine code": fatbin([2]uint32{80, 10}),
		"has sizes":       odd,
		"ends within":     short,
	} {
		if _, _, err := prune(library, 90); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v does not say %q", err, says)
		}
	}
}

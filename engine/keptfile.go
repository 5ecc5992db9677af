package engine

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"unsafe"

	"musc/engine/atomicfile"
)

// A kept file is a line of magic with the length of the header, the header as JSON, the float32
// values in the order of the parts as this machine has them, and the CRC-32C of all that is before it.

const (
	keptSuffix = ".tokens"
	keptMagic  = "musc tokens 1 %016x\n"
	keptLine   = 31 // bytes of the magic
)

// keptHeader is what a kept file says of itself.
type keptHeader struct {
	Base   string      `json:"base"`
	Photos []keptPhoto `json:"photos"`
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errDamaged = errors.New("the file is damaged")

// writeKept writes a kept file, whole or not at all.
func writeKept(path string, header keptHeader, parts [][]float32) error {
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	return atomicfile.Save(path, func(w io.Writer) error {
		sum := crc32.New(castagnoli)
		out := io.MultiWriter(w, sum)
		fmt.Fprintf(out, keptMagic, len(text)) // the writes below meet the same error
		if _, err := out.Write(text); err != nil {
			return err
		}
		for _, part := range parts {
			if _, err := out.Write(bytesOf(part)); err != nil {
				return err
			}
		}
		return binary.Write(w, binary.LittleEndian, sum.Sum32())
	})
}

// readKeptHeader reads what a kept file says of itself, and not whether the rest is whole.
func readKeptHeader(path string) (header keptHeader, err error) {
	file, err := os.Open(path)
	if err != nil {
		return header, err
	}
	defer file.Close()
	_, header, err = parseKeptHeader(file)
	return header, err
}

// parseKeptHeader reads the header; raw are its bytes.
func parseKeptHeader(r io.Reader) (raw []byte, header keptHeader, err error) {
	raw = make([]byte, keptLine)
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, header, err
	}
	var length int64
	if _, err := fmt.Sscanf(string(raw), keptMagic, &length); err != nil || length < 0 || length > 1<<24 {
		return nil, header, errDamaged
	}
	text, err := io.ReadAll(io.LimitReader(r, length))
	if err != nil {
		return nil, header, err
	}
	return append(raw, text...), header, json.Unmarshal(text, &header)
}

// readKept fills in the parts. What is in them after an error is of no use.
func readKept(path string, parts [][]float32) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := crc32.New(castagnoli)
	raw, _, err := parseKeptHeader(file)
	if err != nil {
		return err
	}
	sum.Write(raw)
	for _, part := range parts {
		if _, err := io.ReadFull(file, bytesOf(part)); err != nil {
			return err
		}
		sum.Write(bytesOf(part))
	}
	tail, err := io.ReadAll(io.LimitReader(file, 5))
	want := binary.LittleEndian.AppendUint32(nil, sum.Sum32())
	if err != nil || !bytes.Equal(tail, want) {
		return errDamaged
	}
	return nil
}

// bytesOf is the memory of values.
func bytesOf(values []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 4*len(values))
}

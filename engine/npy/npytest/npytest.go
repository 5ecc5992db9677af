// Package npytest reads golden arrays for tests.
package npytest

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"musc/engine/npy"
)

// Load reads a whole array of floats, widened to float64, and its shape. It ends the test if the
// file cannot be read.
func Load(t testing.TB, path string) (values []float64, shape []int) {
	t.Helper()
	values, shape, err := npy.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return values, shape
}

// Values is Load for those who know the shape.
func Values(t testing.TB, path string) []float64 {
	t.Helper()
	values, _ := Load(t, path)
	return values
}

// Singles is Load, rounded to float32.
func Singles(t testing.TB, path string) (values []float32, shape []int) {
	t.Helper()
	wide, shape := Load(t, path)
	values = make([]float32, len(wide))
	for i, value := range wide {
		values[i] = float32(value)
	}
	return values, shape
}

// Bytes reads an array of uint8 or bool, of version 1.0 of the format.
func Bytes(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const preamble = 10 // magic, version, the header's length
	if len(content) < preamble || !bytes.HasPrefix(content, []byte("\x93NUMPY\x01")) {
		t.Fatalf("%s is no .npy file of version 1", path)
	}
	header := content[preamble:]
	length := int(binary.LittleEndian.Uint16(content[8:]))
	if length > len(header) || !bytes.Contains(header[:length], []byte("|u1")) &&
		!bytes.Contains(header[:length], []byte("|b1")) {
		t.Fatalf("%s holds no bytes: %q", path, header[:min(length, len(header))])
	}
	return header[length:]
}

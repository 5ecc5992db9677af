package bank

import (
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

// content is that of a bank of four photos, and where its parts are.
func content(t *testing.T) (path string, data []byte, table, header int) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "x.musc")
	write(t, path, headerOf(Float16), 4)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size, _ := headerOf(Float16).Shape.blockSize()
	table = blocksAt + 4*int(size)
	return path, data, table, table + 4*tableSize
}

func openBytes(t *testing.T, path string, data []byte) error {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	b, err := Open(path)
	if err == nil {
		b.Close()
	} else if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), path) {
		t.Errorf("an error of another kind, or without the file: %v", err)
	}
	return err
}

// Every byte is under some checksum: whichever changes, the bank is refused.
func TestEveryFlippedByteIsNoticed(t *testing.T) {
	path, data, table, header := content(t)
	for at := 0; at < len(data); at++ {
		if inside := at > prologueSize+8 && at < table-8; inside && at%211 != 0 {
			continue
		}
		data[at] ^= 0x10
		err := openBytes(t, path, data)
		data[at] ^= 0x10
		part := "what is kept of"
		switch {
		case at < len(magic):
			part = "no bank of musc"
		case at < prologueSize:
			part = "the beginning"
		case at < blocksAt:
			part = "the gap"
		case at >= header:
			part = "the header"
		case at >= table:
			part = "the table"
		}
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Fatalf("byte %d: %v, want %q", at, err, part)
		}
	}
	if err := openBytes(t, path, data); err != nil {
		t.Fatal(err)
	}
}

func TestEveryLengthButTheWholeIsNoticed(t *testing.T) {
	path, data, table, header := content(t)
	for _, length := range []int{0, 1, 7, 8, 63, 64, 65, blocksAt, blocksAt + 1, table - 1, table, table + 1,
		header - 1, header, header + 1, len(data) - 1} {
		err := openBytes(t, path, data[:length])
		want := "cut short"
		if length < len(magic) {
			want = "no bank of musc"
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d bytes: %v", length, err)
		}
	}
	if err := openBytes(t, path, append(data, 0)); err == nil {
		t.Error("a byte more is no matter")
	}
}

// seal makes the prologue's checksums right again, of a changed header.
func seal(data []byte, header string, change func(p *prologue)) []byte {
	p, _ := decodePrologue(data)
	data = append(data[:int64(len(data))-p.header:int64(len(data))-p.header], header...)
	p.file, p.header = int64(len(data)), int64(len(header))
	p.hCRC = crc32.Checksum([]byte(header), castagnoli)
	change(&p)
	copy(data, p.encode())
	return data
}

func TestVersions(t *testing.T) {
	path, data, _, header := content(t)
	text := string(data[header:])
	newer := strings.Replace(text, "{", `{"of_the_future": {"x": [1, 2.50]}, `, 1)
	later := func(p *prologue) { p.format = Format + 1 }
	if err := openBytes(t, path, seal(data, newer, later)); err != nil {
		t.Errorf("newer, but readable: %v", err)
	}
	err := openBytes(t, path, seal(data, newer, func(p *prologue) { p.needs = Format + 1 }))
	if err == nil || !strings.Contains(err.Error(), "of a newer musc") ||
		!strings.Contains(err.Error(), "update musc") {
		t.Errorf("newer: %v", err)
	}
}

// Verify hashes fields that it does not know.
func TestVerifyOfANewerHeader(t *testing.T) {
	path, data, table, header := content(t)
	text := strings.Replace(string(data[header:]), "{", `{"later": 2.50, `, 1)
	id, err := idOf([]byte(text), data[table:header])
	if err != nil {
		t.Fatal(err)
	}
	old := mustOpen(t, path).Header().ID
	nothing := func(*prologue) {}
	os.WriteFile(path, seal(data, strings.Replace(text, old, id, 1), nothing), 0o644)
	if err := mustOpen(t, path).Verify(); err != nil {
		t.Error(err)
	}
	os.WriteFile(path, seal(data, text, nothing), 0o644)
	if err := mustOpen(t, path).Verify(); err == nil || !strings.Contains(err.Error(), "the ID") {
		t.Errorf("another ID: %v", err)
	}
}

// A block and its CRC that were both changed pass Open, and not Verify.
func TestVerifyFindsAChangeWithItsCRC(t *testing.T) {
	path, data, table, header := content(t)
	data[blocksAt+100] ^= 1
	size, _ := headerOf(Float16).Shape.blockSize()
	sum := crc32.Checksum(data[blocksAt:][:size], castagnoli)
	binary.LittleEndian.PutUint32(data[table:], sum)
	p, _ := decodePrologue(data)
	p.tableCRC = crc32.Checksum(data[table:header], castagnoli)
	copy(data, p.encode())
	if err := openBytes(t, path, data); err != nil {
		t.Fatal(err)
	}
	if err := mustOpen(t, path).Verify(); err == nil || !strings.Contains(err.Error(), `"a.png"`) {
		t.Errorf("got %v", err)
	}
}

// Sizes that a header claims are compared with the file before anything is made of them.
func TestHugeSizes(t *testing.T) {
	path, data, _, header := content(t)
	text := string(data[header:])
	for from, to := range map[string]string{
		`"channels":7,"class_dim":3`: `"channels":1048576,"class_dim":1048576`,
		`"views":2`:                  `"views":65536`,
		`"height":3`:                 `"height":9223372036854775807`,
		`"width":5`:                  `"width":65536`,
		`"class_dim":3,"encoding"`:   `"class_dim":-1,"encoding"`,
		`"views":2,"stages":2`:       `"views":0,"stages":2`,
		`"encoding":"float16"`:       `"encoding":"float3"`,
		`"stages":[2,3]`:             `"stages":[2,3,4]`,
		`"degrees":[1,3]`:            `"degrees":[1,2]`,
		`"scores":[0.3,`:             `"scores":[`,
		`"name":"a.png"`:             `"name":"ü.png"`,
		`"photos":[`:                 `"photos":[],"x":[`,
		`{"format"`:                  `["format"`,
	} {
		changed := strings.Replace(text, from, to, 1)
		if changed == text {
			t.Errorf("%s is not in the header: %s", from, text)
		}
		if err := openBytes(t, path, seal(data, changed, func(*prologue) {})); err == nil ||
			!strings.Contains(err.Error(), "its header") {
			t.Errorf("%s: %v", to, err)
		}
	}
	for name, change := range map[string]func(*prologue){
		"file":     func(p *prologue) { p.file = 1 << 62 },
		"negative": func(p *prologue) { p.file = -1 },
		"header":   func(p *prologue) { p.header = 1 << 62 },
		"less":     func(p *prologue) { p.header = -1 },
	} {
		if err := openBytes(t, path, seal(data, text, change)); err == nil {
			t.Errorf("prologue with a wrong %s", name)
		}
	}
}

func TestWhatIsNoBank(t *testing.T) {
	folder := t.TempDir()
	for path, want := range map[string]string{
		folder:                           "no bank of musc",
		filepath.Join(folder, "absent"):  "no such file",
		"/dev/null":                      "no bank of musc",
		filepath.Join(folder, "picture"): "no bank of musc; musc bank build makes one",
	} {
		if strings.HasSuffix(path, "picture") {
			os.WriteFile(path, []byte("\x89PNG\r\n\x1a\n and so on"), 0o644)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) ||
			fault.KindOf(err) != fault.Input {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Whatever the header says, a file is a bank that can be read, or an error.
func FuzzHeader(f *testing.F) {
	path := filepath.Join(f.TempDir(), "x.musc")
	w, err := Create(path, headerOf(Float16), true)
	if err == nil {
		err = add(w, 0)
	}
	if err == nil {
		err = w.Commit(calibrationOf(1))
	}
	if err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	p, _ := decodePrologue(data)
	f.Add(string(data[int64(len(data))-p.header:]))
	f.Fuzz(func(t *testing.T, header string) {
		b, err := parse(seal(slices.Clone(data), header, func(*prologue) {}))
		if err != nil {
			return
		}
		shape := b.header.Shape
		for photo := range b.header.Photos {
			b.Class(photo)
			for view := range shape.Views {
				for stage := range shape.Stages {
					b.Tokens(make([]float32, shape.Patches()*shape.Channels), photo, view, stage)
				}
			}
		}
	})
}

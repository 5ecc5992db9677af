package npy

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

func TestHeadersOfEveryVersionAndSpelling(t *testing.T) {
	const plain = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
	for name, text := range map[string]string{
		"version 1":         magic + "\x01\x00\x3b\x00" + plain,
		"version 2":         magic + "\x02\x00\x3b\x00\x00\x00" + plain,
		"version 3":         magic + "\x03\x00\x3b\x00\x00\x00" + plain,
		"double quotes":     magic + "\x01\x00\x3b\x00" + strings.ReplaceAll(plain, "'", `"`),
		"other order":       magic + "\x01\x00\x39\x00{'shape': (2,3,),'descr': '<f4', 'fortran_order': False}",
		"long integers":     magic + "\x01\x00\x39\x00{'shape': (2L,3L),'descr':'<f4', 'fortran_order': False}",
		"trailing newlines": magic + "\x01\x00\x3e\x00" + plain + " \n\n",
	} {
		text += strings.Repeat(" ", 4) // not read unless the header claims it
		h, err := readHeader(strings.NewReader(text))
		if err != nil || h.dtype != "<f4" || !slices.Equal(h.shape, []int{2, 3}) || h.length != 6 {
			t.Errorf("%s: got %+v, %v", name, h, err)
		}
	}
}

func TestUnusableFilesAreExplained(t *testing.T) {
	header := func(descr, order, shape string) string {
		return "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }"
	}
	for name, c := range map[string]struct{ header, want string }{
		"integers":        {header("'<i8'", "False", "(1,)"), "are integers"},
		"bytes":           {header("'|u1'", "False", "(1,)"), "are integers"},
		"booleans":        {header("'|b1'", "False", "(1,)"), "are integers"},
		"big endian":      {header("'>f4'", "False", "(1,)"), "big endian"},
		"complex":         {header("'<c8'", "False", "(1,)"), "not float16"},
		"objects":         {header("'|O'", "False", "(1,)"), "Python objects"},
		"records":         {header("[('x', '<f4')]", "False", "(1,)"), "several fields"},
		"column-major":    {header("'<f4'", "True", "(2, 2)"), "ascontiguousarray"},
		"overflow":        {header("'<f4'", "False", "(4294967296, 4294967296)"), "too large"},
		"wide side":       {header("'<f4'", "False", "(99999999999999999999,)"), "not NumPy's"},
		"negative":        {header("'<f4'", "False", "(-1,)"), "not NumPy's"},
		"many sides":      {header("'<f4'", "False", "("+strings.Repeat("1,", 65)+")"), "at most 64"},
		"no shape":        {"{'descr': '<f4', 'fortran_order': False}", "missing"},
		"twice":           {"{'descr': '<f4', 'descr': '<f8', 'shape': ()}", "twice descr"},
		"unknown key":     {"{'order': 'C'}", "unknown key"},
		"text behind":     {header("'<f4'", "False", "()") + "}", "after the closing brace"},
		"open quote":      {"{'descr", "quoted text missing"},
		"code":            {"__import__('os')", "not NumPy's"},
		"nothing":         {"", "not NumPy's"},
		"fewer elements":  {header("'<f4'", "False", "(3,)"), "needs 12 bytes, the file has 8"},
		"more elements":   {header("'<f4'", "False", "(1,)"), "needs 4 bytes, the file has 8"},
		"a huge claim":    {header("'<f8'", "False", "(1000000, 1000000)"), "the file has 8"},
		"scalar too wide": {header("'<f4'", "False", "()"), "the file has 8"},
	} {
		path := file(t, c.header, "12345678")
		array, err := Open(path)
		if err == nil {
			array.Close()
			t.Errorf("%s: opened", name)
			continue
		}
		checkMessage(t, name, err, path, c.want)
	}
}

// What is just allowed, and what is just too much.
func TestBoundsOfAHeader(t *testing.T) {
	const plain = "{'descr': '<f4', 'fortran_order': False, 'shape': (), }"
	padded := func(length int) string {
		return plain + strings.Repeat(" ", length-len(plain))
	}
	described := func(length int) string {
		return "{'descr': '" + strings.Repeat("x", length) + "', 'fortran_order': False, 'shape': ()}"
	}
	for name, c := range map[string]struct{ text, want string }{
		"65536 bytes":    {padded(65536), ""},
		"65537 bytes":    {padded(65537), "claims 65537 bytes, more than 65536"},
		"a dtype of 32":  {described(32), "are not float16, float32 or float64"},
		"a dtype of 33":  {described(33), "a short quoted text missing"},
		"64 sides":       {strings.Replace(plain, "()", "("+strings.Repeat("1,", 64)+")", 1), ""},
		"ends in digits": {"{'descr': '<f4', 'fortran_order': False, 'shape': (12", `")" missing`},
		"ends in a side": {"{'descr': '<f4', 'fortran_order': False, 'shape': (", "at most 64 sides"},
	} {
		length := []byte{byte(len(c.text)), byte(len(c.text) >> 8), byte(len(c.text) >> 16), 0}
		_, err := readHeader(strings.NewReader(magic + "\x02\x00" + string(length) + c.text))
		if c.want == "" && err != nil || c.want != "" &&
			(err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// Lengths of numpy.lib.format.write_array_header_1_0 of NumPy 2.4: it leaves 21 characters for the
// first side, so that the file can grow.
func TestHeadersAreAsLongAsNumPys(t *testing.T) {
	for _, c := range []struct{ first, twos, length int }{
		{7, 0, 128}, {1000, 0, 128}, {7, 13, 128}, {1000, 12, 128}, {12345678901, 12, 128},
		{1000, 13, 128}, {12345678901, 28, 192}, {1000, 33, 192}, {12345678901, 49, 256},
	} {
		shape := append([]int{c.first}, slices.Repeat([]int{2}, c.twos)...)
		if got := len(formatHeader("<f4", shape)); got != c.length {
			t.Errorf("%d and %d twos: %d bytes, want %d", c.first, c.twos, got, c.length)
		}
	}
}

func TestFilesThatAreNotArrays(t *testing.T) {
	folder := t.TempDir()
	for name, c := range map[string]struct{ content, want string }{
		"empty":          {"", "empty"},
		"short":          {"\x93NUM", "cut short"},
		"no length":      {magic + "\x01\x00\x10", "cut short"},
		"no header":      {magic + "\x01\x00\x10\x00{", "cut short"},
		"archive":        {"PK\x03\x04 and so on", ".npz"},
		"text":           {"image,score\na.png,1\n", "not a .npy file"},
		"later version":  {magic + "\x04\x00\x10\x00\x00\x00", "version 4.0"},
		"endless header": {magic + "\x02\x00\xff\xff\xff\x7f", "claims 2147483647 bytes"},
	} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		checkMessage(t, name, err, path, c.want)
	}
	_, err := Open(folder)
	checkMessage(t, "folder", err, folder, "folder")
	absent := filepath.Join(folder, "absent.npy")
	_, err = Open(absent)
	checkMessage(t, "absent", err, absent, "no such file")
}

func checkMessage(t *testing.T, name string, err error, path, want string) {
	t.Helper()
	if fault.KindOf(err) != fault.Input {
		t.Errorf("%s: got %v of kind %v", name, err, fault.KindOf(err))
		return
	}
	message := err.Error()
	if !strings.Contains(message, want) || strings.Count(message, path) != 1 ||
		strings.Contains(message, "\n") {
		t.Errorf("%s: got %q, want one line with %q and the path once", name, message, want)
	}
}

// A header is either refused or one that formatHeader would write for the same array.
func FuzzHeader(f *testing.F) {
	for _, shape := range [][]int{{}, {7}, {2, 3}, {0, 1, 2, 3}} {
		f.Add([]byte(formatHeader("<f4", shape)))
	}
	f.Add([]byte(magic + "\x02\x00\x04\x00\x00\x00{}  "))
	f.Add([]byte(magic + "\x01\x00\x10\x00{'shape': (((((("))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := readHeader(bytes.NewReader(data))
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("error over several lines: %q", err)
			}
			return
		}
		if h.length < 0 || h.dataOffset < 10 || h.dataOffset > int64(len(data)) {
			t.Fatalf("impossible header %+v", h)
		}
		again, err := readHeader(strings.NewReader(formatHeader(h.dtype, h.shape)))
		if err != nil || again.length != h.length || !slices.Equal(again.shape, h.shape) {
			t.Fatalf("%+v was written and read as %+v, %v", h, again, err)
		}
	})
}

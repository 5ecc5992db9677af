// Package csvfile reads the lists that people and their tools write: with a byte order mark or
// without, separated by commas, semicolons or tabs, numbers with a decimal comma, values over
// several lines. Every error is of kind fault.Input and names the file, the line as an editor
// counts it, and the way out.
package csvfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"musc/engine/fault"
	"musc/engine/wholefile"
)

// maxSize bounds the length of a list in bytes: a million long paths and what stands beside them.
const maxSize = 1 << 30

// File is a list as it stands in a file.
type File struct {
	Path    string
	Comma   rune     // what separates the fields: ',', ';' or a tab
	Records []Record // none is empty
}

// Record is a line of the list, or more if a quoted value spans several.
type Record struct {
	Line   int      // on which it begins, counted from 1
	Fields []string // without blanks around them

	lines []int // on which the fields begin; nil if that is Line for all
}

// Field is a record's field by its index; "" stands for one that is not there.
func (r Record) Field(index int) string {
	if index < 0 || index >= len(r.Fields) {
		return ""
	}
	return r.Fields[index]
}

// IsList tells whether a path has an ending that such a list is known by.
func IsList(path string) bool {
	extension := strings.ToLower(filepath.Ext(path))
	return extension == ".csv" || extension == ".tsv"
}

// Read reads the list at path. Records of blanks alone are left out.
func Read(path string) (*File, error) {
	text, err := ReadText(path)
	if err != nil {
		return nil, err
	}
	return parse(path, text)
}

// ReadText reads a file of text without its byte order mark, its lines ending in "\n".
func ReadText(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	if info.IsDir() {
		return nil, fault.New(fault.Input, "cannot read the list %s: it is a folder; name a file", path)
	}
	if info.Size() > maxSize {
		return nil, fault.New(fault.Input, "cannot use %s as a list: it has %d MB, more than any list "+
			"of images; name a .csv, .tsv or .txt with one image a line", path, info.Size()>>20)
	}
	text, err := wholefile.Read(path, maxSize)
	if err != nil {
		return nil, unreadable(path, err)
	}
	if encoding := wideEncoding(text); encoding != "" {
		return nil, fault.New(fault.Input, "cannot read the list %s: it is not text in UTF-8 but in %s; "+
			"save it as CSV UTF-8", path, encoding)
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, fault.New(fault.Input, "cannot read the list %s: it is not text in UTF-8; save it "+
			"as CSV UTF-8", path)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if bytes.IndexByte(text, '\r') >= 0 { // else a large list would be copied twice for nothing
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	return text, nil
}

func unreadable(path string, err error) error {
	var where *fs.PathError
	if errors.As(err, &where) { // the path is in the message already
		err = where.Err
	}
	return fault.New(fault.Input, "cannot read the list %s: %w; check the path and its permissions",
		path, err)
}

// wideEncoding names the encoding of text whose characters take two or four bytes: by its byte
// order mark, or by the zeros in every other byte of its beginning. It is "" for any other.
func wideEncoding(text []byte) string {
	for _, mark := range []struct{ bytes, name string }{
		{"\xff\xfe\x00\x00", "UTF-32"}, {"\x00\x00\xfe\xff", "UTF-32"},
		{"\xff\xfe", "UTF-16"}, {"\xfe\xff", "UTF-16"},
	} {
		if bytes.HasPrefix(text, []byte(mark.bytes)) {
			return mark.name
		}
	}
	const enough = 4 // characters of a word such as "image"
	var zeros [2]int
	for i, value := range text[:min(len(text), 2*enough)] {
		if value == 0 {
			zeros[i%2]++
		}
	}
	if zeros == [2]int{0, enough} || zeros == [2]int{enough, 0} {
		return "UTF-16"
	}
	return ""
}

func parse(path string, text []byte) (*File, error) {
	file := &File{Path: path}
	lines := 0 // before the text that is parsed
	if comma, rest, told := toldSeparator(text); told {
		file.Comma, text, lines = comma, rest, 1
	} else {
		file.Comma = separator(text, strings.EqualFold(filepath.Ext(path), ".tsv"))
	}
	reader := csv.NewReader(bytes.NewReader(text))
	reader.FieldsPerRecord = -1
	reader.Comma = file.Comma
	reader.TrimLeadingSpace = file.Comma != '\t' // an empty field before a tab is not a blank
	for {
		fields, err := reader.Read()
		if err == io.EOF {
			return file, nil
		}
		if err != nil {
			return nil, misquoted(path, err, lines)
		}
		first, _ := reader.FieldPos(0)
		record := Record{Line: first + lines, Fields: fields}
		if last, _ := reader.FieldPos(len(fields) - 1); last != first {
			record.lines = linesOf(reader, len(fields), lines)
		}
		blank := true
		for i, field := range fields {
			fields[i] = strings.TrimSpace(field)
			blank = blank && fields[i] == ""
		}
		if !blank {
			file.Records = append(file.Records, record)
		}
	}
}

// linesOf are those on which the fields of the last record begin, behind so many others.
func linesOf(reader *csv.Reader, fields, others int) []int {
	lines := make([]int, fields)
	for i := range lines {
		line, _ := reader.FieldPos(i)
		lines[i] = line + others
	}
	return lines
}

// misquoted says where the quotes of a list go wrong; lines are those before the parsed text.
func misquoted(path string, err error, lines int) error {
	var where *csv.ParseError
	if !errors.As(err, &where) {
		return fault.New(fault.Input, "cannot read the list %s: %w", path, err)
	}
	return fault.New(fault.Input, "cannot read the list %s: line %d: %w; correct the quotes there",
		path, where.StartLine+lines, where.Err)
}

// toldSeparator reads the line "sep=;" with which spreadsheets begin a list at times.
func toldSeparator(text []byte) (comma rune, rest []byte, told bool) {
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	value, told := bytes.CutPrefix(bytes.ToLower(bytes.Trim(first, "\" ")), []byte("sep="))
	if !told || len(value) != 1 || !bytes.ContainsAny(value, ",;\t") {
		return 0, text, false
	}
	return rune(value[0]), rest, true
}

// separator is the comma, or what is written instead of it where the first line has none outside of
// quotes. In a .tsv the tab goes first.
func separator(text []byte, tabs bool) rune {
	counts := map[byte]int{}
	quoted := false
	for _, c := range text {
		if c == '"' {
			quoted = !quoted
		}
		if c == '\n' && !quoted {
			break
		}
		if !quoted {
			counts[c]++
		}
	}
	order := []byte{',', ';', '\t'}
	if tabs {
		order = []byte{'\t', ',', ';'}
	}
	for _, c := range order {
		if counts[c] > 0 {
			return rune(c)
		}
	}
	return rune(order[0])
}

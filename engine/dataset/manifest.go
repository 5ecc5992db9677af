package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"musc/engine/fault"
)

// maxManifest bounds the length of a manifest in bytes: more than a million paths.
const maxManifest = 256 << 20

// row is one image that a manifest names.
type row struct {
	line        int
	path, label string
}

func isManifest(path string) bool {
	extension := strings.ToLower(filepath.Ext(path))
	return extension == ".csv" || extension == ".txt"
}

// manifest adds the images that the file at path lists. Rows whose file is missing are skipped
// with their line; a manifest of which no row can be used is an error.
func (c *collector) manifest(path string, size int64) error {
	if size > maxManifest {
		return fault.New(fault.Input, "cannot use %s as a manifest: it has %d MB, more than any list "+
			"of images; name a .csv or .txt with one image a line", path, size>>20)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fault.New(fault.Input, "cannot read the manifest %s: %w; check its permissions",
			path, bare(err))
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return fault.New(fault.Input, "cannot use %s as a manifest: it is not text in UTF-8; "+
			"save it as CSV UTF-8", path)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	base := c.root
	if base == "" {
		base = filepath.Dir(path)
	}
	var rows []row
	header := "" // of a CSV that has no column named image
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		rows, header, err = readCSV(text, base)
	} else {
		rows = readLines(text)
	}
	if err != nil {
		return fault.New(fault.Input, "cannot read the manifest %s: %w", path, err)
	}
	return c.addRows(path, base, header, rows)
}

func (c *collector) addRows(manifest, base, header string, rows []row) error {
	if len(rows) == 0 {
		return fault.New(fault.Input, "the manifest %s names no images; list one path a line, in a "+
			"CSV under a header with the column image", manifest)
	}
	usable := 0
	var missing []Skipped
	for _, row := range rows {
		where := "line " + strconv.Itoa(row.line) + " of " + manifest
		if row.path == "" {
			missing = append(missing, Skipped{manifest, where + " names no image"})
			continue
		}
		path := resolve(base, row.path)
		if reason := whyNoFile(path); reason != "" {
			missing = append(missing, Skipped{path, where + " names it, but " + reason})
			continue
		}
		usable++
		if known, conflict := c.add(path, base, row.label); conflict {
			missing = append(missing, Skipped{path, where + " labels it " + strconv.Quote(row.label) +
				", which earlier was " + strconv.Quote(known) + "; the earlier label stays"})
		}
	}
	if usable == 0 && header != "" {
		return fault.New(fault.Input, "the manifest %s has no column named image, and its first "+
			"column, %q, names no file below %s; name the column with the paths image, or give their "+
			"folder with --root", manifest, header, base)
	}
	if usable == 0 {
		return fault.New(fault.Input, "none of the %d images that the manifest %s names is a file below "+
			"%s, such as %q in line %d; give the folder of the images with --root",
			len(rows), manifest, base, rows[0].path, rows[0].line)
	}
	c.skipped = append(c.skipped, missing...)
	return nil
}

// readLines reads one path a line; empty lines say nothing.
func readLines(text []byte) (rows []row) {
	for i, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			rows = append(rows, row{line: i + 1, path: line})
		}
	}
	return rows
}

// readCSV reads the columns image and label below a header. Without a column named image, it is
// the first, whose header comes back; a first line that names a file already is no header.
func readCSV(text []byte, base string) (rows []row, header string, err error) {
	reader := csv.NewReader(bytes.NewReader(text))
	reader.FieldsPerRecord = -1
	reader.TrimLeadingSpace = true
	reader.Comma = separator(text)
	imageColumn, labelColumn := 0, -1
	for first := true; ; first = false {
		record, err := reader.Read()
		if err == io.EOF {
			return rows, header, nil
		}
		if err != nil {
			return nil, "", describe(err)
		}
		if first {
			imageColumn, labelColumn = columns(record)
			if imageColumn >= 0 {
				continue
			}
			imageColumn = 0
			cell := column(record, 0)
			if !IsImage(cell) && whyNoFile(resolve(base, cell)) != "" {
				header = cell
				continue
			}
		}
		line, _ := reader.FieldPos(0)
		rows = append(rows, row{line, column(record, imageColumn), column(record, labelColumn)})
	}
}

// columns finds image and label in a header; -1 stands for none.
func columns(header []string) (image, label int) {
	image, label = -1, -1
	for i, name := range header {
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "image":
			image = i
		case "label":
			label = i
		}
	}
	return image, label
}

func describe(err error) error {
	var where *csv.ParseError
	if errors.As(err, &where) {
		return fmt.Errorf("line %d: %w; correct the quotes there", where.StartLine, where.Err)
	}
	return err
}

// separator is the comma, or what spreadsheets write instead of it where their first line has none.
func separator(text []byte) rune {
	header, _, _ := bytes.Cut(text, []byte("\n"))
	for _, other := range []rune{';', '\t'} {
		if !bytes.ContainsRune(header, ',') && bytes.ContainsRune(header, other) {
			return other
		}
	}
	return ','
}

func column(record []string, index int) string {
	if index < 0 || index >= len(record) {
		return ""
	}
	return strings.TrimSpace(record[index])
}

func resolve(base, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}

// whyNoFile is "" if path is a file.
func whyNoFile(path string) string {
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return "it does not exist"
	case err != nil:
		return bare(err).Error()
	case info.IsDir():
		return "it is a folder"
	case !info.Mode().IsRegular():
		return "it is a pipe or a device"
	}
	return ""
}

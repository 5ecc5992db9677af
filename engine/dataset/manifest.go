package dataset

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/fault"
)

func isManifest(path string) bool {
	extension := strings.ToLower(filepath.Ext(path))
	return extension == ".csv" || extension == ".txt"
}

// row is one line of a manifest.
type row struct {
	line        int
	path, label string
}

// manifest lists the files that a manifest names, relative to root. Those that are missing are
// skipped, with their line.
func manifest(path, root string) (list []found, skipped []Skipped, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fault.New(fault.Input, "cannot read manifest %s: %w; check its permissions",
			path, reason(err))
	}
	text = []byte(strings.TrimPrefix(string(text), "\ufeff"))
	read := readLines
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		read = readTable
	}
	rows, err := read(string(text))
	if err != nil {
		return nil, nil, fault.New(fault.Input, "cannot use manifest %s: %w", path, err)
	}
	if root == "" {
		root = filepath.Dir(path)
	}
	for _, r := range rows {
		image := r.path
		if !filepath.IsAbs(image) {
			image = filepath.Join(root, filepath.FromSlash(image))
		}
		if _, err := os.Stat(image); err != nil {
			skipped = append(skipped, Skipped{image, fmt.Sprintf("%v (%s, line %d)", reason(err), path,
				r.line)})
			continue
		}
		list = append(list, found{Item{Path: image, Label: r.label}, root})
	}
	if len(list) == 0 {
		return nil, nil, fault.New(fault.Input, "none of the %d files that manifest %s names is in "+
			"%s; name their folder with --root", len(rows), path, root)
	}
	return list, skipped, nil
}

// readLines reads a path a line; empty lines and those that begin with # are left out.
func readLines(text string) (rows []row, err error) {
	line := 0
	for path := range strings.Lines(text) {
		line++
		if path = strings.TrimSpace(path); path != "" && !strings.HasPrefix(path, "#") {
			rows = append(rows, row{line: line, path: path})
		}
	}
	if len(rows) == 0 {
		return nil, errors.New("it is empty; write one path a line")
	}
	return rows, nil
}

// readTable reads the column image and, if there is one, label. A table of one column without a
// header of that name is a list of paths.
func readTable(text string) (rows []row, err error) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.TrimLeadingSpace = true
	var records [][]string
	var lines []int
	for {
		record, err := reader.Read()
		if record == nil {
			if err != nil && !strings.Contains(err.Error(), "EOF") {
				return nil, fmt.Errorf("%w; it must be a CSV with a column image", err)
			}
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w; every line needs as many columns as the first", err)
		}
		line, _ := reader.FieldPos(0)
		records, lines = append(records, record), append(lines, line)
	}
	if len(records) == 0 {
		return nil, errors.New("it is empty; it must have a column image")
	}
	header := slices.Clone(records[0])
	for i := range header {
		header[i] = strings.ToLower(strings.TrimSpace(header[i]))
	}
	image, label := slices.Index(header, "image"), slices.Index(header, "label")
	first := 1
	if image < 0 {
		if len(header) != 1 {
			return nil, fmt.Errorf("it has the columns %s; one must be called image",
				strings.Join(records[0], ","))
		}
		image, first = 0, 0
	}
	for k := first; k < len(records); k++ {
		r := row{line: lines[k], path: strings.TrimSpace(records[k][image])}
		if r.path == "" {
			return nil, fmt.Errorf("line %d names no image", r.line)
		}
		if label >= 0 {
			r.label = strings.TrimSpace(records[k][label])
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		return nil, errors.New("it names no image")
	}
	return rows, nil
}

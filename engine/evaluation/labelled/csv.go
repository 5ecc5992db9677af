package labelled

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/dataset"
	"musc/engine/fault"
)

// lines are the rows of a CSV file by its header's names, in lower case.
type lines struct {
	path    string
	columns map[string]int
	rows    [][]string
}

// readLines reads a CSV file whose header must name the needed columns.
func readLines(path string, needed ...string) (*lines, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.Input, "cannot read the list %w; check its permissions", err)
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.TrimLeadingSpace, reader.FieldsPerRecord = true, 0
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, fault.New(fault.Input, "cannot read the list %s: %w; correct that line", path, err)
	}
	if len(rows) == 0 {
		return nil, fault.New(fault.Input, "the list %s is empty; its first line names the columns %s",
			path, strings.Join(needed, ","))
	}
	l := &lines{path: path, columns: map[string]int{}, rows: rows[1:]}
	for i, name := range rows[0] {
		l.columns[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	for _, name := range needed {
		if _, ok := l.columns[name]; !ok {
			return nil, fault.New(fault.Input, "the list %s has no column %q; its first line must name "+
				"%s", path, name, strings.Join(needed, ","))
		}
	}
	return l, nil
}

// get is a row's value in a column, "" if there is no such column.
func (l *lines) get(row []string, column string) string {
	if i, ok := l.columns[column]; ok {
		return strings.TrimSpace(row[i])
	}
	return ""
}

// findCSV reads a list with the columns image and label, perhaps mask, class and split. Relative
// paths start at the list's folder; what is of the split "train" and good is normal.
func (d *Dataset) findCSV(path string) error {
	if !strings.EqualFold(filepath.Ext(path), ".csv") {
		return nil
	}
	l, err := readLines(path, "image", "label")
	if err != nil {
		return err
	}
	return d.addLines(l, filepath.Dir(path), "class",
		strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
}

// findVisA reads the list that VisA is published with.
func (d *Dataset) findVisA(root string) error {
	path := filepath.Join(root, "split_csv", "1cls.csv")
	if !isFile(path) {
		return nil
	}
	l, err := readLines(path, "object", "split", "label", "image", "mask")
	if err != nil {
		return err
	}
	return d.addLines(l, root, "object", baseName(root))
}

func (d *Dataset) addLines(l *lines, root, classColumn, only string) error {
	classes := map[string]*Class{}
	seen := map[string]bool{}
	resolve := func(path string) string {
		if path == "" || filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(root, filepath.FromSlash(path))
	}
	for i, row := range l.rows {
		name, file := l.get(row, classColumn), l.get(row, "image")
		if name == "" {
			name = only
		}
		if file == "" {
			return fault.New(fault.Input, "the list %s names no image in row %d; correct it", l.path, i+2)
		}
		if !filepath.IsLocal(name) || strings.ContainsAny(name, `/\`) {
			return fault.New(fault.Input, "the list %s has a class %q in row %d, which cannot name a "+
				"folder; rename it", l.path, name, i+2)
		}
		class := classes[name]
		if class == nil {
			class = &Class{Name: name}
			classes[name] = class
		}
		item := dataset.Item{Path: resolve(file), Name: safeName(file),
			Label: labelOf(l.get(row, "label"))}
		if seen[name+"\x00"+item.Name] {
			d.problem(name, item.Path, "the list names it twice; the first line counts")
			continue
		}
		seen[name+"\x00"+item.Name] = true
		if split := strings.ToLower(l.get(row, "split")); split == "train" {
			if item.Label == Good {
				class.Normal = append(class.Normal, item)
			}
			continue
		}
		class.Test = append(class.Test, Image{Item: item, Defective: item.Label != Good,
			Mask: resolve(l.get(row, "mask"))})
	}
	for _, class := range classes {
		d.Classes = append(d.Classes, *class)
	}
	return nil
}

// safeName makes a path a name that stays below any folder: no root, no "..".
func safeName(path string) string {
	parts := strings.Split(filepath.ToSlash(filepath.Clean(path)), "/")
	parts = slices.DeleteFunc(parts, func(part string) bool {
		return part == "" || part == "." || part == ".."
	})
	return strings.Join(parts, "/")
}

// labels are what a labels.csv says, by file name in lower case; nil if there is none.
type labels struct {
	byFile map[string]string
	taken  map[string]bool
	files  []string
}

// readLabels reads the columns image (or file, name, filename) and label, and the type of defect
// from defect if there is such a column.
func readLabels(path string) (*labels, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	l, err := readLines(path, "label")
	if err != nil {
		return nil, err
	}
	key := ""
	for _, name := range []string{"image", "file", "filename", "name"} {
		if _, ok := l.columns[name]; ok && key == "" {
			key = name
		}
	}
	if key == "" {
		return nil, fault.New(fault.Input, "the list %s has no column for the images; its first line "+
			"must name image,label", path)
	}
	found := &labels{byFile: map[string]string{}, taken: map[string]bool{}}
	for _, row := range l.rows {
		file := filepath.Base(filepath.FromSlash(l.get(row, key)))
		label := labelOf(l.get(row, "label"))
		if kind := l.get(row, "defect"); label != Good && labelOf(kind) != Good {
			label = labelOf(kind)
		}
		found.byFile[strings.ToLower(file)] = label
		found.files = append(found.files, file)
	}
	return found, nil
}

func (l *labels) of(file string) (label string, listed bool) {
	if l == nil {
		return "", false
	}
	file = strings.ToLower(file)
	l.taken[file] = true
	label, listed = l.byFile[file]
	return label, listed
}

// unseen are the listed files that nobody asked for.
func (l *labels) unseen() (files []string) {
	if l == nil {
		return nil
	}
	for _, file := range l.files {
		if !l.taken[strings.ToLower(file)] {
			files = append(files, file)
		}
	}
	return files
}

package labelled

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/csvfile"
	"musc/engine/dataset"
	"musc/engine/fault"
)

// findCSV reads a list with the columns image and label, perhaps mask, class and split. Relative
// paths start at the list's folder; what is of the split "train" and good is normal.
func (d *Dataset) findCSV(path string) error {
	if !csvfile.IsList(path) {
		return nil
	}
	l, err := csvfile.ReadTable(path, "image", "label")
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
	l, err := csvfile.ReadTable(path, "object", "split", "label", "image", "mask")
	if err != nil {
		return err
	}
	return d.addLines(l, root, "object", baseName(root))
}

func (d *Dataset) addLines(l *csvfile.Table, root, classColumn, only string) error {
	classes := map[string]*Class{}
	seen := map[string]bool{}
	resolve := func(path string) string {
		if path == "" || filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(root, filepath.FromSlash(path))
	}
	for _, row := range l.Rows {
		name, file := l.Text(row, classColumn), l.Text(row, "image")
		if name == "" {
			name = only
		}
		if file == "" {
			return fault.New(fault.Input, "the list %s names no image in line %d; correct it", l.Path, row.Line)
		}
		if !filepath.IsLocal(name) || strings.ContainsAny(name, `/\`) {
			return fault.New(fault.Input, "the list %s has a class %q in line %d, which cannot name "+
				"a folder; rename it", l.Path, name, row.Line)
		}
		if hint := csvfile.PathHint(file); hint != "" && !isFile(resolve(file)) {
			return fault.New(fault.Input, "the list %s names %s in line %d, which is no file%s", l.Path,
				file, row.Line, hint)
		}
		class := classes[name]
		if class == nil {
			class = &Class{Name: name}
			classes[name] = class
		}
		item := dataset.Item{Path: resolve(file), Name: safeName(file),
			Label: labelOf(l.Text(row, "label"))}
		if seen[name+"\x00"+item.Name] {
			d.problem(name, item.Path, "the list names it twice; the first line counts")
			continue
		}
		seen[name+"\x00"+item.Name] = true
		if split := strings.ToLower(l.Text(row, "split")); split == "train" {
			if item.Label == Good {
				class.Normal = append(class.Normal, item)
			}
			continue
		}
		class.Test = append(class.Test, Image{Item: item, Defective: item.Label != Good,
			Mask: resolve(l.Text(row, "mask"))})
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
	l, err := csvfile.ReadTable(path, "label")
	if err != nil {
		return nil, err
	}
	key := ""
	for _, name := range []string{"image", "file", "filename", "name"} {
		if l.Has(name) && key == "" {
			key = name
		}
	}
	if key == "" {
		return nil, fault.New(fault.Input, "the list %s has no column for the images; its first line "+
			"must name image,label", path)
	}
	found := &labels{byFile: map[string]string{}, taken: map[string]bool{}}
	for _, row := range l.Rows {
		file := filepath.Base(strings.ReplaceAll(l.Text(row, key), `\`, "/"))
		label := labelOf(l.Text(row, "label"))
		if kind := l.Text(row, "defect"); label != Good && labelOf(kind) != Good {
			label = labelOf(kind)
		}
		found.byFile[strings.ToLower(file)] = label
		found.files = append(found.files, file)
	}
	return found, nil
}

// of is the label of an image's file, which the list names with its extension or without.
func (l *labels) of(file string) (label string, listed bool) {
	if l == nil {
		return "", false
	}
	for _, name := range []string{strings.ToLower(file), stem(file)} {
		if label, listed = l.byFile[name]; listed {
			l.taken[name] = true
			break
		}
	}
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

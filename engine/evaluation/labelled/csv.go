package labelled

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/csvfile"
	"musc/engine/dataset"
	"musc/engine/fault"
)

// findCSV reads a list with columns for the image and its label, perhaps its type of defect, mask,
// class and split. Relative paths start at the list's folder; what is of the split "train" and good
// is normal.
func (d *Dataset) findCSV(path string) error {
	if !csvfile.IsList(path) {
		return nil
	}
	l, err := csvfile.ReadTable(path, "label")
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
	key, err := ImageColumn(l)
	if err != nil {
		return err
	}
	classes := map[string]*Class{}
	seen := map[string]string{} // label by class and path
	names := map[string]bool{}  // class and name
	for _, row := range l.Rows {
		name := l.Text(row, classColumn)
		if name == "" {
			name = only
		}
		image, err := imageIn(l, row, root, key)
		if err != nil {
			return err
		}
		if !filepath.IsLocal(name) || strings.ContainsAny(name, `/\`) {
			return fault.New(fault.Input, "the list %s has a class %q in line %d, which cannot name "+
				"a folder; rename it", l.Path, name, row.Line)
		}
		class := classes[name]
		if class == nil {
			class = &Class{Name: name}
			classes[name] = class
		}
		if before, twice := seen[name+"\x00"+image.Path]; twice {
			if before != image.Label {
				return fault.New(fault.Input, "the list %s names %s again in line %d, now as %s, not %s; "+
					"correct one of the lines", l.Path, image.Path, row.Line, image.Label, before)
			}
			d.problem(name, image.Path, "the list names it twice; the first line counts")
			continue
		}
		seen[name+"\x00"+image.Path] = image.Label
		for k := 2; names[name+"\x00"+image.Name]; k++ { // ../a.png and a.png
			image.Name = fmt.Sprintf("%d/%s", k, safeName(l.Text(row, key)))
		}
		names[name+"\x00"+image.Name] = true
		if strings.HasPrefix(strings.ToLower(l.Text(row, "split")), "train") {
			if !image.Defective {
				class.Normal = append(class.Normal, image.Item)
			}
			continue
		}
		class.Test = append(class.Test, image)
	}
	for _, class := range classes {
		d.Classes = append(d.Classes, *class)
	}
	return nil
}

// imageIn is the image that a row of a list describes; paths start at root.
func imageIn(l *csvfile.Table, row csvfile.Record, root, key string) (Image, error) {
	resolve := func(path string) string {
		if filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(root, filepath.FromSlash(path))
	}
	file := l.Text(row, key)
	if file == "" || safeName(file) == "" { // the latter is the list's folder, or one above
		return Image{}, fault.New(fault.Input, "the list %s names no image in line %d; correct it", l.Path,
			row.Line)
	}
	if hint := csvfile.PathHint(file); hint != "" && !isFile(resolve(file)) {
		return Image{}, fault.New(fault.Input, "the list %s names %s in line %d, which is no file%s",
			l.Path, file, row.Line, hint)
	}
	label, err := labelIn(l, row)
	if err != nil {
		return Image{}, err
	}
	image := Image{Item: dataset.Item{Path: resolve(file), Name: safeName(file), Label: label},
		Defective: label != Good}
	if mask := l.Text(row, "mask"); !noType(mask) {
		image.Masks = []string{resolve(mask)}
	}
	return image, nil
}

// safeName makes a path a name that stays below any folder: no root, no "..".
func safeName(path string) string {
	parts := strings.Split(filepath.ToSlash(filepath.Clean(path)), "/")
	parts = slices.DeleteFunc(parts, func(part string) bool {
		return part == "" || part == "." || part == ".."
	})
	return strings.Join(parts, "/")
}

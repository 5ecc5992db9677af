package labelled

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/csvfile"
	"musc/engine/fault"
)

// anyDefect is the label of an image whose type of defect nobody named.
const anyDefect = "defective"

// Columns that name the image, and those that name the type of its defect.
var (
	imageColumns = []string{"image", "file", "filename", "name", "path"}
	typeColumns  = []string{"defect", "type", "defect_type", "anomaly_type"}
)

// ParseLabel is what a label says: Good, or a type of defect, which is "defective" where the label
// does not tell. A word that it does not know is an error of kind fault.Input that lists some that
// it does.
func ParseLabel(text string) (label string, err error) {
	switch meaningOf(text) {
	case good:
		return Good, nil
	case defective, defect:
		if name := strings.ToLower(strings.TrimSpace(text)); !plainAnswer(name) {
			return name, nil
		}
		return anyDefect, nil
	}
	if strings.TrimSpace(text) == "" {
		return "", fault.New(fault.Input, "there is no label; write one: %s", knownWords)
	}
	return "", fault.New(fault.Input, "the label %q is not understood; write one of %s; names of types "+
		"of defect go into a column named defect, beside a label", text, knownWords)
}

// plainAnswer is whether a word for defective says nothing more: 1, true, yes, positive.
func plainAnswer(word string) bool {
	return strings.Trim(word, "0123456789.,e+-") == "" ||
		slices.Contains([]string{"true", "yes", "positive"}, word)
}

// labelIn is the label of a row of a list: from its column label and, if there is one, the column
// for the type of the defect. A word that is not understood, no word at all, and a good image with a
// type of defect are errors that name the line.
func labelIn(l *csvfile.Table, row csvfile.Record) (string, error) {
	label, err := ParseLabel(l.Text(row, "label"))
	if err != nil {
		return "", fault.New(fault.Input, "the list %s, line %d: %w", l.Path, l.Line(row, "label"), err)
	}
	kind := l.Text(row, column(l, typeColumns))
	if noType(kind) {
		return label, nil
	}
	meant := meaningOf(kind)
	if label == Good && (meant == defective || meant == defect) || label != Good && meant == good {
		verdict := "defective"
		if label == Good {
			verdict = Good
		}
		return "", fault.New(fault.Input, "the list %s, line %d: the label %q says %s, but the type of "+
			"its defect is %q; correct one of them", l.Path, row.Line, l.Text(row, "label"), verdict, kind)
	}
	if label == Good || plainAnswer(kind) {
		return label, nil
	}
	return kind, nil
}

// noType is whether a column for the type of a defect says nothing.
func noType(kind string) bool {
	return slices.Contains([]string{"", "-", "nan", "none", "n/a", "na", "null"}, strings.ToLower(kind))
}

// column is the first of the names that the list has a column of, else "".
func column(l *csvfile.Table, names []string) string {
	if k := slices.IndexFunc(names, l.Has); k >= 0 {
		return names[k]
	}
	return ""
}

// ImageColumn is the column that names the images: the first of "image", "file" and the like.
func ImageColumn(l *csvfile.Table) (string, error) {
	if name := column(l, imageColumns); name != "" {
		return name, nil
	}
	return "", fault.New(fault.Input, "the list %s has no column \"image\" (or %s), only %s; its first "+
		"line must name image,label", l.Path, strings.Join(imageColumns[1:], ", "),
		strings.Join(l.Header, ","))
}

// labels are what a labels.csv says of the images of a folder; nil if there is none.
type labels struct {
	path    string
	entries []labelEntry
	index   *Index // of their files
}

type labelEntry struct {
	file, label string
	line        int
	by          string // the image that it was found to be of
}

// readLabels reads the columns for image and label, and for the type of defect if there is one.
func readLabels(path string) (*labels, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	l, err := csvfile.ReadTable(path, "label")
	if err != nil {
		return nil, err
	}
	key, err := ImageColumn(l)
	if err != nil {
		return nil, err
	}
	found := &labels{path: path, index: NewIndex()}
	for _, row := range l.Rows {
		entry := labelEntry{file: Slashed(l.Text(row, key)), line: row.Line}
		if entry.label, err = labelIn(l, row); err != nil {
			return nil, err
		}
		if k, added := found.index.Add(entry.file); !added {
			if before := found.entries[k]; before.label != entry.label {
				return nil, fault.New(fault.Input, "the list %s says %s of %s in line %d, and %s in line "+
					"%d; correct one of them", path, before.label, entry.file, before.line, entry.label, row.Line)
			}
			continue
		}
		found.entries = append(found.entries, entry)
	}
	return found, nil
}

// of is the label of an image, given by its path in the folder, and whether it is listed. A line that
// would be of two images is an error.
func (l *labels) of(file string) (label string, listed bool, err error) {
	k, listed := l.index.Find(file)
	if !listed {
		return "", false, nil
	}
	entry := &l.entries[k]
	if entry.by != "" {
		return "", false, fault.New(fault.Input, "the list %s names %s in line %d, which could be "+
			"%s or %s; write its path and extension", l.path, entry.file, entry.line, entry.by, file)
	}
	entry.by = file
	return entry.label, true, nil
}

// unseen are the listed files that nobody asked for.
func (l *labels) unseen() (files []string) {
	if l == nil {
		return nil
	}
	for _, entry := range l.entries {
		if entry.by == "" {
			files = append(files, filepath.FromSlash(entry.file))
		}
	}
	return files
}

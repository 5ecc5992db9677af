package verdict

import (
	"strings"

	"musc/engine/csvfile"
	"musc/engine/evaluation/labelled"
	"musc/engine/fault"
)

// Label is what somebody says of a photo.
type Label struct {
	Name      string `json:"name"`           // in the batch it was labelled in, or its path
	Path      string `json:"path,omitempty"` // where a list has both
	Defective bool   `json:"defective"`
	Undecided bool   `json:"undecided,omitempty"` // listed, but neither good nor defective
}

// ReadLabels reads a list of labelled photos: a column image (or file, filename, path) with paths, or
// name with the names in a batch, or both; and label or verdict, in the words that
// labelled.ParseLabel knows. Where a line has both label and verdict, they must agree. "review",
// "unsure" and no word at all make a label undecided. Errors are of kind fault.Input and name the
// line.
func ReadLabels(path string) ([]Label, error) {
	table, err := csvfile.ReadTable(path)
	if err != nil {
		return nil, err
	}
	if !table.Has("label") && !table.Has("verdict") {
		return nil, fault.New(fault.Input, "the list %s has no column \"label\" or \"verdict\", only %s; "+
			"its first line must name image,label", path, strings.Join(table.Header, ","))
	}
	key, err := labelled.ImageColumn(table)
	if err != nil {
		return nil, err
	}
	var list []Label
	known := map[string]int{} // by path, or name where there is none: index in list and line
	lines := map[string]int{}
	for _, row := range table.Rows {
		label, err := labelOf(table, row, key)
		if err != nil {
			return nil, err
		}
		file := label.file()
		k, twice := known[file]
		if !twice {
			known[file], lines[file] = len(list), row.Line
			list = append(list, label)
			continue
		}
		switch before := &list[k]; {
		case label.Undecided:
		case before.Undecided:
			list[k] = label
		case before.Defective != label.Defective:
			return nil, fault.New(fault.Input, "the list %s says %s of %s in line %d, and %s in line %d; "+
				"correct one of them", path, before.verdict(), file, lines[file], label.verdict(), row.Line)
		}
	}
	return list, nil
}

// labelOf reads a line.
func labelOf(table *csvfile.Table, row csvfile.Record, key string) (label Label, err error) {
	label.Name = labelled.Slashed(table.Text(row, key))
	if table.Text(row, key) == "" {
		return label, fault.New(fault.Input, "the list %s names no photo in line %d; correct it", table.Path,
			row.Line)
	}
	if name := table.Text(row, "name"); name != "" && key != "name" {
		label.Name, label.Path = labelled.Slashed(name), label.Name
	}
	label.Undecided = true
	for _, column := range []string{"label", "verdict"} {
		word := table.Text(row, column)
		switch strings.ToLower(word) {
		case "", string(Review), "unsure": // the report's page has the last
			continue
		}
		meant, err := labelled.ParseLabel(word)
		if err != nil {
			return label, fault.New(fault.Input, "the list %s, line %d: %w", table.Path,
				table.Line(row, column), err)
		}
		defective := meant != labelled.Good
		if !label.Undecided && defective != label.Defective {
			return label, fault.New(fault.Input, "the list %s, line %d: the label is %q, but the verdict "+
				"%q; correct one of them", table.Path, row.Line, table.Text(row, "label"), word)
		}
		label.Defective, label.Undecided = defective, false
	}
	return label, nil
}

// file is what tells labels of one list apart.
func (l *Label) file() string {
	if l.Path != "" {
		return l.Path
	}
	return l.Name
}

func (l *Label) verdict() Verdict {
	if l.Defective {
		return Defective
	}
	return Good
}

// find gives each label the index of its photo among names [N]: the photo of its name, or else the
// one that its path tells, as labelled.Index finds it. It is unmatched if there is none, and
// ambiguous if there are several. Names are compared as a list holds them: without blanks around them,
// with slashes.
func find(labels []Label, names []string) []int {
	index := labelled.NewIndex()
	byName := map[string]int{}
	byFile := make([]int, 0, len(labels)) // by the index's line: which label
	photo := make([]int, len(labels))
	exact := make([]bool, len(labels)) // found by its name
	for k := range labels {
		photo[k] = unmatched
		if _, twice := byName[labels[k].Name]; twice { // of two batches: their paths tell
			byName[labels[k].Name] = ambiguous
		} else {
			byName[labels[k].Name] = k
		}
		if _, added := index.Add(labels[k].file()); added {
			byFile = append(byFile, k)
		}
	}
	for i, name := range names {
		name = labelled.Slashed(strings.TrimSpace(name))
		k, named := byName[name]
		if named = named && k != ambiguous; !named {
			line, found := index.Find(name)
			if !found {
				continue
			}
			k = byFile[line]
		}
		switch {
		case photo[k] == unmatched, named && !exact[k]:
			photo[k], exact[k] = i, named
		case named == exact[k]:
			photo[k] = ambiguous
		}
	}
	return photo
}

const (
	unmatched = -1
	ambiguous = -2
)

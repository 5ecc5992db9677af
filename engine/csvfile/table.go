package csvfile

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"musc/engine/fault"
)

// Table is a list whose first record names its columns.
type Table struct {
	Path   string
	Header []string // as written
	Rows   []Record

	columns      map[string]int // by name in lower case
	decimalComma bool
}

// ReadTable reads the list at path, whose header must name the needed columns; letter case does not
// matter. A row has as many values as the header; empty ones beyond it do not count.
func ReadTable(path string, needed ...string) (*Table, error) {
	file, err := Read(path)
	if err != nil {
		return nil, err
	}
	names := strings.Join(needed, ",")
	if len(file.Records) == 0 {
		return nil, fault.New(fault.Input, "the list %s is empty; its first line must name %s",
			path, strings.TrimSpace("the columns "+names))
	}
	table := &Table{Path: path, Header: file.Records[0].Fields, Rows: file.Records[1:],
		columns: map[string]int{}, decimalComma: file.Comma != ','}
	for i, name := range table.Header {
		name = strings.ToLower(name)
		if _, twice := table.columns[name]; twice && slices.Contains(needed, name) {
			return nil, fault.New(fault.Input, "the list %s has two columns named %s; rename one", path,
				name)
		} else if !twice {
			table.columns[name] = i
		}
	}
	for _, name := range needed {
		if !table.Has(name) {
			return nil, fault.New(fault.Input, "the list %s has no column %q, only %s; its first line "+
				"must name %s", path, name, strings.Join(table.Header, ","), names)
		}
	}
	for _, row := range table.Rows {
		count := len(row.Fields)
		for count > len(table.Header) && row.Fields[count-1] == "" { // separators after the last column
			count--
		}
		if count != len(table.Header) {
			return nil, fault.New(fault.Input, "the list %s has %d values in line %d, but its first line "+
				"names %d columns; correct the line, values that hold the separator go in quotes", path,
				count, row.Line, len(table.Header))
		}
	}
	return table, nil
}

// Has tells whether there is a column of that name, in lower case.
func (t *Table) Has(column string) bool {
	_, ok := t.columns[column]
	return ok
}

// Text is a row's value in a column, "" if there is no such column.
func (t *Table) Text(row Record, column string) string {
	index, ok := t.columns[column]
	if !ok {
		return ""
	}
	return row.Field(index)
}

// Line is the line on which a row's value in a column begins; that of the row if it has none.
func (t *Table) Line(row Record, column string) int {
	// Every row has a value in every column.
	if index, ok := t.columns[column]; ok && row.lines != nil {
		return row.lines[index]
	}
	return row.Line
}

// Number is a row's value in a column as a finite number. Where commas do not separate the values
// they may stand for the decimal point.
func (t *Table) Number(row Record, column string) (float64, error) {
	text := t.Text(row, column)
	plain := text
	if t.decimalComma && strings.Count(text, ",") == 1 && !strings.Contains(text, ".") {
		plain = strings.Replace(text, ",", ".", 1)
	}
	value, err := strconv.ParseFloat(plain, 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, fault.New(fault.Input, "%s: the %s %q in line %d is not a finite number; correct it",
			t.Path, column, text, t.Line(row, column))
	}
	return value, nil
}

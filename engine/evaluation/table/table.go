// Package table writes tables of results for people (text, Markdown) and for programs (CSV, JSON,
// XLSX). People get metrics in per cent, rounded, and "-" for what is not defined; programs get the
// whole number, a fraction of one for a metric, and nothing for what is not defined. The same
// tables give the same bytes.
package table

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"musc/engine/atomicfile"
	"musc/engine/evaluation/metrics"
	"musc/engine/fault"
)

// Table is one table. All rows have as many cells as there are columns.
type Table struct {
	Name    string // of the sheet
	Title   string // one line above it
	Columns []Column
	Rows    [][]Cell
	Footer  [][]Cell // rows of another kind, such as the mean
	Notes   []string // lines beneath it
}

// Column is the head of a column.
type Column struct {
	Group string // what several columns have in common, as "image"; may be ""
	Name  string
	Key   string // for programs: image_auroc
}

// Cell is one entry.
type Cell struct {
	kind     kind
	text     string
	value    metrics.Value
	decimals int
}

type kind int

const (
	text kind = iota
	number
	percent
	difference
)

// Text is a cell of words.
func Text(s string) Cell { return Cell{kind: text, text: s} }

// Count is a whole number.
func Count(n int) Cell { return Cell{kind: number, value: metrics.Some(float64(n))} }

// Number is a value with so many decimals for people.
func Number(v metrics.Value, decimals int) Cell {
	return Cell{kind: number, value: v, decimals: decimals}
}

// Percent is a fraction of one, which people see in per cent.
func Percent(v metrics.Value) Cell { return Cell{kind: percent, value: v, decimals: 1} }

// PercentTo is Percent with another number of decimals for people.
func PercentTo(v metrics.Value, decimals int) Cell {
	return Cell{kind: percent, value: v, decimals: decimals}
}

// Difference is a difference of two fractions, which people see in percentage points with its sign.
func Difference(v metrics.Value) Cell { return Cell{kind: difference, value: v, decimals: 1} }

// String is the cell as people see it.
func (c Cell) String() string {
	x, defined := c.value.Get()
	switch {
	case c.kind == text:
		return c.text
	case !defined:
		return "-"
	case c.kind == difference:
		shown := strconv.FormatFloat(100*x, 'f', c.decimals, 64)
		if zero, _ := strconv.ParseFloat(shown, 64); zero == 0 {
			return "0.0"
		}
		return fmt.Sprintf("%+.*f", c.decimals, 100*x)
	case c.kind == percent:
		return c.value.Percent(c.decimals)
	}
	return strconv.FormatFloat(x, 'f', c.decimals, 64)
}

// machine is the cell as programs get it: a string, a float64 or nil.
func (c Cell) machine() any {
	if c.kind == text {
		return c.text
	}
	if x, defined := c.value.Get(); defined {
		return x
	}
	return nil
}

// Format is how tables are written.
type Format string

// The formats.
const (
	TextFormat     Format = "txt"
	MarkdownFormat Format = "md"
	CSVFormat      Format = "csv"
	JSONFormat     Format = "json"
	XLSXFormat     Format = "xlsx"
)

// Write writes the tables one after the other, as an array (JSON) or on a sheet each (XLSX); CSV
// takes one table. Errors are those of w, or of kind fault.Usage.
func Write(w io.Writer, format Format, tables ...Table) error {
	switch format {
	case TextFormat, MarkdownFormat:
		for i := range tables {
			if i > 0 {
				if _, err := fmt.Fprintln(w); err != nil {
					return err
				}
			}
			if err := tables[i].writeText(w, format == MarkdownFormat); err != nil {
				return err
			}
		}
		return nil
	case CSVFormat:
		if len(tables) != 1 {
			return fault.New(fault.Usage, "a CSV holds one table, not %d; write each into its own file",
				len(tables))
		}
		return tables[0].writeCSV(w)
	case JSONFormat:
		return writeJSON(w, tables)
	case XLSXFormat:
		return writeXLSX(w, tables)
	}
	return fault.New(fault.Usage, "tables are written as txt, md, csv, json or xlsx, not %q", format)
}

// Save writes the tables into the file at path in the format of its extension. Errors are of kind
// fault.Output for the file system's, else those of Write. No half-written file is left.
func Save(path string, tables ...Table) error {
	format := Format(strings.ToLower(strings.TrimPrefix(filepath.Ext(path), ".")))
	return atomicfile.Save(path, func(w io.Writer) error { return Write(w, format, tables...) })
}

// all are the rows and the footer.
func (t *Table) all() [][]Cell { return slices.Concat(t.Rows, t.Footer) }

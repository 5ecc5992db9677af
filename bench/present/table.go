// Package present writes what the benchmarks found out: Markdown tables and bar charts.
package present

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Table is a Markdown table whose columns also line up where Markdown is not rendered.
type Table struct {
	Title string
	Head  []string
	rows  [][]string
}

// Add appends a row.
func (t *Table) Add(cells ...string) { t.rows = append(t.rows, cells) }

// Write leaves out a table without rows.
func (t *Table) Write(w io.Writer) {
	if len(t.rows) == 0 {
		return
	}
	widths := make([]int, len(t.Head))
	for _, cells := range append([][]string{t.Head}, t.rows...) {
		for k, cell := range cells {
			widths[k] = max(widths[k], utf8.RuneCountInString(cell))
		}
	}
	line := func(cells []string, fill string) {
		for k, cell := range cells {
			missing := widths[k] - utf8.RuneCountInString(cell)
			fmt.Fprintf(w, "| %s%s ", cell, strings.Repeat(fill, missing))
		}
		fmt.Fprintln(w, "|")
	}
	fmt.Fprintf(w, "\n## %s\n\n", t.Title)
	line(t.Head, " ")
	rule := make([]string, len(t.Head))
	for k := range rule {
		rule[k] = "---"
		widths[k] = max(widths[k], len(rule[k]))
	}
	line(rule, "-")
	for _, cells := range t.rows {
		line(cells, " ")
	}
}

package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// table is a Markdown table whose columns also line up where Markdown is not rendered.
type table struct {
	title string
	head  []string
	rows  [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// write leaves out a table without rows.
func (t *table) write(w io.Writer) {
	if len(t.rows) == 0 {
		return
	}
	widths := make([]int, len(t.head))
	for _, cells := range append([][]string{t.head}, t.rows...) {
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
	fmt.Fprintf(w, "\n## %s\n\n", t.title)
	line(t.head, " ")
	rule := make([]string, len(t.head))
	for k := range rule {
		rule[k] = "---"
		widths[k] = max(widths[k], len(rule[k]))
	}
	line(rule, "-")
	for _, cells := range t.rows {
		line(cells, " ")
	}
}

// milliseconds writes seconds with three digits or so, or a dash for NaN.
func milliseconds(s float64) string {
	switch ms := 1e3 * s; {
	case math.IsNaN(ms):
		return "-"
	case ms >= 100:
		return fmt.Sprintf("%.0f", ms)
	case ms >= 1:
		return fmt.Sprintf("%.1f", ms)
	default:
		return fmt.Sprintf("%.3f", ms)
	}
}

// times writes a ratio such as 12.3x, or a dash for NaN.
func times(ratio float64) string {
	switch {
	case math.IsNaN(ratio):
		return "-"
	case ratio >= 100:
		return fmt.Sprintf("%.0fx", ratio)
	case ratio >= 10:
		return fmt.Sprintf("%.1fx", ratio)
	}
	return fmt.Sprintf("%.2fx", ratio)
}

// bracketed writes a median with its quartiles behind it.
func bracketed(s spread, write func(float64) string) string {
	if math.IsNaN(s.middle) {
		return "-"
	}
	return fmt.Sprintf("%s [%s, %s]", write(s.middle), write(s.low), write(s.high))
}

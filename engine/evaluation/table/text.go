package table

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	pretty "github.com/jedib0t/go-pretty/v6/table"
	prettytext "github.com/jedib0t/go-pretty/v6/text"
)

// writeText draws the table with lines of plain characters, or as Markdown.
func (t *Table) writeText(w io.Writer, markdown bool) error {
	out := pretty.NewWriter()
	style := pretty.StyleDefault
	style.Format = pretty.FormatOptions{Header: prettytext.FormatDefault,
		Row:    prettytext.FormatDefault,
		Footer: prettytext.FormatDefault}
	out.SetStyle(style)
	groups, heads := make(pretty.Row, len(t.Columns)), make(pretty.Row, len(t.Columns))
	configs := make([]pretty.ColumnConfig, len(t.Columns))
	grouped := false
	for i, column := range t.Columns {
		groups[i], heads[i] = column.Group, column.Name
		grouped = grouped || column.Group != ""
		if markdown && column.Group != "" {
			heads[i] = column.Group + " " + column.Name
		}
		align := prettytext.AlignLeft
		if t.numeric(i) {
			align = prettytext.AlignRight
		}
		configs[i] = pretty.ColumnConfig{Number: i + 1, Align: align, AlignHeader: align,
			AlignFooter: align}
	}
	out.SetColumnConfigs(configs)
	if grouped && !markdown {
		out.AppendHeader(groups, pretty.RowConfig{AutoMerge: true})
	}
	out.AppendHeader(heads)
	for _, row := range t.Rows {
		out.AppendRow(shown(row))
	}
	for _, row := range t.Footer {
		out.AppendFooter(shown(row))
	}
	var lines []string
	if t.Title != "" {
		lines = append(lines, oneLine(t.Title), "")
	}
	if markdown {
		lines = append(lines, out.RenderMarkdown())
	} else {
		lines = append(lines, out.Render())
	}
	if len(t.Notes) > 0 {
		lines = append(lines, "")
	}
	for _, note := range t.Notes {
		if note = oneLine(note); markdown {
			note = "- " + note
		}
		lines = append(lines, note)
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

// numeric is whether a column has numbers only.
func (t *Table) numeric(column int) bool {
	for _, row := range t.all() {
		if row[column].kind == text && row[column].text != "" {
			return false
		}
	}
	return true
}

func shown(cells []Cell) pretty.Row {
	row := make(pretty.Row, len(cells))
	for i, cell := range cells {
		row[i] = oneLine(cell.String())
	}
	return row
}

// oneLine keeps the names of strange files from breaking the table.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, s)
}

// writeCSV writes a header of keys, the rows and the footer.
func (t *Table) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	record := make([]string, len(t.Columns))
	for i, column := range t.Columns {
		record[i] = column.Key
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for _, row := range t.all() {
		for i, cell := range row {
			switch value := cell.machine().(type) {
			case float64:
				record[i] = strconv.FormatFloat(value, 'g', -1, 64)
			case string:
				record[i] = value
			default:
				record[i] = ""
			}
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// jsonTable is a table of objects.
type jsonTable struct {
	Name   string            `json:"name"`
	Title  string            `json:"title"`
	Rows   []json.RawMessage `json:"rows"`
	Footer []json.RawMessage `json:"footer"`
	Notes  []string          `json:"notes"`
}

func writeJSON(w io.Writer, tables []Table) error {
	list := make([]jsonTable, len(tables))
	for i, t := range tables {
		list[i] = jsonTable{Name: t.Name, Title: t.Title, Notes: t.Notes}
		var err error
		if list[i].Rows, err = t.objects(t.Rows); err != nil {
			return err
		}
		if list[i].Footer, err = t.objects(t.Footer); err != nil {
			return err
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(list)
}

// WriteEvents writes rows as one JSON object a line, each with the given event.
func (t *Table) WriteEvents(w io.Writer, event string, rows [][]Cell) error {
	objects, err := t.objects(rows)
	if err != nil {
		return err
	}
	for _, object := range objects {
		if _, err := fmt.Fprintf(w, "{\"event\":%q,%s\n", event, object[1:]); err != nil {
			return err
		}
	}
	return nil
}

// objects writes rows with their keys in the order of the columns.
func (t *Table) objects(rows [][]Cell) ([]json.RawMessage, error) {
	objects := make([]json.RawMessage, len(rows))
	for i, row := range rows {
		var fields []string
		for c, cell := range row {
			key, err := json.Marshal(t.Columns[c].Key)
			if err != nil {
				return nil, err
			}
			value, err := json.Marshal(cell.machine())
			if err != nil {
				return nil, err
			}
			fields = append(fields, string(key)+":"+string(value))
		}
		objects[i] = json.RawMessage("{" + strings.Join(fields, ",") + "}")
	}
	return objects, nil
}

package table

import (
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

// differenceFormat shows a sign, but none at zero.
const differenceFormat = `+0.0%;-0.0%;0.0%`

// sheet writes one table. The first error stops it.
type sheet struct {
	file *excelize.File
	name string
	row  int
	err  error
}

func writeXLSX(w io.Writer, tables []Table) error {
	file := excelize.NewFile()
	defer file.Close()
	names := map[string]bool{}
	for i, t := range tables {
		s := &sheet{file: file, name: sheetName(t.Name, names)}
		if i == 0 {
			s.err = file.SetSheetName(file.GetSheetName(0), s.name)
		} else {
			_, s.err = file.NewSheet(s.name)
		}
		s.write(&t)
		if s.err != nil {
			return fmt.Errorf("the sheet %s: %w", s.name, s.err)
		}
	}
	return file.Write(w)
}

// sheetName is a name that a spreadsheet takes: up to 31 characters, none of :\/?*[], unique
// whatever the case of its letters.
func sheetName(name string, taken map[string]bool) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) || r < ' ' {
			return '_'
		}
		return r
	}, name))
	if len(runes) == 0 {
		runes = []rune("table")
	}
	for n := 1; ; n++ {
		suffix := ""
		if n > 1 {
			suffix = fmt.Sprintf(" (%d)", n)
		}
		candidate := string(runes[:min(len(runes), 31-len(suffix))]) + suffix
		if key := strings.ToLower(candidate); !taken[key] {
			taken[key] = true
			return candidate
		}
	}
}

func (s *sheet) write(t *Table) {
	bold := &excelize.Font{Bold: true}
	for i, column := range t.Columns {
		s.set(i, 1, column.Group, &excelize.Style{Font: bold})
		s.set(i, 2, column.Name, &excelize.Style{Font: bold})
	}
	for i := 0; i < len(t.Columns); {
		end := i
		for end+1 < len(t.Columns) && t.Columns[end+1].Group == t.Columns[i].Group {
			end++
		}
		if end > i && t.Columns[i].Group != "" && s.err == nil {
			s.err = s.file.MergeCell(s.name, cellName(i, 1), cellName(end, 1))
		}
		i = end + 1
	}
	s.row = 3
	for _, row := range t.Rows {
		s.cells(row, nil)
	}
	for _, row := range t.Footer {
		s.cells(row, bold)
	}
	for _, note := range t.Notes {
		s.row++
		s.set(0, s.row, note, nil)
	}
	if s.err == nil {
		s.err = s.file.SetPanes(s.name, &excelize.Panes{Freeze: true, XSplit: 1, YSplit: 2,
			TopLeftCell: "B3", ActivePane: "bottomRight"})
	}
	if s.err == nil {
		s.err = s.file.SetColWidth(s.name, "A", "A", 24)
	}
}

func (s *sheet) cells(row []Cell, font *excelize.Font) {
	for i, cell := range row {
		style := &excelize.Style{Font: font}
		switch format := ""; cell.kind {
		case percent:
			format = "0." + strings.Repeat("0", cell.decimals) + "%"
			style.CustomNumFmt = &format
		case difference:
			format = differenceFormat
			style.CustomNumFmt = &format
		case number:
			if format = "0"; cell.decimals > 0 {
				format += "." + strings.Repeat("0", cell.decimals)
			}
			style.CustomNumFmt = &format
		}
		s.set(i, s.row, cell.machine(), style)
	}
	s.row++
}

// set writes one cell; text is never taken for a formula.
func (s *sheet) set(column, row int, value any, style *excelize.Style) {
	if s.err != nil || value == nil || value == "" {
		return
	}
	at := cellName(column, row)
	if s.err = s.file.SetCellValue(s.name, at, value); s.err != nil || style == nil {
		return
	}
	id, err := s.file.NewStyle(style)
	if err == nil {
		err = s.file.SetCellStyle(s.name, at, at, id)
	}
	s.err = err
}

// cellName is "B3" for column 1, row 3; neither is ever out of a sheet's range here.
func cellName(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column+1, row)
	if err != nil {
		panic(err)
	}
	return name
}

package paper

import (
	"fmt"
	"slices"

	"musc/engine/evaluation"
	"musc/engine/evaluation/labelled"
	"musc/engine/evaluation/metrics"
	"musc/engine/evaluation/table"
)

// paperClasses is over how many classes the paper takes its means.
var paperClasses = map[labelled.Layout]int{labelled.MVTec: 15, labelled.VisA: 12, labelled.BTAD: 3}

// line is a row of a comparison: ours, theirs or both.
type line struct {
	name   string
	ours   []*evaluation.Result // of each class; none if it was not run
	theirs map[string]metrics.Value
	note   string
}

// Tables puts ours beside the paper's, a table a data set. Rows of other methods have no "ours",
// rows that the paper does not have no "paper".
func (m *Measured) Tables() ([]table.Table, error) {
	var tables []table.Table
	for _, layout := range m.Experiment.data {
		rows, err := publishedRows(m.Experiment.Name, layout)
		if err != nil {
			return nil, err
		}
		t := m.compare(layout, m.lines(layout, rows))
		if len(tables) == 0 {
			for _, missing := range m.Missing {
				t.Notes = append(t.Notes, "not run: "+missing)
			}
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// lines are the paper's rows with our results, then ours that it does not have.
func (m *Measured) lines(layout labelled.Layout, rows []Published) (lines []line) {
	ours := map[string][]*evaluation.Result{}
	var order []string
	add := func(name string, results ...*evaluation.Result) {
		if ours[name] == nil && len(results) > 0 {
			order = append(order, name)
		}
		ours[name] = append(ours[name], results...)
	}
	for _, s := range m.Experiment.settings {
		results := m.Results[layout][s.row]
		if m.Experiment.byClass {
			for _, result := range results {
				add(result.Class, result)
			}
			if len(results) > 1 && m.Experiment.classes == nil {
				add("mean", results...)
			}
			continue
		}
		add(s.row, results...)
		if s.also != "" && len(results) > 0 && hasRow(rows, s.also) {
			add(s.also, results...)
		}
	}
	for _, row := range rows {
		lines = append(lines, line{row.Row, ours[row.Row], row.Values, row.Note})
	}
	for _, name := range order {
		if !hasRow(rows, name) {
			lines = append(lines, line{name: name, ours: ours[name]})
		}
	}
	return lines
}

func hasRow(rows []Published, name string) bool {
	return slices.ContainsFunc(rows, func(row Published) bool { return row.Row == name })
}

func (m *Measured) compare(layout labelled.Layout, lines []line) table.Table {
	t := table.Table{Name: m.Experiment.Name + " " + string(layout),
		Title:   fmt.Sprintf("%s, %s, in per cent: ours beside the paper's", m.Experiment.Title, layout),
		Columns: []table.Column{{Name: "row", Key: "row"}, {Name: "classes", Key: "classes"}}}
	for _, key := range m.Experiment.metrics {
		label := evaluation.Label(key)
		t.Columns = append(t.Columns, table.Column{Group: label, Name: "ours", Key: key + "_ours"},
			table.Column{Group: label, Name: "paper", Key: key + "_paper"},
			table.Column{Group: label, Name: "diff.", Key: key + "_difference"})
	}
	t.Notes = slices.Clone(m.Remarks)
	notes, fewer := map[string]bool{}, false
	for _, l := range lines {
		row := []table.Cell{table.Text(l.name), table.Text("")}
		if len(l.ours) > 0 {
			row[1] = table.Count(len(l.ours))
			fewer = fewer || !m.Experiment.byClass && len(l.ours) != paperClasses[layout]
		}
		for _, key := range m.Experiment.metrics {
			ours, theirs := evaluation.Mean(l.ours, key), l.theirs[key]
			difference := metrics.Value{}
			x, hasOurs := ours.Get()
			if y, hasTheirs := theirs.Get(); hasOurs && hasTheirs {
				difference = metrics.Some(x - y)
			}
			row = append(row, table.Percent(ours), table.Percent(theirs), table.Difference(difference))
		}
		t.Rows = append(t.Rows, row)
		if l.note != "" && !notes[l.note] {
			notes[l.note] = true
			t.Notes = append(t.Notes, l.name+": "+l.note)
		}
		for _, result := range l.ours {
			for _, note := range result.Notes {
				t.Notes = append(t.Notes, result.Class+": "+note)
			}
		}
	}
	if fewer {
		t.Notes = append(t.Notes, fmt.Sprintf("the paper's means are over %d classes; ours are not, and "+
			"cannot be compared", paperClasses[layout]))
	}
	return t
}

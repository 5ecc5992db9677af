package paper

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"musc/engine/evaluation/labelled"
	"musc/engine/evaluation/metrics"
)

//go:embed published.csv
var publishedCSV string

// Published is a row of a table as the paper prints it.
type Published struct {
	Table string // an Experiment's name
	Data  labelled.Layout
	Row   string
	Note  string
	// Values are metrics as fractions of one by their keys, milliseconds ("ms") and megabytes ("mb").
	// What the paper does not give is not there.
	Values map[string]metrics.Value
}

var published = sync.OnceValues(func() ([]Published, error) {
	records, err := csv.NewReader(strings.NewReader(publishedCSV)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("published.csv: %w", err)
	}
	head := records[0]
	var rows []Published
	for _, record := range records[1:] {
		row := Published{record[0], labelled.Layout(record[1]), record[2], record[3],
			map[string]metrics.Value{}}
		for i := 4; i < len(head); i++ {
			if record[i] == "" {
				continue
			}
			x, err := strconv.ParseFloat(record[i], 64)
			if err != nil {
				return nil, fmt.Errorf("published.csv: %s, %s: %w", row.Table, row.Row, err)
			}
			if !slices.Contains([]string{"ms", "mb"}, head[i]) {
				x /= 100
			}
			row.Values[head[i]] = metrics.Some(x)
		}
		rows = append(rows, row)
	}
	return rows, nil
})

// publishedRows are the paper's rows of a table on a data set, in its order. The numbers are part
// of the program: an error is a mistake in it.
func publishedRows(table string, data labelled.Layout) ([]Published, error) {
	all, err := published()
	if err != nil {
		return nil, err
	}
	var rows []Published
	for _, row := range all {
		if row.Table == table && row.Data == data {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

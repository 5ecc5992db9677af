package table

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"musc/engine/evaluation/metrics"
	"musc/engine/fault"
)

func example() Table {
	return Table{
		Name: "a/b", Title: "Two classes",
		Columns: []Column{{"", "class", "class"}, {"", "images", "images"},
			{"image", "AUROC", "image_auroc"}, {"image", "ours - theirs", "difference"},
			{"pixel", "ms", "ms"}},
		Rows: [][]Cell{
			{Text("=nut|1\n"), Count(12), Percent(metrics.Some(0.97777)),
				Difference(metrics.Some(-0.0123)), Number(metrics.Some(998.76), 1)},
			{Text("bolt"), Count(7), Percent(metrics.Value{}), Difference(metrics.Some(-0.0001)),
				Number(metrics.Value{}, 1)},
		},
		Footer: [][]Cell{{Text("mean"), Text(""), Percent(metrics.Some(0.97777)),
			Difference(metrics.Some(0.02)), Number(metrics.Some(998.76), 1)}},
		Notes: []string{"measured on two classes"},
	}
}

func written(t *testing.T, format Format, tables ...Table) string {
	t.Helper()
	var first, second bytes.Buffer
	for _, w := range []*bytes.Buffer{&first, &second} {
		if err := Write(w, format, tables...); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("%s: other bytes the second time", format)
	}
	return first.String()
}

func TestTablesForPeople(t *testing.T) {
	for format, want := range map[Format]string{TextFormat: `Two classes

+------------------+-----------------------+-------+
|                  |         image         | pixel |
| class   | images | AUROC | ours - theirs |    ms |
+---------+--------+-------+---------------+-------+
| =nut|1? |     12 |  97.8 |          -1.2 | 998.8 |
| bolt    |      7 |     - |           0.0 |     - |
+---------+--------+-------+---------------+-------+
| mean    |        |  97.8 |          +2.0 | 998.8 |
+---------+--------+-------+---------------+-------+

measured on two classes
`, MarkdownFormat: `Two classes

| class | images | image AUROC | image ours - theirs | pixel ms |
|:--- | ---:| ---:| ---:| ---:|
| =nut\|1? | 12 | 97.8 | -1.2 | 998.8 |
| bolt | 7 | - | 0.0 | - |
| mean |  | 97.8 | +2.0 | 998.8 |

- measured on two classes
`} {
		if got := written(t, format, example()); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", format, got, want)
		}
	}
}

func TestTablesForPrograms(t *testing.T) {
	records, err := csv.NewReader(strings.NewReader(written(t, CSVFormat, example()))).ReadAll()
	if err != nil || len(records) != 4 || records[0][2] != "image_auroc" ||
		records[1][0] != "=nut|1\n" ||
		records[1][2] != "0.97777" || records[2][2] != "" || records[3][1] != "" {
		t.Errorf("CSV: %q, %v", records, err)
	}
	var tables []struct {
		Name         string
		Rows, Footer []map[string]any
		Notes        []string
	}
	err = json.Unmarshal([]byte(written(t, JSONFormat, example(), example())), &tables)
	if err != nil || len(tables) != 2 || tables[1].Rows[0]["image_auroc"] != 0.97777 ||
		tables[0].Rows[1]["ms"] != nil || tables[0].Footer[0]["class"] != "mean" ||
		tables[0].Rows[0]["class"] != "=nut|1\n" {
		t.Errorf("JSON: %v, %v", tables, err)
	}
}

func TestSpreadsheet(t *testing.T) {
	file, err := excelize.OpenReader(strings.NewReader(written(t, XLSXFormat, example(), example())))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if sheets := file.GetSheetList(); !slices.Equal(sheets, []string{"a_b", "a_b (2)"}) {
		t.Fatalf("sheets %q", sheets)
	}
	for at, want := range map[string]string{"A2": "class", "C1": "image", "C2": "AUROC", "C3": "97.8%",
		"D3": "-1.2%", "E3": "998.8", "C4": "", "A3": "=nut|1\n", "A5": "mean", "D5": "+2.0%",
		"A7": "measured on two classes"} {
		if got, err := file.GetCellValue("a_b", at); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", at, got, err, want)
		}
	}
	if formula, err := file.GetCellFormula("a_b", "A3"); err != nil || formula != "" {
		t.Errorf("a name became the formula %q, %v", formula, err)
	}
	raw, err := file.GetCellValue("a_b", "C3", excelize.Options{RawCellValue: true})
	if err != nil || raw != "0.97777" {
		t.Errorf("the number behind 97.8%% is %q, %v", raw, err)
	}
}

func TestSave(t *testing.T) {
	folder := t.TempDir()
	for _, format := range []Format{TextFormat, MarkdownFormat, CSVFormat, JSONFormat, XLSXFormat} {
		path := filepath.Join(folder, "table."+string(format))
		if err := Save(path, example()); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != written(t, format, example()) {
			t.Errorf("%s holds something else: %v", path, err)
		}
	}
	for path, kind := range map[string]fault.Kind{"table.doc": fault.Usage,
		"no/table.csv": fault.Output} {
		if err := Save(filepath.Join(folder, path), example()); fault.KindOf(err) != kind {
			t.Errorf("%s: got %v", path, err)
		}
	}
	err := Write(&bytes.Buffer{}, CSVFormat, example(), example())
	if fault.KindOf(err) != fault.Usage {
		t.Errorf("two tables in a CSV: %v", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 5 {
		t.Errorf("%d files, %v", len(entries), err)
	}
}

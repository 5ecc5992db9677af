package paper

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/evaluation"
	"musc/engine/evaluation/labelled"
	"musc/engine/evaluation/metrics"
	"musc/engine/evaluation/table"
	"musc/engine/fault"
	"musc/engine/mutual"
	"musc/engine/npy"
)

func rowsOf(t *testing.T, table string, data labelled.Layout) map[string]Published {
	t.Helper()
	rows, err := publishedRows(table, data)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]Published{}
	for _, row := range rows {
		if _, twice := byName[row.Row]; twice {
			t.Errorf("%s, %s has the row %s twice", table, data, row.Row)
		}
		byName[row.Row] = row
	}
	return byName
}

func number(t *testing.T, row Published, key string) float64 {
	t.Helper()
	x, defined := row.Values[key].Get()
	if !defined {
		t.Fatalf("%s, %s, %s has no %s", row.Table, row.Data, row.Row, key)
	}
	return x
}

// The paper's mean rows are the means of its classes, and its headline, to the rounding of one
// digit.
func TestPublishedMeansAgreeWithTheirClasses(t *testing.T) {
	for data, classes := range paperClasses {
		if data == labelled.BTAD {
			continue // no classes are printed
		}
		perClass := rowsOf(t, "per-class", data)
		if len(perClass) != classes+1 {
			t.Errorf("%s: %d rows", data, len(perClass))
		}
		headline := rowsOf(t, "zero-shot", data)["MuSc"]
		for _, key := range sevenOfAll {
			sum := 0.0
			for name, row := range perClass {
				if name != "mean" {
					sum += number(t, row, key)
				}
			}
			mean := number(t, perClass["mean"], key)
			if math.Abs(mean-sum/float64(classes)) > 0.0011 {
				t.Errorf("%s: %s is %v, the mean of the classes %v", data, key, mean, sum/float64(classes))
			}
			if number(t, headline, key) != mean {
				t.Errorf("%s: %s is %v in the headline", data, key, number(t, headline, key))
			}
		}
	}
}

func TestPublishedNumbersAreInRange(t *testing.T) {
	rows, err := published()
	if err != nil || len(rows) < 180 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for key, value := range row.Values {
			x, _ := value.Get()
			isTime := key == "ms" || key == "mb"
			if isTime && !(x > 50 && x < 9000) || !isTime && !(x > 0.04 && x <= 1) {
				t.Errorf("%s, %s, %s: %s is %v", row.Table, row.Data, row.Row, key, x)
			}
		}
		if len(row.Values) == 0 {
			t.Errorf("%s, %s, %s is empty", row.Table, row.Data, row.Row)
		}
	}
}

// Every row of MuSc's that the paper prints has a setting, and settings keep out of each other's
// way.
func TestEverySettingHasItsRow(t *testing.T) {
	ownRows := map[string][]string{ // rows that the paper does not print
		"rscin": {"window {2}", "window {3}", "window {8}", "window {9}", "windows {2,3}",
			"windows {8,9}", "windows {2,..,9}", "full window"},
	}
	for _, e := range Experiments() {
		folders := map[string]string{}
		for _, s := range e.settings {
			if other, taken := folders[slug(s.row)]; taken {
				t.Errorf("%s: %s and %s share a folder", e.Name, s.row, other)
			}
			folders[slug(s.row)] = s.row
			for _, data := range e.data {
				rows := rowsOf(t, e.Name, data)
				if _, ok := rows[s.row]; !ok && !e.byClass && !slices.Contains(ownRows[e.Name], s.row) {
					t.Errorf("%s, %s: no row %s", e.Name, data, s.row)
				}
			}
		}
		for _, data := range e.data {
			for name := range rowsOf(t, e.Name, data) {
				isOurs := folders[slug(name)] != "" || e.byClass || strings.Contains(name, "published code")
				if !isOurs && !strings.Contains(name, ",") && e.Name != "zero-shot" {
					t.Errorf("%s, %s: no setting for %s", e.Name, data, name)
				}
			}
		}
	}
}

// Ours beside theirs: other methods' rows stay, differences are ours minus theirs, and a mean over
// other classes than the paper's says so.
func TestTablesCompare(t *testing.T) {
	e := Experiments()[0]
	result := &evaluation.Result{Class: "nut"}
	result.Image.AUROC = metrics.Some(0.9)
	m := &Measured{Experiment: e, Missing: []string{"VisA: not here"}, Remarks: []string{"by hand"},
		Results: map[labelled.Layout]map[string][]*evaluation.Result{
			labelled.MVTec: {"MuSc": {result}}}}
	tables, err := m.Tables()
	if err != nil || len(tables) != 2 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	shown := map[string][]string{}
	for _, row := range tables[0].Rows {
		for _, cell := range row[1:5] {
			shown[row[0].String()] = append(shown[row[0].String()], cell.String())
		}
	}
	for name, want := range map[string][]string{"MuSc": {"1", "90.0", "97.8", "-7.8"},
		"MuSc, published code": {"1", "90.0", "97.8", "-7.8"}, "ACR": {"", "-", "85.8", "-"}} {
		if !slices.Equal(shown[name], want) {
			t.Errorf("%s: got %v, want %v", name, shown[name], want)
		}
	}
	if tables[0].Notes[0] != "by hand" || tables[1].Notes[0] != "by hand" {
		t.Errorf("the remark is not above the notes %q", tables[0].Notes)
	}
	notes := strings.Join(tables[0].Notes, "\n")
	if !strings.Contains(notes, "not run: VisA: not here") ||
		!strings.Contains(notes, "over 15 classes") {
		t.Errorf("notes: %s", notes)
	}
	if row := tables[1].Rows[0]; row[2].String() != "-" || row[3].String() != "92.8" {
		t.Errorf("VisA, which was not run: %v", row)
	}
}

// What is missing is named with the way to it, and nothing else is run.
func TestWhatIsMissingIsNamed(t *testing.T) {
	job := &Job{Data: map[labelled.Layout]*labelled.Dataset{
		labelled.MVTec: {Root: "here", Classes: []labelled.Class{{Name: "nut"}}}},
		Model: func(name string) (string, error) {
			return "", fault.New(fault.Setup, "the weights of %s are not here", name)
		}}
	for _, e := range Experiments() {
		m, err := Run(context.Background(), e, job)
		if err != nil {
			t.Fatalf("%s: %v", e.Name, err)
		}
		text := strings.Join(m.Missing, "\n")
		if slices.Contains(e.data, labelled.VisA) && !strings.Contains(text, "--visa") ||
			slices.Contains(e.data, labelled.BTAD) && !strings.Contains(text, "--btad") ||
			slices.Contains(e.data, labelled.MVTec) && !strings.Contains(text, "weights of ViT-L-14-336") {
			t.Errorf("%s: missing %s", e.Name, text)
		}
	}
}

// The class tokens of a class in which defects have tokens of their own.
func TestRescoreTokens(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	copyFile := func(from, to string) {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		write(to, string(content))
	}
	const fixture = "../../../testdata/fixtures/rscin_2_3/"
	copyFile(fixture+"class_tokens.npy", "nut.npy")
	n := tokensIn(t, filepath.Join(folder, "nut.npy"))
	list := "label,score\n"
	for i := range n {
		list += []string{"0,0.25\n", "1,0.75\n"}[i%2]
	}
	write("nut.csv", list)
	scorer := mutual.CPU{Threads: 2}
	cell := func(t2 table.Table, column int) string { return t2.Footer[0][column].String() }
	given, err := RescoreTokens(t.Context(), folder, scorer)
	if err != nil || cell(given, 3) != "100.00" || given.Rows[0][2].String() != "given" {
		t.Fatalf("%v, %v", given, err)
	}
	noScores := strings.NewReplacer("label,score", "label", ",0.25", "", ",0.75", "")
	write("nut.csv", noScores.Replace(list))
	own, err := RescoreTokens(t.Context(), folder, scorer)
	if err != nil || own.Rows[0][2].String() != "of the tokens" || cell(own, 3) == "100.00" {
		t.Errorf("%v, %v", own, err)
	}
	write("nut.csv", "label\n0\n")
	if _, err := RescoreTokens(t.Context(), folder, scorer); fault.KindOf(err) != fault.Input ||
		!strings.Contains(err.Error(), "lists 1 images") {
		t.Errorf("another number of images: %v", err)
	}
	if _, err := RescoreTokens(t.Context(), t.TempDir(), scorer); fault.KindOf(err) != fault.Input {
		t.Errorf("an empty folder: %v", err)
	}
}

func tokensIn(t *testing.T, path string) int {
	t.Helper()
	array, err := npy.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer array.Close()
	return array.Shape[0]
}

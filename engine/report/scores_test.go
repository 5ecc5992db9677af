package report

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"musc/engine/fault"
	"musc/engine/results"
	"musc/engine/verdict"
)

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestScoresAreOneRowAnImageInTheirOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "folder", results.ScoresFile)
	rows := []Score{
		{"b.png", 0.5, 0.30000000000000004, 0},
		{"line 1/good, \"new\".png", 0, 1e-9, 1},
		{"a.png", 0.5, 0.25, 0},
		{"c.png", 1, 2, 1},
	}
	cases := map[string]struct {
		thresholds verdict.Thresholds
		want       string
	}{
		"no thresholds": {verdict.Thresholds{Method: "auto", Why: "too few"},
			`image,score,score_before_rscin,rank,subset,verdict,threshold,margin
b.png,0.5,0.30000000000000004,3,0,,,
"line 1/good, ""new"".png",0,1e-09,4,1,,,
a.png,0.5,0.25,2,0,,,
c.png,1,2,1,1,,,
`},
		"of scores before RsCIN": {verdict.Thresholds{Method: "0.5,0.25", Threshold: 0.5, Review: 0.25},
			`image,score,score_before_rscin,rank,subset,verdict,threshold,margin
b.png,0.5,0.30000000000000004,3,0,review,0.5,-0.19999999999999996
"line 1/good, ""new"".png",0,1e-09,4,1,good,0.5,-0.499999999
a.png,0.5,0.25,2,0,review,0.5,-0.25
c.png,1,2,1,1,defective,0.5,1.5
`},
	}
	for name, c := range cases {
		if err := WriteScores(path, rows, &c.thresholds); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != c.want {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}

// Equal scores go by name, and what is equal in both stays in its order.
func TestRanksAreThoseOfTheSlowWay(t *testing.T) {
	for seed := range uint64(50) {
		draw := rand.New(rand.NewPCG(seed, 4))
		rows := make([]Score, draw.IntN(200))
		for i := range rows {
			rows[i] = Score{Image: string(rune('a' + draw.IntN(4))), Score: float64(draw.IntN(5))}
			if draw.IntN(20) == 0 {
				rows[i].Score = math.NaN()
			}
		}
		for i, rank := range Ranks(rows) {
			want := 1
			for j := range rows {
				by := cmp.Or(cmp.Compare(rows[i].Score, rows[j].Score),
					cmp.Compare(rows[j].Image, rows[i].Image), cmp.Compare(j, i))
				if by < 0 {
					want++
				}
			}
			if rank != want {
				t.Fatalf("seed %d: row %d of rank %d, want %d", seed, i, rank, want)
			}
		}
	}
}

var none = &verdict.Thresholds{}

func TestScoresThatComeOneByOne(t *testing.T) {
	folder := t.TempDir()
	whole, streamed := filepath.Join(folder, "whole.csv"), filepath.Join(folder, "streamed.csv")
	rows := []Score{{"b.png", 0.5, 0.25, 0}, {"a, \"new\".png", 1, 1e-9, 12}}
	if err := WriteScores(whole, rows, none); err != nil {
		t.Fatal(err)
	}
	gone := errors.New("the disk went away")
	for _, fails := range []error{gone, nil} {
		err := StreamScores(streamed, none, func(write func(Score, int) error) error {
			for i, rank := range []int{2, 1} {
				if err := write(rows[i], rank); err != nil {
					return err
				}
			}
			return fails
		})
		if !errors.Is(err, fails) {
			t.Fatalf("got %v, want %v", err, fails)
		}
		if _, err := os.Stat(streamed); (err == nil) != (fails == nil) {
			t.Errorf("after %v: %v", fails, err)
		}
	}
	if got, want := read(t, streamed), read(t, whole); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestScoreThatIsNoNumberIsNamed(t *testing.T) {
	for _, row := range []Score{{"x.png", math.NaN(), 1, 0}, {"x.png", 1, math.Inf(1), 0}} {
		path := filepath.Join(t.TempDir(), results.ScoresFile)
		err := WriteScores(path, []Score{row}, none)
		if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "x.png") {
			t.Errorf("got %v", err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a file was written: %v", err)
		}
	}
}

func TestFileNames(t *testing.T) {
	cases := map[string]struct{ names, want []string }{
		"extensions go":         {[]string{"a.png", "x/a.jpg", "b"}, []string{"a", "x/a", "b"}},
		"unless names meet":     {[]string{"a.png", "a.jpg", "b.x"}, []string{"a.png", "a.jpg", "b.x"}},
		"a name of dots only":   {[]string{"x/.png", "..."}, []string{"x/.png", "..."}},
		"dots inside stay":      {[]string{"v1.2/cell.01.png"}, []string{"v1.2/cell.01"}},
		"also of no extensions": {[]string{"part.1", "part.2"}, []string{"part.1", "part.2"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := FileNames(c.names)
			for i := range got {
				got[i] = filepath.ToSlash(got[i])
			}
			if err != nil || !slices.Equal(got, c.want) {
				t.Fatalf("got %q, %v", got, err)
			}
		})
	}
	for _, name := range []string{"../a.png", "/a.png", "x/../../a.png", "", "."} {
		if _, err := FileNames([]string{name}); fault.KindOf(err) != fault.Input {
			t.Errorf("%q: got %v", name, err)
		}
	}
}

func TestRunReadsBackAndListsAreNeverNull(t *testing.T) {
	path := filepath.Join(t.TempDir(), results.RunFile)
	run := Run{
		Tool:    Tool{Version: "1.2", Go: "go1.26"},
		Started: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC),
		Model:   Model{Name: "vit", Mean: [3]float32{0.485, 0.456, 0.406}},
		Scoring: struct {
			Degrees []int `json:"degrees"`
		}{[]int{1, 3, 5}},
		Skipped: []Skipped{{"a&b.png", "not <an> image"}},
		Timings: []Timing{{"backbone", 1.5}},
	}
	if err := WriteRun(path, run); err != nil {
		t.Fatal(err)
	}
	first := read(t, path)
	var back Run
	if err := json.Unmarshal([]byte(first), &back); err != nil {
		t.Fatal(err)
	}
	if back.Skipped[0] != run.Skipped[0] || back.Model.Mean != run.Model.Mean ||
		!back.Started.Equal(run.Started) {
		t.Fatalf("read back %+v", back)
	}
	for _, text := range []string{"\n  \"command\": [],\n", "\"warnings\": []", "a&b.png",
		"not <an> image", "0.485,", "\"started\": \"2026-05-04T03:02:01Z\""} {
		if !strings.Contains(first, text) {
			t.Errorf("%q is not in\n%s", text, first)
		}
	}
	if err := WriteRun(path, run); err != nil || read(t, path) != first {
		t.Errorf("the second write differs, or %v", err)
	}
}

func TestRunThatJSONCannotHoldKeepsTheFormerFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), results.RunFile)
	if err := WriteRun(path, Run{}); err != nil {
		t.Fatal(err)
	}
	before := read(t, path)
	err := WriteRun(path, Run{Timings: []Timing{{"backbone", math.NaN()}}})
	if err == nil || read(t, path) != before {
		t.Fatalf("got %v", err)
	}
}

// Programs look photos up by the names in a table: what a spreadsheet would take for a formula stays as it is
// (docs/security.md).
func TestNamesInTablesStayAsTheyAre(t *testing.T) {
	var scores []Score
	names := []string{`=HYPERLINK("http://x";"y").png`, "+1.png", "-1.png", "@x.png", "\t=1.png", "'=1.png"}
	for _, name := range names {
		scores = append(scores, Score{Image: name})
	}
	path := filepath.Join(t.TempDir(), results.ScoresFile)
	if err := WriteScores(path, scores, &verdict.Thresholds{}); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(read(t, path))).ReadAll()
	if err != nil || len(rows) != len(names)+1 {
		t.Fatalf("%q, %v", rows, err)
	}
	for k, name := range names {
		if rows[k+1][0] != name {
			t.Errorf("%q instead of %q", rows[k+1][0], name)
		}
	}
}

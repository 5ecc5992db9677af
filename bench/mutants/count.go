package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// mutant is one change of the source, and what became of it.
type mutant struct {
	file   string // slash-separated, from the package's folder
	line   int
	column int
	kind   string // the operator's, as CONDITIONALS_BOUNDARY
	status string // as KILLED, LIVED, TIMED OUT, NOT COVERED, NOT VIABLE
	code   string // the line without blanks around it
}

func (m mutant) String() string {
	return fmt.Sprintf("%s:%d:%d %s: %s", m.file, m.line, m.column, m.kind, m.code)
}

// readMutants reads the tool's report about a package, and the lines of the source it speaks of.
func readMutants(folder, report string) ([]mutant, error) {
	text, err := os.ReadFile(report)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found struct {
		Files []struct {
			Name      string `json:"file_name"`
			Mutations []struct {
				Type, Status string
				Line, Column int
			}
		}
	}
	if err := json.Unmarshal(text, &found); err != nil {
		return nil, fmt.Errorf("the report: %w", err)
	}
	var mutants []mutant
	for _, file := range found.Files {
		source, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(file.Name)))
		if err != nil {
			return nil, err
		}
		lines := bytes.Split(source, []byte("\n"))
		for _, m := range file.Mutations {
			if m.Line < 1 || m.Line > len(lines) {
				return nil, fmt.Errorf("%s has no line %d", file.Name, m.Line)
			}
			mutants = append(mutants, mutant{file.Name, m.Line, m.Column, m.Type, m.Status,
				string(bytes.TrimSpace(lines[m.Line-1]))})
		}
	}
	return mutants, nil
}

// equivalent is a mutant that changes nothing anyone could see: by its code, not its line's number,
// which moves.
type equivalent struct{ folder, file, kind, code string }

// readEquivalents reads the columns package, file, kind, code and reason.
func readEquivalents(text string) (map[equivalent]bool, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("equivalent.csv: %w", err)
	}
	known := map[equivalent]bool{}
	for i, row := range rows[1:] {
		if len(row) != 5 || strings.TrimSpace(row[4]) == "" {
			return nil, fmt.Errorf("equivalent.csv: row %d gives no reason", i+2)
		}
		known[equivalent{"./" + row[0], row[1], row[2], row[3]}] = true
	}
	return known, nil
}

// tally is a package's result.
type tally struct {
	folder                             string
	killed, lived, equivalent, notSeen int
	unlisted                           []mutant
	unseen                             []mutant
}

func count(folder string, mutants []mutant, known map[equivalent]bool) tally {
	t := tally{folder: folder}
	for _, m := range mutants {
		switch m.status {
		case "KILLED", "TIMED OUT": // an endless loop is noticed
			t.killed++
		case "LIVED":
			if known[equivalent{folder, m.file, m.kind, m.code}] {
				t.equivalent++
				continue
			}
			t.lived++
			t.unlisted = append(t.unlisted, m)
		case "NOT COVERED":
			t.notSeen++
			t.unseen = append(t.unseen, m)
		}
	}
	return t
}

// share is a of b in per cent; all of nothing is everything.
func share(a, b int) float64 {
	if b == 0 {
		return 100
	}
	return 100 * float64(a) / float64(b)
}

func (t tally) run() float64 {
	seen := t.killed + t.lived + t.equivalent
	return share(seen, seen+t.notSeen)
}

func (t tally) noticed() float64 { return share(t.killed, t.killed+t.lived) }

func (t tally) passes() bool { return t.run() >= leastRun && t.noticed() >= leastKilled }

func (t tally) String() string {
	return fmt.Sprintf("%-32s %4d mutants, %5.1f %% run, %5.1f %% of them killed, %d equivalent",
		t.folder, t.killed+t.lived+t.equivalent+t.notSeen, t.run(), t.noticed(), t.equivalent)
}

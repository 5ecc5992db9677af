package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"musc/engine"
	"musc/engine/bank"
	"musc/engine/evidence"
	"musc/engine/frame"
	"musc/engine/report"
	"musc/engine/reproduce"
	"musc/engine/results"
	"musc/engine/tasks"
	"musc/engine/watch"
)

// The records that musc writes as JSON, with every field that they can have: docs/stable.md says what is
// promised of which.
func TestFormsOfRecords(t *testing.T) {
	shapes{
		"run.json of a scored batch": fieldsOf(report.Run{Scoring: engine.Scoring{}, Frame: frame.Options{},
			ROI: tasks.ROI{}, Bank: tasks.Bank{}}),
		"run.json of other results":     fieldsOf(results.Record{}),
		"plan.json":                     fieldsOf(tasks.Plan{}),
		"part.json":                     fieldsOf(tasks.PartRecord{}),
		"evidence.json":                 fieldsOf(evidence.Evidence{}),
		"differences of musc reproduce": fieldsOf(reproduce.Comparison{}),
		"reason of musc reproduce":      fieldsOf(reproduce.Reason{}),
		"header of a bank":              fieldsOf(bank.Header{}),
		"line of musc watch, --post":    fieldsOf(watch.Entry{}),
	}.golden(t, "records.txt")
}

// What musc serve answers, as /openapi.json describes it; its own tests compare that with the answers.
func TestFormsOfAnswers(t *testing.T) {
	text, err := os.ReadFile("../../engine/serve/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string }
			Responses  map[string]any
		}
		Components struct {
			Schemas map[string]struct {
				Required   []string
				Properties map[string]struct {
					Type any
					Ref  string `json:"$ref"`
				}
			}
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	forms := shapes{}
	for path, methods := range document.Paths {
		for method, operation := range methods {
			section := strings.ToUpper(method) + " " + path
			for _, parameter := range operation.Parameters {
				forms[section] = append(forms[section], parameter.In+" "+parameter.Name)
			}
			for _, status := range slices.Sorted(maps.Keys(operation.Responses)) {
				forms[section] = append(forms[section], "answers "+status)
			}
		}
	}
	for name, schema := range document.Components.Schemas {
		for _, field := range slices.Sorted(maps.Keys(schema.Properties)) {
			kind := schema.Properties[field].Type
			if kind == nil {
				kind = cmp.Or(schema.Properties[field].Ref, "any")
			}
			line := fmt.Sprintf("%s  %v", field, kind)
			if !slices.Contains(schema.Required, field) {
				line += ", not always"
			}
			forms[name] = append(forms[name], line)
		}
	}
	forms.golden(t, "answers.txt")
}

// docs/stable.md has the exit codes as musc --help says them, and the columns, files and events that are
// pinned in testdata. What the log has is in docs/configuration.md.
func TestStableFormsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/stable.md")
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Split(exitCodesHelp, "\n")[1:]
	pinned, err := os.ReadFile("testdata/forms/output.txt")
	if err != nil {
		t.Fatal(err)
	}
	for section := range strings.SplitSeq(string(pinned), "\n\n") {
		if head, columns, _ := strings.Cut(section, "\n"); strings.HasPrefix(head, "[columns of") {
			said = append(said, columns)
		} else if strings.HasPrefix(head, "[files of musc score") {
			said = append(said, strings.Split(columns, "\n")...)
		} else if _, event, _ := strings.Cut(strings.Trim(head, "[]"), "--json: "); event != "" {
			said = append(said, "`"+event+"`")
		} else if entry, logged := strings.CutPrefix(head, "[--log: "); logged {
			logIsDocumented(t, strings.Trim(entry, "]"), columns)
		}
	}
	for _, variable := range variables {
		said = append(said, variable[0])
	}
	for _, word := range said {
		if !strings.Contains(string(page), strings.TrimSpace(word)) {
			t.Errorf("docs/stable.md does not say %s", word)
		}
	}
}

// logIsDocumented compares an entry of the log, such as "begin, INFO", and its fields with the table in
// docs/configuration.md.
func logIsDocumented(t *testing.T, entry, fields string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, everywhere, _ := strings.Cut(string(page), "`log/slog` writes them: ")
	everywhere, table, _ := strings.Cut(everywhere, "by `msg`")
	message, levels, _ := strings.Cut(entry, ", ")
	_, row, _ := strings.Cut(table, "\n| "+message+" | ")
	row, _, _ = strings.Cut(row, "\n")
	for level := range strings.SplitSeq(levels, " or ") {
		if !strings.Contains(row, level) {
			t.Errorf("docs/configuration.md does not say %s", entry)
		}
	}
	for line := range strings.Lines(fields) {
		field, _, _ := strings.Cut(line, " ")
		if message == "done" || strings.ContainsAny(field, "[.") { // as in --json, or part of another field
			continue
		}
		if quoted := "`" + field + "`"; !strings.Contains(everywhere+row, quoted) {
			t.Errorf("docs/configuration.md does not say %s of %s", field, entry)
		}
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCountOfAPackage(t *testing.T) {
	folder := t.TempDir()
	source := "package x\n\nfunc f(a int) bool {\n\treturn a < 3\n}\n"
	if err := os.WriteFile(filepath.Join(folder, "x.go"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	report := filepath.Join(folder, "report.json")
	text := `{"files":[{"file_name":"x.go","mutations":[
		{"type":"CONDITIONALS_BOUNDARY","status":"LIVED","line":4,"column":11},
		{"type":"CONDITIONALS_NEGATION","status":"KILLED","line":4,"column":11},
		{"type":"ARITHMETIC_BASE","status":"TIMED OUT","line":3,"column":1},
		{"type":"ARITHMETIC_BASE","status":"NOT VIABLE","line":3,"column":2},
		{"type":"INVERT_NEGATIVES","status":"LIVED","line":3,"column":2},
		{"type":"INCREMENT_DECREMENT","status":"NOT COVERED","line":3,"column":3}]}]}`
	if err := os.WriteFile(report, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	mutants, err := readMutants(folder, report)
	if err != nil {
		t.Fatal(err)
	}
	known := map[equivalent]bool{{"./x", "x.go", "CONDITIONALS_BOUNDARY", "return a < 3"}: true}
	got := count("./x", mutants, known)
	if got.killed != 2 || got.lived != 1 || got.equivalent != 1 || got.notSeen != 1 || got.passes() {
		t.Errorf("%+v", got)
	}
	if len(got.unlisted) != 1 || got.unlisted[0].kind != "INVERT_NEGATIVES" ||
		!strings.HasPrefix(got.unlisted[0].String(), "x.go:3:2 INVERT_NEGATIVES: func f(a int)") {
		t.Errorf("%v", got.unlisted)
	}
	if got.run() != 80 || got.noticed() < 66.6 || got.noticed() > 66.7 {
		t.Errorf("%v, %v", got.run(), got.noticed())
	}
	if !(tally{}).passes() || !(tally{killed: 95, lived: 5}).passes() ||
		(tally{killed: 94, lived: 6}).passes() || (tally{killed: 89, notSeen: 11}).passes() {
		t.Error("the bounds are not 95 % killed and 90 % run")
	}
}

func TestEquivalentsHaveReasonsAndStandInTheSource(t *testing.T) {
	known, err := readEquivalents(equivalents)
	if err != nil {
		t.Fatal(err)
	}
	for e := range known {
		text, err := os.ReadFile(filepath.Join("../..", e.folder, e.file))
		if err != nil || !strings.Contains(string(text), e.code) {
			t.Errorf("%v: the code is no longer there: %v", e, err)
		}
	}
	if _, err := readEquivalents("package,file,kind,code,reason\na,b,c,d, \n"); err == nil {
		t.Error("a mutant without a reason is taken")
	}
}

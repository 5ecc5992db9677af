package cluster

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

var update = flag.Bool("update", false, "write testdata/* anew")

// a run of which some is done, in a folder with a name that shells and Slurm read much into.
func halfDone() Run {
	return Run{Folder: "/data/it's 5% $off", ID: "3fa94c01d2e87b65", Musc: "/opt/musc 2/musc",
		Phases: []Phase{
			{Name: "depth", Tasks: 12},
			{Name: "score", Tasks: 2500, Missing: []Range{{3, 3}, {17, 20}, {999, 2499}}, GPU: true,
				Options: []string{"--device", "cuda:0"}},
			{Name: "nearest", Tasks: 16, Missing: []Range{{0, 15}}},
			{Name: "merge", Tasks: 1, Missing: []Range{{0, 0}}},
			{Name: "draw", Tasks: 0},
		}}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test ./engine/cluster -update rewrites it); got:\n%s", path, got)
	}
}

// program puts a shell script among the programs that are found first.
func program(t *testing.T, folder, name, script string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestQuotedWordsAreReadAsTheyAre(t *testing.T) {
	words := []string{"", "plain-1.0/x,y:z@%+=", "a b", "it's", `"$HOME" \ `, "*", "~", "#", "{a,b}",
		"a;b|c&d", "(x)", "!1", "`id`", "\t", "ü", "a\nb", "-n"}
	for _, shell := range []string{"sh", "bash"} {
		got, err := exec.Command(shell, "-c", "printf '%s\\0' "+quote(words)).Output()
		if err != nil {
			t.Fatal(err)
		}
		read := strings.Split(strings.TrimSuffix(string(got), "\x00"), "\x00")
		if !slices.Equal(read, words) {
			t.Errorf("%s reads %q, want %q", shell, read, words)
		}
	}
}

func TestRangesAreWrittenAsSlurmReadsThem(t *testing.T) {
	for want, numbers := range map[string][]int{
		"":                 nil,
		"0":                {0},
		"0-3,17,40-41,100": {0, 1, 2, 3, 17, 40, 41, 100},
	} {
		ranges := Ranges(numbers)
		if text, n := expression(ranges), count(ranges); text != want || n != len(numbers) {
			t.Errorf("%v: %q and %d tasks, want %q and %d", numbers, text, n, want, len(numbers))
		}
	}
}

func TestOnlyWhatIsMissingAndTheLastStepAreLeft(t *testing.T) {
	run := halfDone()
	steps, err := run.steps()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, step := range steps {
		names = append(names, step.Name)
	}
	if got := strings.Join(names, " "); got != "score nearest merge finish" {
		t.Errorf("steps are %s", got)
	}
}

func TestFoldersThatNoNodeCanUseAreRefused(t *testing.T) {
	for _, change := range []func(*Run){
		func(r *Run) { r.Folder = "out" },
		func(r *Run) { r.Folder = "/data/a\nb" },
		func(r *Run) { r.Musc = "" },
		func(r *Run) { r.Musc = "/opt/mu\nsc" },
	} {
		run := halfDone()
		change(&run)
		if _, err := run.steps(); fault.KindOf(err) != fault.Usage {
			t.Errorf("%q with %q: %v, want an error of usage", run.Folder, run.Musc, err)
		}
	}
}

package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Completing a command line never runs it, whatever is typed so far.
func TestCompletion(t *testing.T) {
	for typed, want := range map[string]string{
		"":                          "score plan cluster task merge status",
		"cluster":                   "slurm kubernetes",
		"task":                      "",
		"task --":                   "--keep-tokens --wait",
		"merge OUT --re":            "--remove-parts",
		"score PHOTOS --sub":        "--subset-size --subsets",
		"score PHOTOS -o OUT --res": "--resume",
		"status -":                  "--json",
		"plan PHOTOS -o OUT":        "",
	} {
		words := append(line(typed, washers, t.TempDir()), completionFlag)
		program := exec.Command(os.Args[0], words...)
		program.Env = append(os.Environ(), asMusc+"=1")
		answer, err := program.CombinedOutput()
		if err != nil {
			t.Errorf("%q: %v: %s", typed, err, answer)
		}
		offered := strings.Fields(string(answer))
		for _, word := range strings.Fields(want) {
			if !strings.Contains(" "+strings.Join(offered, " ")+" ", " "+word+" ") {
				t.Errorf("%q: %v lacks %s", typed, offered, word)
			}
		}
		if want == "" && len(offered) > 0 {
			t.Errorf("%q: %v is offered", typed, offered)
		}
	}
}

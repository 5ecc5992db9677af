package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/cgo/cpu"
	"musc/engine/evaluation/labelled/labelledtest"
	"musc/engine/filelock"
	"musc/engine/reproduce"
	"musc/engine/results"
)

// recordOf is the folder of a run that never was, whose run.json has a command and arguments ("": none, as of
// an older musc).
func recordOf(t *testing.T, command, arguments, folder string) string {
	t.Helper()
	record := results.Record{Tool: results.RecordTool{Name: results.Tool, Version: "0.1"},
		Command: append([]string{"musc"}, strings.Fields(command)...)}
	if arguments != "" {
		record.Repeat = &results.Repeat{Folder: folder, Arguments: strings.Fields(arguments)}
	}
	text, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(write(t, results.RunFile, string(text)))
}

func TestReproduceRefusals(t *testing.T) {
	here := t.TempDir()
	list := fewWashers(t, 3)
	foreign := filepath.Dir(write(t, results.RunFile, `{"name": "package"}`))
	score := recordOf(t, "score x -o out", "score -- "+list, here)
	taken := t.TempDir()
	if err := os.WriteFile(filepath.Join(taken, results.ScoresFile), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		record string
		args   string
		want   int
		said   string
	}{
		{"", "", exitUsage, "needs one record"},
		{here, "", exitInput, "cannot read the record of a run"},
		{foreign, "", exitInput, "it is not of a run of musc"},
		{recordOf(t, "bank build x", "", ""), "", exitInput, "score, plan with merge, and eval"},
		{recordOf(t, "eval x", "", ""), "", exitInput, "the folder of the whole evaluation"},
		{recordOf(t, "score", "score --colour=red -- x", here), "", exitInput, "repeat it with that version"},
		{recordOf(t, "score", "score -- x", "/no such folder"), "", exitInput, "--folder"},
		{score, "--folder /no/such", exitInput, "/no/such, which is not here"},
		{recordOf(t, "score", "score --model=gone.onnx -- "+list, here), "", exitSetup,
			filepath.Join(here, "gone.onnx") + " is not here"},
		{score, "-o " + taken, exitOutput, "scores.csv is there already"},
		{recordOf(t, "score", "score -- nothing-here", here), "", exitInput, `"nothing-here" does not exist`},
	} {
		args := slices.DeleteFunc(append([]string{"reproduce", c.record}, strings.Fields(c.args)...),
			func(arg string) bool { return arg == "" })
		t.Setenv(asMusc, "1") // the run is a process of its own
		code, stdout, stderr := musc(t, args...)
		if code != c.want || !strings.Contains(stderr, c.said) {
			t.Errorf("%v: exit %d, want %d with %q: %s%s", args, code, c.want, c.said, stdout, stderr)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(score), ".musc-reproduce-*")); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}

// TestArgumentsOfTheNewRun: a plan runs in one process, where results go is decided anew, and what decides
// nothing is left out.
func TestArgumentsOfTheNewRun(t *testing.T) {
	for _, c := range []struct{ command, arguments, want string }{
		{"score", "score --output=a --overwrite=true --resume=true --fail-on=review --top=3 --degrees=1 -- photos -x",
			"score --degrees=1 --output=NEW --threads=2 -- photos -x"},
		{"plan", "plan --output=a --tasks=4 --subset-size=20 -- photos", "score --subset-size=20 --output=NEW --threads=2 -- photos"},
		{"score", "score --library=/shared/evil.so --degrees=1 -- photos",
			"score --degrees=1 --output=NEW --threads=2 -- photos"},
		{"score photos -o out --degrees 1 --config m.toml -q", "", "score --degrees=1 --config=m.toml --library= --output=NEW --threads=2 -- photos"},
	} {
		record, err := reproduce.Read(recordOf(t, c.command, c.arguments, "/"))
		if err != nil {
			t.Fatal(err)
		}
		line, err := lineOf(record)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(line.arguments("NEW", "--threads=2"), " "); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestEnvironmentOfTheNewRun(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("lib.so", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	environment := []string{"HOME=/h", "MUSC_DEGREES=5", "MUSC_CONFIG=x", "MUSC_ONNXRUNTIME=lib.so", "MUSC_CACHE=/c",
		"MUSC_SIMD=portable"}
	library := "MUSC_ONNXRUNTIME=" + filepath.Join(here, "lib.so")
	for _, c := range []struct {
		complete bool
		level    string
		want     []string
	}{
		{true, "avx2", []string{"HOME=/h", library, "MUSC_CACHE=/c", "MUSC_SIMD=avx2"}},
		{false, "", []string{"HOME=/h", "MUSC_DEGREES=5", "MUSC_CONFIG=x", library, "MUSC_CACHE=/c"}},
	} {
		if got := childEnvironment(environment, c.level, c.complete); !slices.Equal(got, c.want) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestEventsOfTheNewRunAreItsProgress(t *testing.T) {
	var out strings.Builder
	f := &eventFilter{to: &out}
	for _, text := range []string{`{"event":"begin","step":"x"}` + "\n" + `{"event":"ima`, `ge","score":1}` + "\n",
		"no JSON\n", `{"event":"error","message":"why","code":4}` + "\n"} {
		if n, err := f.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatal(n, err)
		}
	}
	if out.String() != `{"event":"begin","step":"x"}`+"\n" || f.failure != "why" {
		t.Errorf("%q, failure %q", out.String(), f.failure)
	}
}

// reproduced runs musc reproduce, whose run is a process of its own, and returns what it said with --json at
// its end.
func reproduced(t *testing.T, want int, args ...string) (last map[string]any, said string) {
	t.Helper()
	t.Setenv(asMusc, "1")
	code, stdout, stderr := musc(t, append([]string{"reproduce", "--json"}, args...)...)
	if code != want {
		t.Fatalf("musc reproduce %v: exit %d, want %d: %s%s", args, code, want, stdout, stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		t.Fatal(err)
	}
	return last, stdout
}

// scoredWashers are results in a folder of their own, of some washers in a folder beside.
func scoredWashers(t *testing.T, count int, options string) (photos, out string) {
	t.Helper()
	folder := t.TempDir()
	photos, out = filepath.Join(folder, "photos"), filepath.Join(folder, "photos", "out")
	if err := os.Mkdir(photos, 0o755); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob("../../testdata/washer/images/*.png")
	if err != nil || len(names) < count {
		t.Fatal(names, err)
	}
	for _, name := range names[:count] {
		text, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(photos, filepath.Base(name)), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	code, _, stderr := musc(t, line("score PHOTOS -q -o OUT"+small+options, photos, out)...)
	if code != exitOK {
		t.Fatal(stderr)
	}
	return photos, out
}

// TestReproduce: options from a file and the environment and an output in the folder of the photos give the
// same bytes; a forced level, photos that were changed or added and results that were edited are told.
func TestReproduce(t *testing.T) {
	config := write(t, "musc.toml", "[score]\nsubsets = 2\nexport = \"coco\"\n")
	t.Setenv("MUSC_WINDOWS", "1")
	photos, out := scoredWashers(t, 12, " --config "+config)
	t.Setenv("MUSC_WINDOWS", "")
	t.Chdir(t.TempDir())
	left := filepath.Join(photos, ".musc-reproduce-1") // by a process that was killed
	if err := errors.Join(os.Mkdir(left, 0o755), os.WriteFile(filepath.Join(left, filelock.Name), nil, 0o644)); err != nil {
		t.Fatal(err)
	}

	last, said := reproduced(t, exitOK, out)
	if last["same"] != true || last["files"].(float64) < 20 || !strings.Contains(said, `"checked":12`) {
		t.Errorf("the same: %s", said)
	}
	if entries, _ := filepath.Glob(filepath.Join(photos, ".musc-*")); len(entries) > 0 {
		t.Errorf("%v are left", entries)
	}

	if cpu.Level() != "portable" {
		t.Setenv(cpu.Variable, "portable")
		last, said = reproduced(t, exitDiffers, out)
		if reasons := last["reasons"].([]any); len(reasons) != 1 || reasons[0].(map[string]any)["kind"] != "simd" {
			t.Errorf("another level: %s", said)
		}
		if scores := last["scores"].(map[string]any); !(scores["largest"].(float64) < 1e-5) {
			t.Errorf("another level: %s", said)
		}
		t.Setenv(cpu.Variable, "")
	}

	names, _ := filepath.Glob(filepath.Join(photos, "*.png"))
	if err := os.Rename(names[0], filepath.Join(photos, "zz.png")); err != nil {
		t.Fatal(err)
	}
	checked, _ := reproduced(t, exitDiffers, out, "--check")
	inputs, _ := json.Marshal(checked["inputs"])
	if !strings.Contains(string(inputs), `"missing":["`+names[0]) || !strings.Contains(string(inputs), `zz.png"]`) {
		t.Errorf("a photo was renamed: %s", inputs)
	}
	if err := os.Rename(filepath.Join(photos, "zz.png"), names[0]); err != nil {
		t.Fatal(err)
	}

	scores := filepath.Join(out, results.ScoresFile)
	text, err := os.ReadFile(scores)
	if err == nil {
		err = os.WriteFile(scores, []byte(strings.Replace(string(text), ",good,", ",defective,", 1)), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	last, said = reproduced(t, exitDiffers, out, "--keep")
	reasons, differences := last["reasons"].([]any), last["differences"].([]any)
	if len(differences) != 1 || len(reasons) != 1 || reasons[0].(map[string]any)["kind"] != "edited" {
		t.Errorf("edited: %s", said)
	}
	if kept, err := os.ReadFile(filepath.Join(out+"-reproduced", results.ScoresFile)); string(kept) != string(text) {
		t.Errorf("the kept scores are others: %v", err)
	}
}

// TestReproduceAPlan: the merged results of a plan are those of musc score.
func TestReproduceAPlan(t *testing.T) {
	r := &planRun{t, fewWashers(t, 12), filepath.Join(t.TempDir(), "out"), ""}
	r.must("plan PHOTOS -o OUT --subsets 2"+small, "task OUT depth 0 -q", "task OUT score 0 -q",
		"task OUT score 1 -q", "task OUT nearest 0 -q", "merge OUT -q")
	if last, said := reproduced(t, exitOK, filepath.Join(r.out, results.RunFile)); last["same"] != true {
		t.Error(said)
	}
}

// TestReproduceAnEvaluation: the tables, curves and pictures of classes; a mask that was changed is told.
func TestReproduceAnEvaluation(t *testing.T) {
	root, out := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "out")
	labelledtest.MVTec(t, root, "nut")
	code, _, stderr := musc(t, "eval", root, "-o", out, "--image-size", "56", "--pictures", "-q")
	if code != exitOK {
		t.Fatal(stderr)
	}
	if err := os.WriteFile(filepath.Join(out, "notes.txt"), []byte("the user's"), 0o644); err != nil {
		t.Fatal(err)
	}
	if last, said := reproduced(t, exitOK, out); last["same"] != true || last["files"].(float64) < 10 ||
		strings.Contains(said, `"checked":0`) {
		t.Error(said)
	}
	var mask string
	filepath.WalkDir(root, func(path string, _ os.DirEntry, _ error) error {
		if strings.Contains(path, "ground_truth") && filepath.Ext(path) == ".png" {
			mask = path
		}
		return nil
	})
	text, err := os.ReadFile(mask)
	if err == nil {
		err = os.WriteFile(mask, append(text, 0), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	last, said := reproduced(t, exitDiffers, out, "--check")
	if changed := last["inputs"].(map[string]any)["changed"].([]any); len(changed) != 1 || changed[0] != mask {
		t.Error(said)
	}
}

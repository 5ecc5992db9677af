package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/tasks"
)

// small are the options of runs that are not about their scores. The paper's settings have all phases:
// the preset of the default model leaves RsCIN out.
const small = " --preset paper --image-size 112 --batch 2"

// line is a command line in words; PHOTOS and OUT stand for paths.
func line(text, photos, out string) []string {
	return strings.Fields(strings.NewReplacer("PHOTOS", photos, "OUT", out).Replace(text))
}

// planned makes a plan and returns its output folder.
func planned(t *testing.T, options string) (out string) {
	t.Helper()
	out = filepath.Join(t.TempDir(), "out")
	code, _, stderr := musc(t, line("plan PHOTOS -o OUT"+small+options, fewWashers(t, 6), out)...)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	return out
}

// A plan that is there already stays with what its tasks have left; another one is not replaced
// unless that is asked for.
func TestPlanIntoAFolderWithAPlan(t *testing.T) {
	damage := func(t *testing.T, run tasks.Folder) {
		t.Helper()
		if err := os.WriteFile(run.Path("plan.json"), []byte("{"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		again  string // options of the second plan
		damage func(*testing.T, tasks.Folder)
		code   int
		want   string
		stays  bool // what tasks have left
	}{
		"the same":      {" --subsets 2", nil, exitOK, "was there already", true},
		"another":       {" --subsets 3", nil, exitOutput, "--subsets was 2 and is 3", true},
		"another cut":   {" --subsets 2 --tasks 1", nil, exitOutput, "2 tasks of the phase score, not 1", true},
		"anew":          {" --subsets 3 --overwrite", nil, exitOK, "", false},
		"the same anew": {" --subsets 2 --overwrite", nil, exitOK, "", false},
		"damaged":       {" --subsets 2", damage, exitOutput, "--overwrite", true},
		"damaged, anew": {" --subsets 2 --overwrite", damage, exitOK, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			photos, out := fewWashers(t, 6), filepath.Join(t.TempDir(), "out")
			run := tasks.Folder{Output: out}
			for _, args := range []string{"plan PHOTOS -o OUT --subsets 2" + small, "task OUT depth 0"} {
				if code, _, stderr := musc(t, line(args, photos, out)...); code != exitOK {
					t.Fatalf("%s: exit %d: %s", args, code, stderr)
				}
			}
			if c.damage != nil {
				c.damage(t, run)
			}
			code, _, stderr := musc(t, line("plan PHOTOS -o OUT"+small+c.again, photos, out)...)
			if code != c.code || !strings.Contains(stderr, c.want) {
				t.Errorf("exit %d, want %d with %q: %s", code, c.code, c.want, stderr)
			}
			if _, err := os.Stat(run.File(tasks.PhaseDepth, 0)); (err == nil) != c.stays {
				t.Errorf("what the task has left: %v; want it to stay: %v", err, c.stays)
			}
		})
	}
}

// A machine that only plans needs no ONNX Runtime.
func TestPlanNeedsNoLibrary(t *testing.T) {
	plan, err := tasks.Read(t.Context(), tasks.Folder{Output: planned(t, "")})
	if err != nil {
		t.Fatal(err)
	}
	graph := plan.Model.Path
	t.Setenv("MUSC_ONNXRUNTIME", "")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	photos, out := fewWashers(t, 6), filepath.Join(t.TempDir(), "out")
	code, _, stderr := musc(t, line("score PHOTOS -o OUT --model "+graph, photos, out)...)
	if code != exitSetup {
		t.Fatalf("the library is found: exit %d: %s", code, stderr)
	}
	code, _, stderr = musc(t, line("plan PHOTOS -o OUT --model "+graph, photos, out)...)
	if code != exitOK || !strings.HasPrefix(stderr, "settings: ") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

// What binds only the machine that plans is told, and what it left out; --quiet leaves the notes away.
func TestPlanTellsWhatATaskWillNotKnow(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"000.png", "002.png"} {
		text, err := os.ReadFile("../../testdata/washer/images/" + name)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	list := write(t, "list.txt", folder+"\n"+filepath.Join(folder, "000.png")+"\n"+
		filepath.Join(folder, "002.png")+"\nnone.png\n")
	for _, c := range []struct{ options, want, not string }{
		{" --threads 3 --memory 1G", "--threads, --memory: not part of a plan", ""},
		{"", "--precision float16", "not part"},
		{" --precision float32", "left out: ", "float16"},
		{" --device cpu", "left out: ", "float16"},
		{" --quiet --threads 3", "left out: ", "--threads"},
		{" --json --threads 3", `"event":"skipped"`, "left out: "},
		{" --json --threads 3", `{"event":"note","text":"--threads`, "left out: "},
	} {
		out := filepath.Join(t.TempDir(), "out")
		code, stdout, stderr := musc(t, line("plan PHOTOS -o OUT"+small+c.options, list, out)...)
		said := stdout + stderr
		if code != exitSkipped || !strings.Contains(said, c.want) ||
			c.not != "" && strings.Contains(said, c.not) {
			t.Errorf("%q: exit %d, want %d with %q, not %q: %s", c.options, code, exitSkipped, c.want,
				c.not, said)
		}
	}
}

// Folders may be called as a command of the command line's package is.
func TestFoldersNamedHelp(t *testing.T) {
	photos := fewWashers(t, 6)
	t.Chdir(t.TempDir())
	for _, name := range []string{"h", "help"} {
		for _, args := range []string{"plan PHOTOS -o OUT" + small, "task OUT depth 0", "status OUT"} {
			if code, _, stderr := musc(t, line(args, photos, name)...); code != exitOK {
				t.Errorf("%s: exit %d: %s", strings.ReplaceAll(args, "OUT", name), code, stderr)
			}
		}
	}
}

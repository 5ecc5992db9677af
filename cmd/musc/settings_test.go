package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// shown is what musc config show says of an option, "" if it has its default.
func shown(t *testing.T, option string, args ...string) string {
	t.Helper()
	code, stdout, stderr := musc(t, append([]string{"config", "show"}, args...)...)
	if code != exitOK {
		t.Fatalf("musc config show %v: exit %d: %s", args, code, stderr)
	}
	for line := range strings.Lines(stdout) {
		if text, found := strings.CutPrefix(line, option+" = "); found {
			return strings.TrimSpace(text)
		}
	}
	return ""
}

func TestEnvironmentGoesBeforeTheFileAndATableBeforeWhatIsSaidForAll(t *testing.T) {
	file := write(t, "musc.toml", "threads = 3\nmemory = \"1G\"\n[score]\nthreads = 2\ndegrees = [1, 3]\n"+
		"interval = [0, 0.2]\n[bank.build]\nmemory = \"2G\"\n")
	for _, c := range []struct{ option, command, variable, want string }{
		{"threads", "score", "", "2 # " + file + ", [score]"},
		{"threads", "score", "5", "5 # MUSC_THREADS"},
		{"threads", "eval", "", "3 # " + file},
		{"memory", "score", "", `"1G" # ` + file},
		{"memory", "bank build", "", `"2G" # ` + file + ", [bank.build]"},
		{"degrees", "score", "", "[1, 3] # " + file + ", [score]"},
		{"interval", "score", "", `"0,0.2" # ` + file + ", [score]"},
		{"batch", "score", "", ""},
	} {
		t.Run(c.command+" "+c.option+" "+c.variable, func(t *testing.T) {
			if c.variable != "" {
				t.Setenv(variable(c.option), c.variable)
			}
			args := append(strings.Fields(c.command), "--config", file)
			if got := shown(t, c.option, args...); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestSettingsReachTheCommand: the error that a value causes tells which one a command got.
func TestSettingsReachTheCommand(t *testing.T) {
	photos := fewWashers(t, 3)
	file := write(t, "musc.toml", "[score]\noutput = \"OUT\"\nmaps = \"of-file\"\n")
	for _, c := range []struct {
		name, variable string
		args           []string
		want           string
	}{
		{"file", "", nil, "of-file"},
		{"environment", "of-environment", nil, "of-environment"},
		{"command line", "of-environment", []string{"--maps", "of-line"}, "of-line"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if c.variable != "" {
				t.Setenv("MUSC_MAPS", c.variable)
			}
			t.Setenv("MUSC_CONFIG", file)
			code, _, stderr := musc(t, append([]string{"score", photos}, c.args...)...)
			if code != exitUsage || !strings.Contains(stderr, `"`+c.want+`"`) {
				t.Errorf("exit %d: %s", code, stderr)
			}
		})
	}
}

func TestOneOfTwoAlternativesIsTheStrongest(t *testing.T) {
	commands := newApp(io.Discard, io.Discard).Commands
	file, err := readConfig(write(t, "musc.toml", "[score]\nsubsets = 3\nthreads = 2\n"), commands)
	if err != nil {
		t.Fatal(err)
	}
	command, err := commandAt(commands, "score")
	if err != nil {
		t.Fatal(err)
	}
	given := func(option string) bool { return option == "subset-size" }
	found := settingsOf("score", command.Flags, given, environmentOf(nothing), file)
	if len(found) != 1 || found[0].name != "threads" {
		t.Errorf("beside --subset-size: %+v", found)
	}
}

func nothing(string) (string, bool) { return "", false }

func TestWhatAPhotoIsDescribedByIsNoOption(t *testing.T) {
	of := map[string]string{"MUSC_THRESHOLD": "0.31", "MUSC_SEQUENCE": "7"}
	value, ok := environmentOf(func(name string) (string, bool) { v, ok := of[name]; return v, ok })("threshold")
	if ok {
		t.Errorf("a command of musc watch --exec takes --threshold %s", value)
	}
}

func TestConfigFilesThatCannotBeUsed(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"threads = ", "line 1"},
		{"thread = 2", "--thread;"},
		{"[score]\nthread = 2", "musc score has no option --thread"},
		{"[scores]\nthreads = 2", "[scores]"},
		{"[bank.bild]\nmemory = \"1G\"", "[bank.bild]"},
		{"[self-test]\njson = true", "[self-test]"},
		{"[score]\nthreads = \"many\"", `"many"`},
		{"[score]\nthreads = 2030-01-02", "threads is a"},
		{"[score]\ndegrees = []", "degrees is empty"},
		{"[score]\ndegrees = [[1]]", "degrees is an array of arrays"},
		{"config = \"other.toml\"", "--config"},
	} {
		file := write(t, "musc.toml", c.text)
		code, _, stderr := musc(t, "score", "photos", "-o", t.TempDir(), "--config", file)
		if code != exitUsage || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, file) {
			t.Errorf("%q: exit %d: %s", c.text, code, stderr)
		}
	}
	if code, _, stderr := musc(t, "doctor", "--config", "/no/such.toml"); code != exitUsage ||
		!strings.Contains(stderr, "/no/such.toml") {
		t.Errorf("a file that is not there: exit %d: %s", code, stderr)
	}
}

// TestShownConfigIsAFileForIt: of every command, with every option set.
func TestShownConfigIsAFileForIt(t *testing.T) {
	commands := newApp(io.Discard, io.Discard).Commands
	values := map[string]map[string]bool{}
	eachOption(commands, "", func(path string, flag cli.Flag) {
		if values[path] == nil {
			values[path] = map[string]bool{}
		}
		values[path][flag.Names()[0]] = true
	})
	for path, options := range values {
		code, text, stderr := musc(t, append([]string{"config", "show"}, strings.Fields(path)...)...)
		if code != exitOK || strings.Count(text, "\n") != len(options)+1 {
			t.Errorf("%s: exit %d, %d lines for %d options: %s", path, code, strings.Count(text, "\n"),
				len(options), stderr)
		}
		var uncommented strings.Builder // what has a default in TOML is an option that can be set to it
		for line := range strings.Lines(text) {
			option, isComment := strings.CutPrefix(line, "# ")
			_, value, inTOML := strings.Cut(option, " = ")
			if value = strings.TrimSpace(value); isComment && (!inTOML || value == `""` || value == "[]") {
				continue
			}
			uncommented.WriteString(option)
		}
		file, err := readConfig(write(t, "musc.toml", uncommented.String()), commands)
		if err != nil {
			t.Errorf("%s: %v\n%s", path, err, uncommented.String())
			continue
		}
		command, _ := commandAt(commands, path)
		for _, s := range settingsOf(path, command.Flags, func(string) bool { return false },
			environmentOf(nothing), file) {
			if err := tryOut(command, s); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

func TestTextsOfConfigSurviveBeingShown(t *testing.T) {
	for _, text := range []string{`a"b`, `c:\photos`, "line\nbreak", "ünïcode", "tab\there"} {
		file := write(t, "musc.toml", "[score]\nroi = "+tomlText(text)+"\n")
		_, stdout, _ := musc(t, "config", "show", "score", "--config", file)
		again := write(t, "again.toml", stdout)
		read, err := readConfig(again, newApp(io.Discard, io.Discard).Commands)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if values, _, _ := read.find("score", "roi"); !slices.Equal(values, []string{text}) {
			t.Errorf("%q became %q", text, values)
		}
	}
}

func TestVariablesThatNoOptionHasAreTold(t *testing.T) {
	t.Setenv("MUSC_THREDS", "2")
	_, _, stderr := musc(t, "config", "show", "score")
	if !strings.Contains(stderr, "MUSC_THREDS") {
		t.Errorf("stderr: %s", stderr)
	}
	eachOption(newApp(io.Discard, io.Discard).Commands, "", func(path string, flag cli.Flag) {
		name := variable(flag.Names()[0])
		if slices.ContainsFunc(variables, func(v [2]string) bool { return v[0] == name }) && name != "MUSC_TASKS" {
			t.Errorf("musc %s --%s has the variable %s, which means something else", path, flag.Names()[0], name)
		}
	})
}

func TestErrorsAreJSONWhoeverAskedForIt(t *testing.T) {
	t.Setenv("MUSC_JSON", "true")
	code, stdout, stderr := musc(t, "score")
	var event struct{ Event string }
	if json.Unmarshal([]byte(stdout), &event) != nil || event.Event != "error" || code != exitUsage {
		t.Errorf("exit %d, stdout %s, stderr %s", code, stdout, stderr)
	}
}

func TestLog(t *testing.T) {
	log := filepath.Join(t.TempDir(), "musc.log")
	broken := write(t, "broken.png", "")
	out := filepath.Join(t.TempDir(), "out")
	if code, _, stderr := musc(t, "score", fewWashers(t, 3), broken, "-o", out, "--log", log); code != exitSkipped {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	musc(t, "score", "--log", log) // an error, added to what is there
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]int{}
	var last map[string]any
	for line := range strings.Lines(string(text)) {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if event["command"] != "score" || event["time"] == nil || event["process"] == nil {
			t.Errorf("not of a command: %s", line)
		}
		said[event["msg"].(string)+" "+event["level"].(string)]++
		last = event
	}
	want := map[string]int{"begin INFO": 2, "left out WARN": 1, "done INFO": 1, "end INFO": 1, "end ERROR": 1}
	for what, count := range want {
		if said[what] != count {
			t.Errorf("%q %d times, want %d, in\n%s", what, said[what], count, text)
		}
	}
	if said["step INFO"] < 3 || said["step INFO"] != said["step done INFO"] {
		t.Errorf("%d steps begun, %d done", said["step INFO"], said["step done INFO"])
	}
	if last["code"] != float64(exitUsage) || !strings.Contains(last["error"].(string), "needs --output") {
		t.Errorf("the last line is %v", last)
	}
	if code, _, stderr := musc(t, "doctor", "--log", t.TempDir()); code != exitOutput ||
		!strings.Contains(stderr, "--log") {
		t.Errorf("a folder as log: exit %d: %s", code, stderr)
	}
}

func TestALogThatCannotBeWrittenIsTold(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full")
	}
	code, _, stderr := musc(t, "models", "list", "--log", "/dev/full")
	if code != exitOK || !strings.Contains(stderr, "the log has not all") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

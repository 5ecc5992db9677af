package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"musc/engine"
	"musc/engine/imageio"
	"musc/engine/tasks"
)

// asMusc makes the test binary behave as the program: for tests that need a process of its own.
const asMusc = "MUSC_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asMusc) != "" {
		if err := limitFiles(); err != nil {
			panic(err)
		}
		main()
	}
	code := m.Run()
	for _, folder := range leftovers {
		os.RemoveAll(folder)
	}
	os.Exit(code)
}

// leftovers are folders that several tests share; they are deleted at the end.
var leftovers []string

// musc runs one command line in this process.
func musc(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), append([]string{"musc"}, args...), &out, &err)
	return code, out.String(), err.String()
}

const washers = "../../testdata/washer/labels.csv"

// fewWashers is a manifest of the first n washers.
func fewWashers(t *testing.T, n int) string {
	t.Helper()
	all, err := os.ReadFile(washers)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(all), "\n")[:n+1]
	folder, err := filepath.Abs(filepath.Dir(washers))
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range lines[1:] {
		lines[i+1] = filepath.Join(folder, line)
	}
	return write(t, "few.csv", strings.Join(lines, ""))
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCommandLineErrors(t *testing.T) {
	photos := fewWashers(t, 3)
	out := t.TempDir()
	for _, c := range []struct {
		args string
		code int
		want string // in the one line on stderr
	}{
		{"scor", exitUsage, "no command"},
		{"score -o OUT", exitUsage, "no photos"},
		{"score PHOTOS", exitUsage, "--output"},
		{"score PHOTOS -o OUT --colour", exitUsage, "musc score --help"},
		{"score PHOTOS -o OUT --degrees 1,2", exitUsage, "2"},
		{"score PHOTOS -o OUT --interval 1", exitUsage, "0,0.3"},
		{"score PHOTOS -o OUT --interval 0.5,0.1", exitUsage, "0.5"},
		{"score PHOTOS -o OUT --average median", exitUsage, "median"},
		{"score PHOTOS -o OUT --windows 0", exitUsage, "window"},
		{"score PHOTOS -o OUT --stages 5", exitUsage, "stages"},
		{"score PHOTOS -o OUT --subsets 2", exitUsage, "from 1 to 1"},
		{"score PHOTOS -o OUT --memory lots", exitUsage, "256M"},
		{"score PHOTOS -o OUT --image-size 225", exitUsage, "224"},
		{"score PHOTOS -o OUT --maps jpeg", exitUsage, "tiff"},
		{"score PHOTOS -o OUT --references-only", exitUsage, "reference"},
		{"score PHOTOS -o OUT --device gpu", exitUsage, "cuda:N"},
		{"score PHOTOS -o OUT --model no-such-model", exitUsage, "no-such-model"},
		{"score PHOTOS -o OUT --model ViT-L-14-336", exitSetup, "musc models pull"},
		{"score PHOTOS -o OUT --library /no/such/library.so", exitSetup, "/no/such/library.so"},
		{"score PHOTOS -o OUT --device cuda:0", exitSetup, "cpu"},
		{"score PHOTOS -o OUT --model /no/such.onnx", exitInput, "/no/such.onnx"},
		{"score PHOTOS -o PHOTOS/out", exitOutput, "-o"},
		{"score /no/such/folder -o OUT", exitInput, "/no/such/folder"},
		{"models info", exitUsage, "NAME"},
		{"setup everything", exitUsage, "everything"},
		{"completion tcsh", exitUsage, "bash"},
		{"mutual --grid 1x1 -o OUT/x.npy", exitUsage, "--stage"},
		{"rescore --scores PHOTOS", exitUsage, "--class-tokens"},
	} {
		line := strings.NewReplacer("PHOTOS", photos, "OUT", out).Replace(c.args)
		code, _, stderr := musc(t, strings.Fields(line)...)
		stderr = lastLine(stderr)
		if code != c.code || !strings.Contains(stderr, c.want) || !strings.HasPrefix(stderr, "musc: ") {
			t.Errorf("musc %s: exit %d, want %d with %q: %s", c.args, code, c.code, c.want, stderr)
		}
	}
	if left, _ := os.ReadDir(out); len(left) > 0 {
		t.Errorf("failed runs left %v", left)
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

func TestHelpOfEveryCommandShowsAnExample(t *testing.T) {
	app := newApp(os.Stdout, os.Stderr)
	for _, command := range app.Commands {
		code, stdout, _ := musc(t, command.Name, "--help")
		if code != exitOK || !strings.Contains(stdout, "musc "+command.Name) {
			t.Errorf("musc %s --help: exit %d\n%s", command.Name, code, stdout)
		}
	}
}

func TestScoreWritesEverything(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	broken := write(t, "broken.png", "")
	code, stdout, stderr := musc(t, "score", fewWashers(t, 4), broken, "-o", out)
	if code != exitSkipped || !strings.Contains(stderr, "left out: "+broken) {
		t.Errorf("exit %d, stderr %s", code, stderr)
	}
	if !strings.Contains(stdout, "4 images scored, 1 left out") {
		t.Errorf("stdout %s", stdout)
	}
	for _, name := range []string{"scores.csv", "run.json", "overview.png", "report.html", "maps/000.tiff",
		"overlays/000.png"} {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	var record struct {
		Model    struct{ Files []struct{ SHA256 string } }
		Decoders struct{ Names string }
		Skipped  []struct{ Image string }
		Timings  []struct{ Step string }
		Preset   string
		Scoring  engine.Scoring
	}
	text, err := os.ReadFile(filepath.Join(out, "run.json"))
	if err != nil || json.Unmarshal(text, &record) != nil {
		t.Fatalf("run.json: %v: %s", err, text)
	}
	decoders, _ := imageio.Decoders()
	if len(record.Model.Files) != 2 || len(record.Skipped) != 1 || len(record.Timings) != 7 ||
		record.Decoders.Names != decoders {
		t.Errorf("run.json holds %+v", record)
	}
	if record.Preset != "model" || !slices.Equal(record.Scoring.Stages, []int{2, 3}) ||
		!slices.Equal(record.Scoring.Windows, []int{1}) || !record.Scoring.NormaliseClass {
		t.Errorf("run.json holds the preset %q: %+v", record.Preset, record.Scoring)
	}
	if code, _, stderr := musc(t, "score", fewWashers(t, 4), "-o", out); code != exitOutput ||
		!strings.Contains(stderr, "--overwrite") {
		t.Errorf("again: exit %d, %s", code, stderr)
	}
	code, stdout, _ = musc(t, "score", fewWashers(t, 3), "-o", out, "--overwrite", "--json",
		"--maps", "npy", "--no-overlays")
	if code != exitOK {
		t.Fatalf("overwriting: exit %d", code)
	}
	events := map[string]int{}
	for line := range strings.Lines(stdout) {
		var event struct{ Event string }
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		events[event.Event]++
	}
	if events["image"] != 3 || events["done"] != 1 {
		t.Errorf("events: %v", events)
	}
	if _, err := os.Stat(filepath.Join(out, "overlays")); err == nil {
		t.Error("overlays of the earlier run are still there")
	}
	if _, err := os.Stat(filepath.Join(out, "maps", "000.npy")); err != nil {
		t.Error(err)
	}
}

// TestInterrupt stops a run by Ctrl-C at several moments. Either it was done by then, or the exit
// code is 130 and no scores.csv and no temporary file is there.
func TestInterrupt(t *testing.T) {
	for _, delay := range []time.Duration{0, 100 * time.Millisecond, 700 * time.Millisecond} {
		out := filepath.Join(t.TempDir(), "out")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		program := exec.CommandContext(ctx, os.Args[0], "score", washers, "-o", out, "--memory", "1M")
		program.Env = append(os.Environ(), asMusc+"=1")
		stderr, err := program.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := program.Start(); err != nil {
			t.Fatal(err)
		}
		first := make([]byte, 1)
		if _, err := stderr.Read(first); err != nil { // the first line: it handles signals by now
			t.Fatal(err)
		}
		time.Sleep(delay)
		if err := program.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		var rest bytes.Buffer
		rest.ReadFrom(stderr)
		program.Wait()
		status := program.ProcessState.Sys().(syscall.WaitStatus)
		if code := status.ExitStatus(); code != exitInterrupted && code != exitOK {
			t.Errorf("after %v: exit %d: %s", delay, code, rest.String())
		} else if _, err := os.Stat(filepath.Join(out, "scores.csv")); (err == nil) != (code == exitOK) {
			t.Errorf("after %v: exit %d, but scores.csv: %v", delay, code, err)
		}
		filepath.WalkDir(out, func(path string, entry os.DirEntry, err error) error {
			if err != nil || path == out || !strings.HasPrefix(entry.Name(), ".") {
				return nil
			}
			if entry.Name() == tasks.RunFolder && strings.Contains(rest.String(), "--resume goes on") {
				return filepath.SkipDir
			}
			t.Errorf("after %v: %s is left", delay, path)
			return nil
		})
	}
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"musc/engine/evaluation/labelled/labelledtest"
	"musc/engine/tasks"
)

// outputs collects the forms of what commands print and write.
type outputs struct {
	*testing.T
	shapes shapes
	events map[string][]string // by command and event, the lines
	photo  []byte              // of a washer
}

// run runs a command with --json and keeps its lines. Its exit code must be one of success.
func (o *outputs) run(name string, args ...string) {
	o.Helper()
	o.runTo([]int{exitOK, exitSkipped}, name, args...)
}

// runTo is run with the exit codes that the command may have.
func (o *outputs) runTo(codes []int, name string, args ...string) {
	o.Helper()
	code, stdout, stderr := musc(o.T, append(args, "--json")...)
	if !slices.Contains(codes, code) {
		o.Fatalf("musc %s: exit %d: %s%s", strings.Join(args, " "), code, stdout, stderr)
	}
	for line := range strings.Lines(stdout) {
		o.line(name, line)
	}
}

// serve runs a command that goes on until it is stopped, which happens at an event.
func (o *outputs) serve(name, last string, args ...string) {
	o.Helper()
	ctx, stop := context.WithCancel(o.Context())
	defer stop()
	told, tell := io.Pipe()
	go func() {
		run(ctx, slices.Concat([]string{"musc"}, args, []string{"--json"}), tell, io.Discard)
		tell.Close()
	}()
	lines := bufio.NewScanner(told)
	for lines.Scan() {
		if o.line(name, lines.Text()) == last {
			go func(line string) { // the command goes on to say things
				if name == "serve" {
					o.metrics(line)
				}
				stop()
			}(lines.Text())
		}
	}
}

// metrics keeps the names and types of what /metrics of a server counts, which an event names, once it
// has scored a photo.
func (o *outputs) metrics(line string) {
	var serving struct{ Address string }
	if err := json.Unmarshal([]byte(line), &serving); err != nil {
		o.Error(err)
		return
	}
	for status := 0; status != http.StatusOK; time.Sleep(10 * time.Millisecond) {
		scored, err := http.Post(serving.Address+"/v1/score", "image/png", bytes.NewReader(o.photo))
		if err != nil {
			o.Error(err)
			return
		}
		scored.Body.Close()
		if status = scored.StatusCode; status != http.StatusOK && status != http.StatusServiceUnavailable {
			o.Errorf("a photo that is sent is answered %s", scored.Status)
			return
		}
	}
	response, err := http.Get(serving.Address + "/metrics")
	if err != nil {
		o.Error(err)
		return
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if name, ours := strings.CutPrefix(lines.Text(), "# TYPE musc_"); ours {
			o.shapes["GET /metrics"] = append(o.shapes["GET /metrics"], "musc_"+name)
		}
	}
}

// line keeps a line, and returns its event.
func (o *outputs) line(name, line string) string {
	o.Helper()
	var event struct{ Event string }
	if err := json.Unmarshal([]byte(line), &event); err != nil || event.Event == "" {
		o.Fatalf("musc %s --json says %q: %v", name, line, err)
	}
	switch event.Event {
	case "begin", "note", "skipped":
		if name != "watch" && name != "dataset check" || event.Event == "begin" { // the same everywhere
			name = "any command"
		}
	case "error":
		name = "any command that fails"
	case "progress": // of steps that take their time
		return event.Event
	}
	key := name + " --json: " + event.Event
	o.events[key] = append(o.events[key], line)
	return event.Event
}

// log keeps the lines of a file of --log.
func (o *outputs) log(path string) {
	o.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		o.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		var entry struct{ Msg, Level string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Msg == "" {
			o.Fatalf("the log says %q: %v", line, err)
		}
		if entry.Msg == "note" { // whether there are some of both is the machine's affair
			entry.Level = "INFO or WARN"
		}
		key := "--log: " + entry.Msg + ", " + entry.Level
		o.events[key] = append(o.events[key], line)
	}
}

// table keeps the columns of a CSV file.
func (o *outputs) table(name, path string) {
	o.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		o.Fatal(err)
	}
	head, _, _ := strings.Cut(string(content), "\n")
	o.shapes["columns of "+name] = []string{head}
}

// files keeps the names of what is in a folder, without what comes of names of photos.
func (o *outputs) files(name, folder string) {
	o.Helper()
	seen := map[string]bool{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || path == folder {
			return err
		}
		relative, _ := filepath.Rel(folder, path)
		switch {
		case entry.IsDir() && strings.HasPrefix(entry.Name(), "."):
			return filepath.SkipDir
		case entry.IsDir() || strings.HasPrefix(entry.Name(), "."):
			return nil
		case filepath.Dir(relative) != ".":
			relative = filepath.Dir(relative) + "/NAME" + filepath.Ext(relative)
		}
		seen[relative] = true
		return nil
	})
	if err != nil {
		o.Fatal(err)
	}
	for file := range seen {
		o.shapes["files of "+name] = append(o.shapes["files of "+name], file)
	}
	slices.Sort(o.shapes["files of "+name])
}

// What commands print with --json, and the files and columns that they write.
func TestFormsOfOutput(t *testing.T) {
	photo, err := os.ReadFile("../../testdata/washer/images/002.png")
	if err != nil {
		t.Fatal(err)
	}
	o := &outputs{t, shapes{}, map[string][]string{}, photo}
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	broken := write(t, "broken.png", "")
	photos := fewWashers(t, 6)
	copied := write(t, "copy.png", string(photo))
	few := strings.Fields(small)
	t.Setenv("MUSC_LOG", path("musc.log"))
	standInSlurm(t)

	o.runTo([]int{exitUsage}, "score", "score", "--no-such-option")
	o.run("score", append([]string{"score", photos, broken, copied, "-o",
		path("out"), "--threshold", "0.3,0.2"}, few...)...)
	o.table("scores.csv", path("out/scores.csv"))
	o.table("defects.csv", path("out/defects.csv"))
	o.files("musc score", path("out"))
	o.shapes["maps/NAME.tiff"] = tiffTags(t, path("out/maps/copy.tiff"))

	t.Setenv(asMusc, "1") // musc reproduce runs a process of its own
	for _, options := range [][]string{{"--check"}, {"--quiet"}} {
		o.run("reproduce", append([]string{"reproduce", path("out/run.json")}, options...)...)
	}

	o.run("plan", append([]string{"plan", photos, "-o", path("plan"), "--subsets", "2"}, few...)...)
	plan, err := tasks.Read(t.Context(), tasks.Folder{Output: path("plan")})
	if err != nil {
		t.Fatal(err)
	}
	o.run("cluster slurm", "cluster", "slurm", path("plan"))
	for _, phase := range tasks.Phases {
		for task := range plan.Tasks(phase) {
			o.run("task", "task", path("plan"), string(phase), strconv.Itoa(task))
		}
	}
	o.run("status", "status", path("plan"))
	o.run("merge", "merge", path("plan"))
	o.run("cluster slurm", "cluster", "slurm", path("plan"))

	good := goodPhotos(t, dir, 6, 4)
	o.run("bank build", "bank", "build", good, "-o", path("x.musc"), "--threshold", "0.3",
		"--image-size", "112")
	o.run("bank info", "bank", "info", path("x.musc"))
	o.run("bank verify", "bank", "verify", path("x.musc"))
	o.run("bank thin", "bank", "thin", path("x.musc"), "--keep", "3", "-o", path("thin.musc"))
	arriving := goodPhotos(t, dir, 5, 1)
	if err := os.WriteFile(filepath.Join(arriving, "broken.png"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	o.serve("watch", "skipped", "watch", arriving, "--bank", path("x.musc"), "-o", path("watched"),
		"--settle", "10ms", "--patience", "10ms", "--poll", "0.05", "--image-size", "112")
	o.table("scores.csv of musc watch", path("watched/scores.csv"))
	o.serve("serve", "serving", "serve", "--bank", path("x.musc"), "--listen", "127.0.0.1:0",
		"--image-size", "112")
	o.serve("view", "serving", "view", path("out"))

	labelledtest.MVTec(t, path("data"), "nut")
	o.run("dataset check", "dataset", "check", path("data"))
	o.run("eval", "eval", path("data"), "-o", path("eval"), "--image-size", "56")
	o.table("metrics.csv", path("eval/metrics.csv"))
	o.files("musc eval", path("eval"))
	if err := errors.Join(os.Remove(path("data/nut/ground_truth/hole/001_mask.png")),
		os.WriteFile(path("data/nut/test/good/notes.txt"), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	o.runTo([]int{exitInput}, "dataset check", "dataset", "check", path("data"))

	var progress bytes.Buffer
	clock := newFakeClock()
	hear(&jsonObserver{json.NewEncoder(&progress), newSteps(clock.now)}, clock)
	for line := range strings.Lines(progress.String()) {
		if strings.Contains(line, `"progress"`) {
			o.events["any command --json: progress"] = append(o.events["any command --json: progress"], line)
		}
	}

	o.log(path("musc.log"))
	for key, lines := range o.events {
		o.shapes[key] = fields(t, lines...)
	}
	o.shapes.golden(t, "output.txt")
}

// tiffTags are the tags of a TIFF's first directory, with the values of those that say what a sample is.
func tiffTags(t *testing.T, path string) (lines []string) {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(content, []byte("II*\x00")) {
		t.Fatalf("%s begins with %q", path, content[:4])
	}
	order := binary.LittleEndian
	at := int(order.Uint32(content[4:]))
	for range order.Uint16(content[at:]) {
		entry := content[at+2:]
		tag, count, value := order.Uint16(entry), order.Uint32(entry[4:]), order.Uint32(entry[8:])
		if order.Uint16(entry[2:]) == 3 {
			value &= 0xffff
		}
		line := fmt.Sprintf("tag %d", tag)
		switch tag {
		case 258, 259, 262, 277, 317, 339: // bits, compression, photometric, samples, predictor, format
			line = fmt.Sprintf("tag %d, %d of them, is %d", tag, count, value)
		}
		lines = append(lines, line)
		at += 12
	}
	return lines
}

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/results"
	"musc/engine/verdict"
	"musc/engine/watch"
)

func TestWatchOptionsThatCannotBe(t *testing.T) {
	folder := t.TempDir()
	for name, c := range map[string]struct {
		args []string
		want int
	}{
		"no folder":               {[]string{"--bank", "b", "-o", "out"}, exitUsage},
		"two folders":             {[]string{folder, folder, "--bank", "b", "-o", "out"}, exitUsage},
		"no bank":                 {[]string{folder, "-o", "out"}, exitUsage},
		"no output":               {[]string{folder, "--bank", "b"}, exitUsage},
		"polling never":           {[]string{folder, "--bank", "b", "-o", "out", "--poll", "0"}, exitUsage},
		"a shell without command": {[]string{folder, "--bank", "b", "-o", "out", "--shell"}, exitUsage},
		"a command that is none": {[]string{folder, "--bank", "b", "-o", "out", "--exec", "no-such-command"},
			exitUsage},
		"an address that is none": {[]string{folder, "--bank", "b", "-o", "out", "--post", "ftp://x"}, exitUsage},
		"a folder that is not there": {[]string{filepath.Join(folder, "absent"), "--bank", "b", "-o", "out"},
			exitInput},
	} {
		var out, notes bytes.Buffer
		if code := run(t.Context(), append([]string{"musc", "watch"}, c.args...), &out, &notes); code != c.want {
			t.Errorf("%s: exit %d: %s", name, code, notes.String())
		}
	}
}

func TestWhatAWatchPrints(t *testing.T) {
	score := 0.25
	photo := &watch.Entry{Kind: watch.Photo, Sequence: 1, File: watch.File{Name: "a\nb.png"}, Score: &score,
		Verdict: verdict.Defective}
	skipped := &watch.Entry{Kind: watch.Skipped, Sequence: 2, Path: "/c.png", Reason: "it is empty"}
	summary := watch.Summary{Photos: 1, Verdicts: map[verdict.Verdict]int{verdict.Defective: 1}, Skipped: 1, All: 7}
	for asJSON, want := range map[bool][2]string{
		false: {"defective  0.2500  \"a\\nb.png\"\n1 photos scored (1 defective), 1 left out; 7 in all: out\n",
			"left out: /c.png: it is empty\n"},
		true: {`{"event":"image","sequence":1,"image":"a\nb.png","score":0.25,"verdict":"defective"}` + "\n" +
			`{"event":"skipped","sequence":2,"path":"/c.png","reason":"it is empty"}` + "\n" +
			`{"event":"done","output":"out","summary":{"images":1,"verdicts":{"defective":1},"left_out":1,` +
			`"seen_before":0,"vanished":0,"all":7}}` + "\n", ""},
	} {
		var out, notes bytes.Buffer
		l := &watchListener{out: &out, notes: &notes, json: asJSON}
		for _, entry := range []*watch.Entry{photo, skipped} {
			if err := l.Told(entry); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.end(summary, "out"); err != nil {
			t.Fatal(err)
		}
		if out.String() != want[0] || notes.String() != want[1] {
			t.Errorf("got %s%s", out.String(), notes.String())
		}
	}
}

// The folder of a watch is taken again by a watch, and not by a batch; that of a batch not by a watch.
func TestTheFolderOfAWatchIsItsOwn(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	for range 2 {
		folder, err := results.Watch(out, "v1", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(out, results.ScoresFile), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		folder.Close()
	}
	if _, err := results.Prepare(out, results.Options{Overwrite: true}); err == nil {
		t.Error("a batch would replace it")
	}
	batch := t.TempDir()
	if err := os.WriteFile(filepath.Join(batch, results.ScoresFile), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := results.Watch(batch, "v1", nil); err == nil || !strings.Contains(err.Error(), results.ScoresFile) {
		t.Errorf("got %v", err)
	}
}

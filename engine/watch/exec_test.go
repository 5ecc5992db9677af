//go:build unix

package watch

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"musc/engine/fault"
	"musc/engine/verdict"
)

func TestCommandsGetNamesWhole(t *testing.T) {
	folder := t.TempDir()
	script := filepath.Join(folder, "tell")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nfor a; do printf '[%s]' \"$a\"; done\n"+
		"printf '{%s}\\n' \"$MUSC_IMAGE\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, shown := range map[string]string{
		"/p/a b.png": "", `/p/q'u"o$HOME;rm -rf.png`: "", "/p/-x.png": "", "/p/{score}.png": "",
		"/p/$(touch x).png": "", "/p/`x`.png": "", "/p/latin\xe9.png": "/p/latin\ufffd.png",
	} {
		if shown == "" {
			shown = name
		}
		var output bytes.Buffer
		score := 0.25
		x := &Exec{Command: script + ` {image} 'v={verdict} s={score}' a\ b "" {none} {overlay}`, Output: &output}
		if err := x.check(); err != nil {
			t.Fatal(err)
		}
		entry := &Entry{Kind: Photo, Path: name, Verdict: verdict.Review, Score: &score}
		if err := x.run(t.Context(), entry); err != nil {
			t.Fatal(err)
		}
		want := "exec: [" + shown + "][v=review s=0.25][a b][][{none}][]{" + shown + "}\n"
		if output.String() != want {
			t.Errorf("got  %q\nwant %q", output.String(), want)
		}
	}
}

func TestShellCommandsGetNamesInTheirEnvironment(t *testing.T) {
	var output bytes.Buffer
	x := &Exec{Command: `echo "$MUSC_VERDICT" | tr a-z A-Z; echo "$MUSC_IMAGE" >&2`, Shell: true, Output: &output}
	if err := x.check(); err != nil {
		t.Fatal(err)
	}
	if err := x.run(t.Context(), &Entry{Path: "/a'b;c", Verdict: verdict.Good}); err != nil {
		t.Fatal(err)
	}
	if output.String() != "exec: GOOD\nexec: /a'b;c\n" {
		t.Errorf("got %q", output.String())
	}
}

func TestCommandsThatCannotBe(t *testing.T) {
	for _, x := range []Exec{{Command: ""}, {Command: " "}, {Command: "'open"}, {Command: "true; false"},
		{Command: "echo $(id)"}, {Command: "/no/such/command {image}"}, {Command: "echo {image}", Shell: true},
		{Command: "true", On: "never"}, {Command: "true", Timeout: -1}} {
		if err := x.check(); fault.KindOf(err) != fault.Usage {
			t.Errorf("%+v: %v", x, err)
		}
	}
}

// A shell that a command names reads its program again: a name replaced in it would be run.
func TestNoNameIsReplacedInAProgram(t *testing.T) {
	for command, refused := range map[string]bool{
		"sh -c 'mail {image}'":                true,
		"sh -ec 'mail {image}'":               true,
		"/bin/bash -x -c 'mail {overlay}'":    true,
		"env A=b timeout 5 sh -c '{verdict}'": true,
		"python3 -c 'print(\"{image}\")'":     true,
		"perl -e 'print \"{image}\"'":         true,
		"sh -c 'cat \"$1\"' sh {image}":       false,
		"sh /bin/true {image}":                false,
		"echo -c {image}":                     false,
	} {
		x := &Exec{Command: command}
		for _, name := range []string{"perl", "python3", "bash", "timeout"} {
			if _, err := exec.LookPath(name); err != nil && strings.Contains(command, name) {
				x = nil // not on this machine
			}
		}
		if x == nil {
			continue
		}
		err := x.check()
		if told := err != nil && strings.Contains(err.Error(), "--shell"); told != refused ||
			fault.KindOf(err) != fault.Usage && refused {
			t.Errorf("%s: %v", command, err)
		}
	}
}

// A command that hangs is killed with all that it started.
func TestCommandsHaveATimeLimit(t *testing.T) {
	alive := filepath.Join(t.TempDir(), "alive")
	x := &Exec{Command: "(sleep 2; touch " + alive + ") & sleep 60", Shell: true, Timeout: 100 * time.Millisecond}
	if err := x.check(); err != nil {
		t.Fatal(err)
	}
	if err := x.run(t.Context(), &Entry{}); err == nil || !strings.Contains(err.Error(), "was killed") {
		t.Errorf("got %v", err)
	}
	time.Sleep(2500 * time.Millisecond)
	if _, err := os.Stat(alive); err == nil {
		t.Error("what the command started lived on")
	}
}

func TestOutputOfCommandsComesInLines(t *testing.T) {
	var output bytes.Buffer
	l := &lines{to: &output}
	for _, text := range []string{"a", "b\nc\n\n", strings.Repeat("x", 3000), "\n\xffend"} {
		l.Write([]byte(text))
	}
	l.end()
	want := "exec: ab\nexec: c\nexec: \nexec: " + strings.Repeat("x", longestLine) + "\nexec: \ufffdend\n"
	if output.String() != want {
		t.Errorf("got %q", output.String())
	}
}

func TestCommandsRunForTheVerdictsThatAreAskedFor(t *testing.T) {
	for on, want := range map[ExecOn]string{OnDefective: "defective\n", OnReview: "review\ndefective\n",
		OnAll: "good\nreview\ndefective\n"} {
		folder, output := t.TempDir(), t.TempDir()
		log := filepath.Join(output, "log")
		for k, level := range []uint8{10, 110, 200} {
			path := filepath.Join(folder, string(rune('a'+k))+".png")
			putPhoto(t, path, picture(level, k))
			when := time.Now().Add(time.Duration(k-60) * time.Second)
			os.Chtimes(path, when, when)
		}
		os.WriteFile(filepath.Join(folder, "broken.png"), []byte("x"), 0o644)
		r := begin(t, folder, output, func(o *Options) {
			o.Exec = &Exec{Command: `echo "$MUSC_VERDICT" >>` + log + `; test "$MUSC_VERDICT" != good`, Shell: true,
				On: on}
		}).photos(4)
		count := strings.Count(want, "\n")
		r.until("commands", func() bool {
			text, _ := os.ReadFile(log)
			return strings.Count(string(text), "\n") == count
		})
		if on == OnAll {
			r.noted("the command failed")
		}
		r.end()
		if text, _ := os.ReadFile(log); string(text) != want {
			t.Errorf("%s: %q, want %q", on, text, want)
		}
		// Nothing runs again, and a command that was off does not run for what came meanwhile.
		putPhoto(t, filepath.Join(folder, "z.png"), picture(220, 9))
		begin(t, folder, output, nil).photos(1).end()
		begin(t, folder, output, func(o *Options) { o.Exec = &Exec{Command: "touch " + log + "2", On: OnAll} }).end()
		if _, err := os.Stat(log + "2"); err == nil {
			t.Error("the command ran for photos of earlier runs")
		}
	}
}

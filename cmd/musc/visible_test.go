package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestNothingControlsTheTerminal(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "",
		"Häßlich 图 👩\u200d🔧\n\tb":     "Häßlich 图 👩\u200d🔧\n\tb",
		"a\x1b[31mred\r\a\x7f":        `a\x1b[31mred\x0d\x07\x7f`,
		"\u009b31m\u202egnp.exe":      `\u009b31m\u202egnp.exe`,
		"latin \xe9\x9b, \ufffd kept": `latin \xe9\x9b, ` + "\ufffd kept",
	} {
		if got := visible(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// What came from outside reaches the terminal in errors, notes and reasons.
func TestMessagesControlNoTerminal(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"musc", "score", "--no\x1b[2Jpe", "x"}, &stdout, &stderr); code != exitUsage {
		t.Errorf("code %d", code)
	}
	lines, _ := observerOn(&stdout, &stderr, false, false)
	lines.Note("501 \x1b]0;title\a")
	lines.Skipped("a.png", "no \x1b[1mphoto")
	want := []string{`not defined: -no\x1b[2Jpe`, `501 \x1b]0;title\x07`, `no \x1b[1mphoto`}
	for _, part := range want {
		if !strings.Contains(stderr.String(), part) {
			t.Errorf("%q lacks %q", stderr.String(), part)
		}
	}
	if strings.Contains(stdout.String()+stderr.String(), "\x1b") {
		t.Errorf("%q, %q", stdout.String(), stderr.String())
	}
}

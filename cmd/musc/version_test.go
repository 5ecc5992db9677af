package main

import (
	"runtime/debug"
	"testing"
)

func TestCommitOfBuild(t *testing.T) {
	type setting = debug.BuildSetting
	revision := setting{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}
	for name, test := range map[string]struct {
		settings []setting
		want     string
	}{
		"no version control": {nil, ""},
		"clean": {[]setting{revision, {Key: "vcs.modified", Value: "false"}},
			" (commit 0123456789ab)"},
		"changed": {[]setting{revision, {Key: "vcs.modified", Value: "true"}},
			" (commit 0123456789ab+changes)"},
		"short": {[]setting{{Key: "vcs.revision", Value: "12"}}, ""},
	} {
		if got := commitOf(test.settings); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

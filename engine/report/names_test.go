package report

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Hashes are those of sha256sum over the whole name.
func TestLongNamesAreCutAndMarked(t *testing.T) {
	x := strings.Repeat("x", 300)
	han := strings.Repeat("写", 90)
	for _, c := range []struct{ name, want string }{
		{x[:250] + ".png", x[:250]},
		{x[:251] + ".png", x[:233] + "~ae1bc6dcdea343d5"},
		{"a/" + x[:251] + ".png", "a/" + x[:233] + "~"},
		{x[:255] + "/a.png", x[:255] + "/a"},
		{x[:256] + "/a.png", x[:238] + "~"},
		{han[:3*83] + ".png", han[:3*83]},
		{han[:3*84] + ".png", han[:3*77] + "~"}, // 233 bytes are 77 letters and a part
		{"short.png", "short"},
	} {
		files, err := FileNames([]string{c.name})
		if err != nil || !strings.HasPrefix(filepath.ToSlash(files[0]), c.want) || !utf8.ValidString(files[0]) {
			t.Errorf("%.20s (%d bytes): %q, %v", c.name, len(c.name), files[0], err)
			continue
		}
		for _, part := range strings.Split(files[0]+".tiff", string(filepath.Separator)) {
			if len(part) > 255 {
				t.Errorf("%.20s: a part of %d bytes", c.name, len(part))
			}
		}
	}
}

func TestLongNamesStayApart(t *testing.T) {
	x := strings.Repeat("x", 251)
	names := []string{x + "a.png", x + "b.png", x + "b.jpg", "a/" + x + "b.png"}
	files, err := FileNames(names)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := FileNames(slices.Clone(names))
	sorted := slices.Sorted(slices.Values(files))
	if !slices.Equal(files, again) || len(slices.Compact(sorted)) != len(names) {
		t.Errorf("got %q, then %q", files, again)
	}
	list := Shortenings(names, files)
	if len(list) != 4 || list[1].Image != names[1] || list[1].File != files[1] {
		t.Errorf("shortened %v", list)
	}
	short := []string{"a.png", "a.jpg", "b/c.png"}
	if files, _ = FileNames(short); len(Shortenings(short, files)) > 0 || files[0] != "a.png" {
		t.Errorf("short names: %q, %v", files, Shortenings(short, files))
	}
	if files, _ = FileNames(short[1:]); len(Shortenings(short[1:], files)) > 0 || files[0] != "a" {
		t.Errorf("short names: %q, %v", files, Shortenings(short[1:], files))
	}
}

package dataset

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

func TestManifestsOfEverySpelling(t *testing.T) {
	tree(t, "set/a.png", "set/sub/b.png", "set/c d.dat", "e.png")
	absolute, err := filepath.Abs("e.png")
	if err != nil {
		t.Fatal(err)
	}
	ab := []string{"a.png=", "sub/b.png="}
	labelled := []string{"a.png=good", "sub/b.png=crack"}
	for name, c := range map[string]struct {
		file, text string
		want       []string // name=label
	}{
		"column image":        {"m.csv", "id,image\n1,a.png\n2,sub/b.png\n", ab},
		"labels":              {"m.csv", "label,image,x\ngood,a.png,1\ncrack,sub/b.png,2\n", labelled},
		"capitals, spaces":    {"m.CSV", " Image , LABEL\na.png , good\nsub/b.png, crack\n", labelled},
		"quotes":              {"m.csv", "image\n\"c d.dat\"\n", []string{"c d.dat="}},
		"byte order mark":     {"m.csv", "\ufeffimage,label\r\na.png,good\r\nsub/b.png,crack\r\n", labelled},
		"semicolons":          {"m.csv", "image;label\na.png;good\nsub/b.png;crack\n", labelled},
		"tabs":                {"m.csv", "image\tlabel\na.png\tgood\nsub/b.png\tcrack\n", labelled},
		"first column":        {"m.csv", "file,label\na.png,good\nsub/b.png,crack\n", labelled},
		"no header":           {"m.csv", "a.png,1\nsub/b.png,2\n", ab},
		"no header, odd name": {"m.csv", "c d.dat,1\na.png,2\n", []string{"a.png=", "c d.dat="}},
		"short rows":          {"m.csv", "image,label\na.png\nsub/b.png\n", ab},
		"text":                {"m.txt", "a.png\r\n\n  sub/b.png\n", ab},
		"commas in text":      {"m.txt", "./a.png\nsub/../sub/b.png", ab},
		"outside the folder":  {"m.txt", "../e.png\n", []string{"e.png="}},
		"absolute":            {"m.txt", absolute + "\na.png", []string{"a.png=", "e.png="}},
		"the same twice":      {"m.csv", "image,label\na.png,\na.png,good\n", []string{"a.png=good"}},
	} {
		path := filepath.Join("set", c.file)
		write(t, path, c.text)
		items, skipped, err := Collect([]string{path}, Options{})
		var got []string
		for _, item := range items {
			got = append(got, item.Name+"="+item.Label)
		}
		if err != nil || len(skipped) > 0 || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, %v, %v, want %q", name, got, skipped, err, c.want)
		}
	}
}

func TestManifestPathsAreRelativeToRoot(t *testing.T) {
	tree(t, "images/sub/a.png", "images/b.png")
	write(t, "lists/m.txt", "sub/a.png\nb.png\n")
	names, _ := collect(t, Options{Root: "images"}, "lists/m.txt")
	if !slices.Equal(names, []string{"b.png", "sub/a.png"}) {
		t.Fatalf("got %q", names)
	}
}

func TestLabelsReachImagesThatAFolderGaveFirst(t *testing.T) {
	tree(t, "photos/a.png", "photos/b.png")
	write(t, "photos/m.csv", "image,label\nb.png,crack\n")
	items, _, err := Collect([]string{"photos", "photos/*.csv"}, Options{})
	if err != nil || len(items) != 2 || items[0].Label != "" || items[1].Label != "crack" {
		t.Fatalf("got %v, %v", items, err)
	}
}

func TestRowsThatCannotBeUsedAreReportedWithTheirLine(t *testing.T) {
	tree(t, "a.png", "sub/b.png")
	write(t, "m.csv", "image,label\na.png,good\n\ngone.png,good\nsub,good\n,crack\na.png,crack\n")
	names, skipped := collect(t, Options{}, "m.csv")
	if !slices.Equal(names, []string{"a.png"}) {
		t.Fatalf("got %q", names)
	}
	want := []Skipped{
		{"gone.png", "line 4 of m.csv names it, but it does not exist"},
		{"sub", "line 5 of m.csv names it, but it is a folder"},
		{"m.csv", "line 6 of m.csv names no image"},
		{"a.png", `line 7 of m.csv labels it "crack", which earlier was "good"; the earlier label stays`},
	}
	if !slices.Equal(skipped, want) {
		t.Fatalf("skipped %q, want %q", skipped, want)
	}
}

func TestUnusableManifestsAreExplained(t *testing.T) {
	tree(t, "set/a.png")
	for name, c := range map[string]struct{ file, text, want string }{
		"empty":         {"m.csv", "", "m.csv names no images"},
		"only a header": {"m.csv", "image,label\n", "m.csv names no images"},
		"blank text":    {"m.txt", "\n \n", "m.txt names no images"},
		"no column":     {"m.csv", "id,score\n1,0.5\n", `no column named image, and its first column, "id"`},
		"all missing":   {"m.csv", "image\nx.png\ny.png\n", `none of the 2 images`},
		"root is meant": {"m.csv", "image\nx.png\n", `"x.png" in line 2; give the folder`},
		"open quote":    {"m.csv", "image\na.png\n\"b.png\n", "line 3"},
		"UTF-16":        {"m.csv", "\xff\xfei\x00m\x00", "not text in UTF-8"},
	} {
		path := filepath.Join("set", c.file)
		write(t, path, c.text)
		_, _, err := Collect([]string{path}, Options{})
		checkMessage(t, name, err, fault.Input, c.want)
		if err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %q does not name %s", name, err, path)
		}
	}
}

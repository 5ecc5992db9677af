package dataset

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

// tree makes empty files below a new folder and enters it.
func tree(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func namesOf(items []Item) []string {
	var names []string
	for _, item := range items {
		names = append(names, item.Name)
	}
	return names
}

func TestCollect(t *testing.T) {
	files := map[string]string{
		"a/1.png": "", "a/sub/2.JPG": "", "a/notes.md": "", "a/.hidden.png": "", "a/.git/3.png": "",
		"b/1.png": "", "b/odd.dat": "",
		"list.csv":  "image,label\na/1.png,good\nb/1.png,1\n",
		"plain.csv": "a/1.png\n", "list.txt": "# two\na/1.png\n\nb/1.png\n",
	}
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"folder, recursive, no hidden files", []string{"a"}, []string{"1.png", "sub/2.JPG"}},
		{"two folders with one name", []string{"a", "b"}, []string{"a/1.png", "sub/2.JPG", "b/1.png"}},
		{"a file by name, whatever its extension", []string{"b/odd.dat"}, []string{"odd.dat"}},
		{"glob of any depth", []string{"a/**/*.{png,JPG}"}, []string{"1.png", "sub/2.JPG"}},
		{"named twice", []string{"a/1.png", "a", "./a/../a/1.png"}, []string{"1.png", "sub/2.JPG"}},
		{"manifest", []string{"list.csv"}, []string{"a/1.png", "b/1.png"}},
		{"manifest without header", []string{"plain.csv"}, []string{"a/1.png"}},
		{"text manifest", []string{"list.txt"}, []string{"a/1.png", "b/1.png"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree(t, files)
			items, skipped, err := Collect(c.args, Options{})
			if err != nil || len(skipped) > 0 {
				t.Fatalf("skipped %v, error %v", skipped, err)
			}
			if got := namesOf(items); !slices.Equal(got, c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestManifestLabelsRootAndMissingFiles(t *testing.T) {
	tree(t, map[string]string{"photos/1.png": "", "photos/2.png": "",
		"m.csv": "\ufefflabel, image\n0,1.png\n1,gone.png\ndefective,2.png\n"})
	items, skipped, err := Collect([]string{"m.csv"}, Options{Root: "photos"})
	if err != nil {
		t.Fatal(err)
	}
	if len(items) != 2 || items[0].Label != "0" || items[1].Label != "defective" {
		t.Errorf("got %v", items)
	}
	if len(skipped) != 1 || !strings.Contains(skipped[0].Reason, "m.csv, line 3") {
		t.Errorf("skipped %v", skipped)
	}
}

func TestOneFileUnderTwoNamesIsListedOnce(t *testing.T) {
	tree(t, map[string]string{"a/1.png": ""})
	if err := os.Symlink("1.png", "a/link.png"); err != nil {
		t.Skip("no links on this file system")
	}
	items, _, err := Collect([]string{"a"}, Options{})
	if err != nil || len(items) != 1 {
		t.Fatalf("got %v, error %v", items, err)
	}
}

func TestRefusals(t *testing.T) {
	tree(t, map[string]string{"empty/notes.md": "", "wide.csv": "a,b\n1,2\n", "none.csv": "image\n",
		"blank.txt": "\n", "ragged.csv": "image,label\nx.png\n", "gone.txt": "gone.png\n"})
	for arg, want := range map[string]string{
		"absent": "absent", "empty": "no images in the folder", "*.webp": "quotes",
		"wide.csv": "a,b", "none.csv": "no image", "blank.txt": "empty", "ragged.csv": "columns",
		"gone.txt": "--root",
	} {
		_, _, err := Collect([]string{arg}, Options{})
		if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), arg) {
			t.Errorf("%s: %v", arg, err)
		}
	}
}

func TestSubsetsAreFairAndDependOnNamesAlone(t *testing.T) {
	var names []string
	for i := range 23 {
		names = append(names, string(rune('a'+i)))
	}
	for s := 1; s <= len(names)/2; s++ {
		subsets, err := DealSubsets(names, s, 7)
		if err != nil {
			t.Fatal(err)
		}
		var all []int
		for _, members := range subsets {
			if len(members) < 2 || len(members) < len(names)/s || len(members) > len(names)/s+1 {
				t.Errorf("%d subsets: one of %d images", s, len(members))
			}
			all = append(all, members...)
		}
		if slices.Sort(all); len(all) != len(names) || len(slices.Compact(all)) != len(names) {
			t.Errorf("%d subsets hold %v", s, all)
		}
	}
	first, _ := DealSubsets(names, 2, 7)
	other, _ := DealSubsets(names, 2, 8)
	if slices.Equal(first[0], other[0]) {
		t.Error("the seed changes nothing")
	}
	reversed := slices.Clone(names)
	slices.Reverse(reversed)
	again, _ := DealSubsets(reversed, 2, 7)
	dealt := make(map[string]bool)
	for _, i := range first[0] {
		dealt[names[i]] = true
	}
	for _, i := range again[0] {
		if !dealt[reversed[i]] {
			t.Fatal("the order of the names changes the deal")
		}
	}
	if want := []int{0, 1, 4}; !slices.Equal(must(DealSubsets(names[:6], 2, 1))[0], want) {
		t.Errorf("the documented shuffle gives %v now, %v before", must(DealSubsets(names[:6], 2, 1)), want)
	}
}

func must(subsets [][]int, err error) [][]int {
	if err != nil {
		panic(err)
	}
	return subsets
}

func TestImpossibleSubsets(t *testing.T) {
	if _, err := DealSubsets([]string{"a"}, 1, 0); fault.KindOf(err) != fault.Input {
		t.Errorf("one image: %v", err)
	}
	_, err := DealSubsets([]string{"a", "b", "c", "d", "e"}, 3, 0)
	if fault.KindOf(err) != fault.Usage || !strings.Contains(err.Error(), "from 1 to 2") {
		t.Errorf("subsets of one image: %v", err)
	}
}

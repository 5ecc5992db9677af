package dataset

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

// tree makes files (with their path as content) in a new folder, which becomes the working folder.
func tree(t *testing.T, files ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, file := range files {
		write(t, file, file)
	}
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func collect(t *testing.T, opts Options, args ...string) (names []string, skipped []Skipped) {
	t.Helper()
	items, skipped, err := Collect(args, opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		if !filepath.IsLocal(item.Name) || strings.Contains(item.Name, "..") {
			t.Fatalf("name %q is not safe below an output folder", item.Name)
		}
		if _, err := os.Stat(item.Path); err != nil {
			t.Fatal(err)
		}
		names = append(names, item.Name)
	}
	return names, skipped
}

func TestWhatArgumentsName(t *testing.T) {
	tree(t, "photos/b.png", "photos/a.PNG", "photos/a.jpg", "photos/good/c.tiff", "photos/notes.doc",
		"photos/.hidden.png", "photos/.cache/d.png", "photos/list.csv", "raw/e.dat", "raw/f.dat",
		"line1/top.png", "line2/top.png", "line2/x/top.png", "odd[1].png")
	all := []string{"a.PNG", "a.jpg", "b.png", "good/c.tiff"}
	for name, c := range map[string]struct{ args, want []string }{
		"folder":               {[]string{"photos"}, all},
		"folder with slash":    {[]string{"photos/"}, all},
		"through a neighbour":  {[]string{"raw/../photos"}, all},
		"hidden when named":    {[]string{"photos/.cache"}, []string{"d.png"}},
		"file":                 {[]string{"photos/good/c.tiff"}, []string{"c.tiff"}},
		"file of any name":     {[]string{"raw/e.dat"}, []string{"e.dat"}},
		"bracket in a name":    {[]string{"odd[1].png"}, []string{"odd[1].png"}},
		"glob":                 {[]string{"photos/*.png"}, []string{"b.png"}},
		"glob over folders":    {[]string{"photos/**/*.{png,tiff}"}, []string{"b.png", "good/c.tiff"}},
		"glob of everything":   {[]string{"photos/*"}, all},
		"glob of an extension": {[]string{"raw/*.dat"}, []string{"e.dat", "f.dat"}},
		"twice":                {[]string{"photos", "photos/*", "photos/b.png"}, all},
		"equal names": {[]string{"line1", "line2"},
			[]string{"line1/top.png", "line2/top.png", "x/top.png"}},
		"equal names of files": {[]string{"line1/top.png", "line2/top.png", "line2/x/top.png"},
			[]string{"line1/top.png", "line2/top.png", "x/top.png"}},
		"a name that another grows into": {[]string{"line2/x/top.png", "line1", "line2"},
			[]string{"line1/top.png", "line2/top.png", "x/top.png"}},
	} {
		names, skipped := collect(t, Options{}, c.args...)
		if !slices.Equal(names, c.want) || len(skipped) > 0 {
			t.Errorf("%s: got %q, %v, want %q", name, names, skipped, c.want)
		}
		slices.Reverse(c.args)
		if again, _ := collect(t, Options{}, c.args...); len(again) != len(c.want) {
			t.Errorf("%s, arguments reversed: got %q", name, again)
		}
	}
}

func TestNamesGrowUntilUniqueInWhateverOrder(t *testing.T) {
	tree(t, "p/x/s/a.png", "q/x/s/a.png", "q/s/a.png", "a.png")
	args := []string{"p/x/s/a.png", "q/x/s/a.png", "q/s/a.png", "a.png"}
	want, _ := collect(t, Options{}, args...)
	if len(want) != 4 || !slices.Contains(want, "p/x/s/a.png") || !slices.Contains(want, "q/s/a.png") {
		t.Fatalf("got %q", want)
	}
	slices.Reverse(args)
	if got, _ := collect(t, Options{}, args...); !slices.Equal(got, want) {
		t.Fatalf("got %q, then with the arguments reversed %q", want, got)
	}
}

func TestLinksAreFollowedOnceAndDeadOnesReported(t *testing.T) {
	tree(t, "photos/a.png", "elsewhere/b.png")
	for link, target := range map[string]string{
		"photos/again.png": "a.png", "photos/loop": "..", "photos/more": "../elsewhere",
		"photos/dead.png": "gone.png", "photos/dead.doc": "gone.doc", "shortcut": "photos",
	} {
		if err := os.Symlink(target, link); err != nil {
			t.Skip("no symbolic links here: ", err)
		}
	}
	names, skipped := collect(t, Options{}, "shortcut")
	if !slices.Equal(names, []string{"a.png", "loop/elsewhere/b.png"}) {
		t.Fatalf("got %q", names)
	}
	if len(skipped) != 1 || skipped[0].Path != filepath.Join("shortcut", "dead.png") ||
		!strings.Contains(skipped[0].Reason, "leads nowhere") {
		t.Fatalf("skipped %v", skipped)
	}
}

func TestUnreadableSubfolderIsReported(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads every folder")
	}
	tree(t, "photos/a.png", "photos/locked/b.png")
	if err := os.Chmod("photos/locked", 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod("photos/locked", 0o755)
	names, skipped := collect(t, Options{}, "photos")
	if !slices.Equal(names, []string{"a.png"}) || len(skipped) != 1 ||
		!strings.Contains(skipped[0].Reason, "permission denied") {
		t.Fatalf("got %q, %v", names, skipped)
	}
}

func TestArgumentsWithoutImagesAreExplained(t *testing.T) {
	tree(t, "photos/a.png", "papers/notes.doc", "papers/b.xls", "bare.csv", "file.png")
	if err := os.Mkdir("empty", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		root string
		kind fault.Kind
		want string
	}{
		"nothing":             {nil, "", fault.Usage, "no images given"},
		"missing":             {[]string{"photo"}, "", fault.Input, `"photo" does not exist; check the path`},
		"empty string":        {[]string{""}, "", fault.Input, `"" does not exist`},
		"missing after found": {[]string{"photos", "photo"}, "", fault.Input, `"photo" does not exist`},
		"below a file":        {[]string{"file.png/x"}, "", fault.Input, "not a directory"},
		"empty folder":        {[]string{"empty"}, "", fault.Input, "the folder empty is empty"},
		"no image in folder":  {[]string{"papers"}, "", fault.Input, "such as b.xls; name another folder"},
		"glob":                {[]string{"photos/*.tif"}, "", fault.Input, "no image matches photos/*.tif"},
		"glob of others":      {[]string{"papers/*"}, "", fault.Input, "no image matches papers/*"},
		"glob in no folder":   {[]string{"no/*.png"}, "", fault.Input, "no image matches no/*.png"},
		"malformed glob":      {[]string{"photos/[a.png"}, "", fault.Usage, "malformed"},
		"root":                {[]string{"photos"}, "no", fault.Usage, "correct --root"},
		"device":              {[]string{os.DevNull}, "", fault.Input, "pipe or a device"},
	} {
		_, _, err := Collect(c.args, Options{Root: c.root})
		checkMessage(t, name, err, c.kind, c.want)
	}
}

func checkMessage(t *testing.T, name string, err error, kind fault.Kind, want string) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind || !strings.Contains(err.Error(), want) ||
		strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: got %v of kind %v, want one line with %q", name, err, fault.KindOf(err), want)
	}
}

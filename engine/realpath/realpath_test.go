package realpath

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// slow is what File is a fast form of.
func slow(t *testing.T, path string) string {
	t.Helper()
	absolute, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := filepath.EvalSymlinks(absolute)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return resolved
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
}

// grow makes a tree of folders, files and links in the working folder, some of them loops, and gives
// the paths of folders and of all. No link leads out of it.
func grow(t *testing.T, draw *rand.Rand) (folders, paths []string) {
	t.Helper()
	root := slow(t, ".")
	folders, paths = []string{"."}, []string{"."}
	for k := range 150 {
		parent := folders[draw.IntN(len(folders))]
		path := filepath.Join(parent, fmt.Sprint("n", k))
		switch draw.IntN(4) {
		case 0:
			if err := os.Mkdir(path, 0o755); err != nil {
				t.Fatal(err)
			}
			folders = append(folders, path)
		case 1:
			target := slow(t, paths[draw.IntN(len(paths))])
			if relative, err := filepath.Rel(slow(t, parent), target); err == nil && draw.IntN(2) == 0 {
				target = relative
			}
			link(t, target, path)
			if inside, err := filepath.Rel(root, slow(t, path)); err != nil || !filepath.IsLocal(inside) {
				t.Fatalf("%s leads out of the tree", path)
			}
			if info, err := os.Stat(path); err == nil && info.IsDir() && len(path) < 500 {
				folders = append(folders, path)
			}
		default:
			if err := os.WriteFile(path, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		paths = append(paths, path)
	}
	return folders, paths
}

// Whatever leads somewhere leads where EvalSymlinks says, in whatever order the paths are asked,
// before and after folders are listed.
func TestPathsLeadWhereEvalSymlinksSays(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("tree ", seed), func(t *testing.T) {
			t.Chdir(t.TempDir())
			draw := rand.New(rand.NewPCG(seed, 1))
			folders, paths := grow(t, draw)
			for _, path := range paths[1:] {
				paths = append(paths, "./"+path+"/../"+filepath.Base(path))
			}
			paths = append(paths, "", "..", "./", "../.", "/")
			cache := New()
			for range 3 * len(paths) {
				one, other := paths[draw.IntN(len(paths))], paths[draw.IntN(len(paths))]
				want := slow(t, one)
				if got := cache.File(one).Path(); got != want {
					t.Errorf("%q leads to %s, not %s", one, got, want)
				}
				same := want == slow(t, other)
				if got := cache.File(one) == cache.File(other); got != same {
					t.Errorf("%q and %q are the same file: %v", one, other, got)
				}
			}
			for range 100 {
				one, other := folders[draw.IntN(len(folders))], folders[draw.IntN(len(folders))]
				relative, err := filepath.Rel(slow(t, other), slow(t, one))
				want := err == nil && filepath.IsLocal(relative)
				if got := cache.Folder(one).Below(cache.Folder(other)); got != want {
					t.Errorf("%s is below %s: %v", one, other, got)
				}
			}
		})
	}
}

func TestWhatAnEntryIs(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("folder", 0o755); err != nil {
		t.Fatal(err)
	}
	link(t, "nowhere", "dead")
	for k := range 2 * enough {
		if err := os.WriteFile(fmt.Sprint("file", k), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	folder := New().Folder("")
	for k := range 2 * enough { // also beyond the look that lists the folder
		for name, want := range map[string]fs.FileMode{fmt.Sprint("file", k): 0, "folder": fs.ModeDir,
			"dead": fs.ModeSymlink} {
			if kind, found := folder.Mode(name); !found || kind != want {
				t.Fatalf("%s: %v, %v", name, kind, found)
			}
		}
		if _, found := folder.Mode("absent"); found {
			t.Fatal("what is not there is found")
		}
	}
	if !folder.listed {
		t.Error("the folder was never listed")
	}
	if err := os.WriteFile("late", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, found := folder.Mode("late"); !found {
		t.Error("what came after the listing is not found")
	}
}

// A path that leads nowhere stands for itself, below what its beginning leads to.
func TestPathsThatLeadNowhere(t *testing.T) {
	t.Chdir(t.TempDir())
	here := slow(t, ".")
	link(t, "nowhere", "dead")
	link(t, "loop", "loop")
	link(t, ".", "here")
	for path, want := range map[string]string{"absent": "absent", "dead": "dead", "loop": "loop",
		"here/absent/x": "absent/x", "dead/x": "dead/x"} {
		if got := New().File(path).Path(); got != filepath.Join(here, want) {
			t.Errorf("%s leads to %s", path, got)
		}
	}
}

// A folder that may be listed but not searched has files that nobody can open.
func TestAFolderThatCannotBeSearchedIsNotTrusted(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root searches every folder")
	}
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("locked", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("locked/file", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod("locked", 0o444); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod("locked", 0o755)
	folder := New().Folder("locked")
	for range 2 * enough {
		if _, found := folder.Mode("file"); found {
			t.Fatal("found")
		}
	}
}

// BenchmarkFile is a look at one of a thousand photos in a folder, beside what EvalSymlinks takes.
func BenchmarkFile(b *testing.B) {
	folder := filepath.Join(b.TempDir(), strings.Repeat("deep/", 5))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		b.Fatal(err)
	}
	var paths []string
	for k := range 1000 {
		paths = append(paths, filepath.Join(folder, fmt.Sprint(k)))
		if err := os.WriteFile(paths[k], nil, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("cache", func(b *testing.B) {
		cache := New()
		for k := range b.N {
			cache.File(paths[k%1000])
		}
	})
	b.Run("EvalSymlinks", func(b *testing.B) {
		for k := range b.N {
			if _, err := filepath.EvalSymlinks(paths[k%1000]); err != nil {
				b.Fatal(err)
			}
		}
	})
}

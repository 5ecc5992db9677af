package results

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/filelock"
)

// contents are the files below a folder by path.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files[filepath.ToSlash(path)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func prepare(t *testing.T, options Options) *Folder {
	t.Helper()
	folder, err := Prepare("out", options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	return folder
}

// fresh writes new results of a run.
func fresh(t *testing.T, folder *Folder) string {
	t.Helper()
	path, err := folder.Fresh()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"scores.csv": "new", "run.json": scored, "maps/a.tiff": "new"} {
		file := filepath.Join(path, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func fails(t *testing.T, what string, err error, want string) {
	t.Helper()
	if fault.KindOf(err) != fault.Output || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v of kind %v, want %q", what, err, fault.KindOf(err), want)
	}
}

func TestResultsTakeTheirPlace(t *testing.T) {
	put(t, map[string]string{"out/notes.txt": "mine", "out/run.json": scored, "out/scores.csv": "old",
		"out/overlays/a.png": "old"})
	folder := prepare(t, Options{Overwrite: true})
	if err := folder.Replace(fresh(t, folder)); err != nil {
		t.Fatal(err)
	}
	if err := folder.Close(); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"out/notes.txt": "mine", "out/run.json": scored, "out/scores.csv": "new",
		"out/maps/a.tiff": "new"}
	if got := contents(t, "out"); !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestWhatIsThereIsReplacedOnlyWhenAsked(t *testing.T) {
	for _, name := range []string{"scores.csv", "run.json", "overview.png", "maps/a.tiff", "overlays/a.png"} {
		put(t, map[string]string{"out/" + name: scored})
		before := contents(t, "out")
		_, err := Prepare("out", Options{})
		fails(t, name, err, filepath.Join("out", strings.Split(name, "/")[0])+
			" is there already, from an earlier run; give --overwrite")
		if _, err = Prepare("out", Options{Overwrite: true}); name == "run.json" {
			if err != nil {
				t.Error(err)
			}
		} else {
			fails(t, name, err, "no run.json of musc beside it")
		}
		if after := contents(t, "out"); name != "run.json" && !maps.Equal(before, after) {
			t.Errorf("%s: now %v", name, after)
		}
	}
}

func TestSecondRunFindsTheFolderTaken(t *testing.T) {
	put(t, nil)
	folder := prepare(t, Options{Command: []string{"musc", "score", "A"}})
	unfinished := fresh(t, folder)
	for _, overwrite := range []bool{false, true} {
		_, err := Prepare("out", Options{Overwrite: overwrite})
		fails(t, "second", err, "it is in use by process ")
		fails(t, "second", err, "(musc score A); wait for it or choose another with -o")
	}
	if _, err := os.Stat(unfinished); err != nil {
		t.Error("the second run removed what the first one writes")
	}
	folder.Close()
	prepare(t, Options{})
}

func TestResultsThatAppearedStay(t *testing.T) {
	put(t, map[string]string{"out/results-2/mine": ""})
	folder := prepare(t, Options{})
	if err := os.WriteFile("out/scores.csv", []byte("theirs"), 0o644); err != nil {
		t.Fatal(err)
	}
	err := folder.Replace(fresh(t, folder))
	fails(t, "replace", err, "out/scores.csv is there already")
	fails(t, "replace", err, "the new results are in out/results-3")
	folder.Close()
	want := map[string]string{"out/results-2/mine": "", "out/scores.csv": "theirs",
		"out/results-3/scores.csv": "new", "out/results-3/run.json": scored,
		"out/results-3/maps/a.tiff": "new"}
	if got := contents(t, "out"); !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestLeftoversOfKilledRunsGo(t *testing.T) {
	put(t, map[string]string{"out/.musc-new-1/maps/a.tiff": "", "out/.musc-tmp-2": "", "out/.musc-probe-3": "",
		"out/.musc-spill-4": "", "out/.musc-lock": "", "out/.mine": "", "out/musc-new-5": "",
		"out/sub/.musc-new-6": ""})
	folder := prepare(t, Options{})
	folder.Close()
	want := map[string]string{"out/.mine": "", "out/musc-new-5": "", "out/sub/.musc-new-6": ""}
	if got := contents(t, "out"); !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestResultsTakeNoInputsPlace(t *testing.T) {
	for name, c := range map[string]struct{ input, place string }{
		"list":       {"out/scores.csv", "out/scores.csv"},
		"photo":      {"out/maps/a.png", "out/maps"},
		"deep photo": {"out/overlays/b/a.png", "out/overlays"},
		"link":       {"link.csv", "out/scores.csv"},
		"overview":   {"out/overview.png", "out/overview.png"},
		"folder":     {"out/maps", "out/maps"},
		"roundabout": {"photos/../into/maps/a.png", "out/maps"},
		"same file":  {"photos/scores.csv", "out/scores.csv"},
	} {
		put(t, map[string]string{"out/run.json": scored, "out/scores.csv": "", "out/maps/a.png": "",
			"out/overlays/b/a.png": "", "out/overview.png": "", "photos/a.png": "", "out/photo.png": ""})
		for link, target := range map[string]string{"link.csv": "out/scores.csv", "into": "out",
			"out/photo": "../photos/a.png"} {
			if err := os.Symlink(target, link); err != nil {
				t.Skip("no symbolic links here: ", err)
			}
		}
		if err := os.Link("out/scores.csv", "photos/scores.csv"); err != nil {
			t.Skip("no hard links here: ", err)
		}
		_, err := Prepare("out", Options{Overwrite: true, Inputs: []string{"photos/a.png", c.input}})
		fails(t, name, err, "cannot write results to "+c.place+": the input "+c.input+" is there")
		free, err := Prepare("out", Options{Overwrite: true,
			Inputs: []string{"photos/a.png", "out/photo.png", "absent", "maps/a.png", "out/photo",
				"out"}})
		if err != nil {
			t.Fatal(err)
		}
		free.Close()
	}
}

func TestFoldersThatCannotBeTaken(t *testing.T) {
	put(t, map[string]string{"file": ""})
	_, err := Lock("file", nil)
	fails(t, "file", err, "cannot make the output folder file: ")
	_, err = Lock("file/below", nil)
	fails(t, "below a file", err, "choose another with -o")
	if err := os.Symlink("nowhere", "dangling"); err == nil {
		_, err = Lock("dangling", nil)
		fails(t, "dangling link", err, "cannot make the output folder dangling: ")
	}
	if err := os.MkdirAll("out/.musc-lock", 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = Lock("out", nil)
	fails(t, "no lock", err, "cannot write into the output folder: ")
}

func TestMark(t *testing.T) {
	put(t, nil)
	folder, err := Lock("out", []string{"musc", "eval"})
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	for range 2 { // a second run goes on
		if err := folder.Mark(Record{Tool: RecordTool{Version: "1.2"}, Kind: Evaluated, Command: []string{"musc", "eval"}}); err != nil {
			t.Fatal(err)
		}
	}
	const want = "{\n  \"tool\": {\n    \"name\": \"musc\",\n    \"version\": \"1.2\"\n  },\n" +
		"  \"kind\": \"eval\",\n  \"command\": [\n    \"musc\",\n    \"eval\"\n  ]\n}\n"
	if text, _ := os.ReadFile("out/run.json"); string(text) != want || Recognise("out") != Evaluated {
		t.Errorf("run.json is %s", text)
	}
	fails(t, "another kind", folder.Mark(Record{Kind: Tabled}), "not of musc paper")
	if filelock.Name != ".musc-lock" {
		t.Error("the lock's name is in these tests")
	}
}

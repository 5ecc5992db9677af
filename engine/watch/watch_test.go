package watch

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"musc/engine/fault"
	"musc/engine/verdict"
)

func TestPhotosAreScoredOnceInTheOrderOfArrival(t *testing.T) {
	folder, output := t.TempDir(), t.TempDir()
	old := time.Now().Add(-time.Hour)
	for k, name := range []string{"c.png", "b.png", "deep/er/a.png", "d.png"} {
		path := filepath.Join(folder, name)
		putPhoto(t, path, picture(uint8(30*k), k))
		when := old.Add(time.Duration(k/2) * time.Minute) // two pairs
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	r := begin(t, folder, output, nil).photos(4)
	putPhoto(t, filepath.Join(folder, "new/er/z.png"), picture(200, 4))
	r.photos(5)
	putPhoto(t, filepath.Join(folder, "y.png"), picture(110, 5))
	r.photos(6).end()
	want := []string{"b.png", "c.png", "d.png", "deep/er/a.png", "new/er/z.png", "y.png"}
	same(t, r.names(), want)
	if r.summary.Photos != 6 || r.summary.Verdicts[verdict.Defective] != 1 ||
		r.summary.Verdicts[verdict.Review] != 1 || r.summary.Verdicts[verdict.Good] != 4 {
		t.Errorf("summary %+v", r.summary)
	}
	row := readScoresCSV(t, output)[4]
	same(t, row[:6], []string{"new/er/z.png", shortest(200. / 255), "defective", "0.5",
		shortest(200./255 - 0.5), "5"})

	// What arrives while nobody watches is scored by the next run, and nothing else.
	putPhoto(t, filepath.Join(folder, "while.png"), picture(9, 6))
	r = begin(t, folder, output, nil).photos(1).end()
	same(t, r.names(), []string{"while.png"})
	if r.summary.All != 7 {
		t.Errorf("%d in all", r.summary.All)
	}
}

func TestOddNames(t *testing.T) {
	folder, output := t.TempDir(), t.TempDir()
	names := []string{"a b.png", `q'u"o.png`, "-rf.png", "new\nline.png", "ünï ☃.png", "latin\xe9.png", "$(x).png",
		"<script>.png", "a,b;c.png", "comma\r.png", "UPPER.PNG", "%s.png", "{image}.png", " .png"}
	r := begin(t, folder, output, nil)
	for k, name := range names {
		putPhoto(t, filepath.Join(folder, name), picture(200, k))
		r.photos(k + 1)
	}
	r.end()
	same(t, r.names(), names)
	for k, row := range readScoresCSV(t, output) {
		if row[0] != names[k] {
			t.Errorf("scores.csv has %q for %q", row[0], names[k])
		}
		for _, picture := range []string{r.entries[k].Overlay, r.entries[k].Mask} {
			if _, err := os.Stat(filepath.Join(output, picture)); err != nil || picture == "" {
				t.Errorf("picture %q of %q: %v", picture, names[k], err)
			}
		}
	}
	same(t, begin(t, folder, output, nil).end().names(), nil)
}

func TestNamesOfFilesOnTheirWayAreNotTaken(t *testing.T) {
	folder, output := t.TempDir(), t.TempDir()
	r := begin(t, folder, output, nil)
	for k, name := range []string{"a.png.tmp", "b.png.part", ".c.png", "d.txt", ".hidden/e.png", "f.crdownload"} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, picture(1, k), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, pair := range [][2]string{{"a.png.tmp", "a.png"}, {".c.png", "c.png"}} {
		if err := os.Rename(filepath.Join(folder, pair[0]), filepath.Join(folder, pair[1])); err != nil {
			t.Fatal(err)
		}
	}
	putPhoto(t, filepath.Join(folder, "last.png"), picture(1, 9))
	r.photos(3).end()
	got := r.names()
	slices.Sort(got)
	same(t, got, []string{"a.png", "c.png", "last.png"})
}

func TestSlowWriters(t *testing.T) {
	for name, keepOpen := range map[string]bool{"kept open, with pauses longer than it takes to settle": true,
		"opened for each piece": false} {
		t.Run(name, func(t *testing.T) {
			folder, output := t.TempDir(), t.TempDir()
			r := begin(t, folder, output, func(o *Options) { o.Patience = time.Minute })
			path, content := filepath.Join(folder, "slow.png"), picture(77, 1)
			file, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			for k := range 20 {
				if !keepOpen {
					file.Close()
					if file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := file.Write(content[k*len(content)/20 : (k+1)*len(content)/20]); err != nil {
					t.Fatal(err)
				}
				time.Sleep(30 * time.Millisecond)
			}
			file.Close()
			r.photos(1).end()
			if e := r.entries[0]; e.Kind != Photo || e.Size != int64(len(content)) || r.summary.Skipped > 0 {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestAPhotoThatCannotBeReadIsTriedAgainAndThenLeftOut(t *testing.T) {
	folder, output := t.TempDir(), t.TempDir()
	content := picture(77, 1)
	put := func(name string, content []byte) {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r := begin(t, folder, output, func(o *Options) { o.Patience = 3 * time.Second })
	put("never.png", content[:30])
	put("empty.png", nil)
	put("later.png", content[:len(content)/2])
	time.Sleep(200 * time.Millisecond)
	put("later.png", content)
	r.photos(3)
	first := r.names()[0]
	if first != "later.png" || r.entries[0].Kind != Photo {
		t.Errorf("%s came first", first)
	}
	for _, e := range r.entries[1:3] {
		if e.Kind != Skipped || e.Reason == "" {
			t.Errorf("got %+v", e)
		}
	}
	// Given up is not forever: other bytes are another arrival.
	put("never.png", content)
	r.photos(4).end()
	if e := r.entries[3]; e.Kind != Photo || e.Name != "never.png" {
		t.Errorf("got %+v", e)
	}
	same(t, begin(t, folder, output, nil).end().names(), nil)
}

func TestTheSameBytesAreNoNewsOthersAre(t *testing.T) {
	folder, output := t.TempDir(), t.TempDir()
	path := filepath.Join(folder, "latest.png")
	r := begin(t, folder, output, nil)
	putPhoto(t, path, picture(200, 1))
	r.photos(1)
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	putPhoto(t, path, picture(201, 2))
	r.photos(2)
	putPhoto(t, path, picture(201, 2))
	putPhoto(t, filepath.Join(folder, "other.png"), picture(201, 2)) // another path is another photo
	r.photos(3).end()
	same(t, r.names(), []string{"latest.png", "latest.png", "other.png"})
	if r.entries[0].Overlay == r.entries[1].Overlay {
		t.Error("both photos have the overlay", r.entries[0].Overlay)
	}
	if err := os.Chtimes(path, later, later.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	again := begin(t, folder, output, nil)
	putPhoto(t, filepath.Join(folder, "end.png"), picture(3, 3))
	same(t, again.photos(1).end().names(), []string{"end.png"})
	if again.summary.Seen != 1 {
		t.Errorf("summary %+v", again.summary)
	}
	if last := begin(t, folder, output, nil).end(); last.summary.Seen != 0 {
		t.Errorf("seen again after another start: %+v", last.summary)
	}
}

func TestLinks(t *testing.T) {
	folder, output, elsewhere := t.TempDir(), t.TempDir(), t.TempDir()
	putPhoto(t, filepath.Join(elsewhere, "target.png"), picture(5, 1))
	for _, pair := range [][2]string{{filepath.Join(elsewhere, "target.png"), "to-photo.png"},
		{"nowhere", "broken.png"}, {elsewhere, "to-folder"}, {".", "loop"}, {elsewhere, "folder.png"}} {
		if err := os.Symlink(pair[0], filepath.Join(folder, pair[1])); err != nil {
			t.Fatal(err)
		}
	}
	r := begin(t, folder, output, nil)
	r.photos(1)
	r.noted("leads nowhere yet")
	r.noted("is not followed")
	same(t, r.end().names(), []string{"to-photo.png"})
}

// Photos that are not read are told by their names, not left out in silence.
func TestPhotosOfEndingsThatAreNotRead(t *testing.T) {
	folder, output := t.TempDir(), t.TempDir()
	for _, name := range []string{"phone.heic", "camera.NEF", "notes.txt"} {
		putPhoto(t, filepath.Join(folder, name), picture(1, 1))
	}
	putPhoto(t, filepath.Join(folder, "a.png"), picture(1, 2))
	r := begin(t, folder, output, nil)
	r.photos(1)
	r.noted("phone.heic is passed by")
	r.noted("camera.NEF is passed by")
	same(t, r.end().names(), []string{"a.png"})
}

func TestOnlyNewPhotos(t *testing.T) {
	folder, output := t.TempDir(), t.TempDir()
	onlyNew := func(o *Options) { o.NewOnly = true }
	for k := range 2000 {
		putPhoto(t, filepath.Join(folder, strconv.Itoa(k)+".png"), picture(5, k))
	}
	r := begin(t, folder, output, onlyNew)
	r.noted("2000 photos are there already")
	putPhoto(t, filepath.Join(folder, "new.png"), picture(5, -1))
	same(t, r.photos(1).end().names(), []string{"new.png"})
	// What arrived between two runs is new, too; what was passed by stays so, unless it changes.
	putPhoto(t, filepath.Join(folder, "between.png"), picture(5, -2))
	putPhoto(t, filepath.Join(folder, "7.png"), picture(5, -3))
	got := begin(t, folder, output, onlyNew).photos(2).end().names()
	slices.Sort(got)
	same(t, got, []string{"7.png", "between.png"})
}

func TestResultsWithinTheFolderAreNoPhotos(t *testing.T) {
	folder := t.TempDir()
	output := filepath.Join(folder, "out")
	other := filepath.Join(folder, "earlier")
	putPhoto(t, filepath.Join(other, "overlays", "x.png"), picture(200, 1))
	if err := os.WriteFile(filepath.Join(other, "run.json"),
		[]byte(`{"tool":{"name":"musc"},"kind":"score"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(output, 0o755); err != nil {
		t.Fatal(err)
	}
	all := func(o *Options) { o.Overlays = OverlaysAll }
	r := begin(t, folder, output, all)
	putPhoto(t, filepath.Join(folder, "a.png"), picture(200, 2))
	r.photos(1)
	putPhoto(t, filepath.Join(other, "overview.png"), picture(200, 3))
	putPhoto(t, filepath.Join(folder, "b.png"), picture(0, 4))
	same(t, r.photos(2).end().names(), []string{"a.png", "b.png"})
	same(t, begin(t, folder, output, all).end().names(), nil)
}

func TestFoldersThatCannotBeWatched(t *testing.T) {
	folder := t.TempDir()
	out := filepath.Join(folder, "out")
	if err := os.MkdirAll(filepath.Join(out, "overlays", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		folder, output string
		want           fault.Kind
	}{
		"the output folder itself": {out, out, fault.Usage},
		"one that is not there":    {filepath.Join(folder, "absent"), out, fault.Input},
		"of results":               {filepath.Join(out, "overlays", "x"), out, fault.Usage},
	} {
		_, err := Run(t.Context(), Options{Folder: c.folder, Output: c.output}, fakeInspector{}, nil)
		if fault.KindOf(err) != c.want || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

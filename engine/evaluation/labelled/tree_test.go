package labelled

import (
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/evaluation/labelled/labelledtest"
)

// picture is a flat picture of 4 x 3 pixels with so many white ones.
func picture(white int) *image.Gray {
	p := image.NewGray(image.Rect(0, 0, 4, 3))
	for i := range white {
		p.SetGray(i%4, i/4, color.Gray{Y: 255})
	}
	return p
}

// draw writes files of a data set; a path that holds "mask", "truth" or "gt" is a mask of one pixel.
func draw(t *testing.T, root string, files ...string) {
	t.Helper()
	for _, file := range files {
		white := 0
		if strings.Contains(file, "truth") || strings.Contains(file, "mask") || strings.Contains(file, "gt") {
			white = 1
		}
		labelledtest.Save(t, picture(white), root, filepath.FromSlash(file))
	}
}

// describe lists a class's test images as NAME LABEL, with + for a mask that marks anything.
func describe(t *testing.T, class *Class) (list []string) {
	t.Helper()
	for i := range class.Test {
		line := class.Test[i].Name + " " + class.Test[i].Label
		mask, err := class.Test[i].ReadMask(4, 3)
		if err != nil {
			t.Error(err)
		}
		if slices.Contains(mask, true) {
			line += "+"
		}
		list = append(list, line)
	}
	return list
}

// Folders as people name and nest them.
func TestFoldersPeopleHave(t *testing.T) {
	for name, c := range map[string]struct {
		files  []string
		layout Layout
		want   []string // test images
		normal []string
		notes  []string // parts of what is said, in order
	}{
		"letter case": {[]string{"Test/Good/0.png", "Test/Crack/0.png", "Ground_Truth/crack/0_mask.png", "Train/GOOD/1.png"},
			MVTec, []string{"Crack/0.png Crack+", "Good/0.png good"}, []string{"train/GOOD/1.png"}, nil},
		"OK and NG": {[]string{"test/OK/0.png", "test/NG/0.png", "ground_truth/NG/0.png", "train/OK/1.png"},
			MVTec, []string{"NG/0.png NG+", "OK/0.png good"}, []string{"train/OK/1.png"}, nil},
		"normal": {[]string{"test/normal/0.png", "test/0_scratch/0.png", "train/normal/1.png", "train/bad/1.png"},
			MVTec, []string{"0_scratch/0.png 0_scratch", "normal/0.png good"}, []string{"train/normal/1.png"},
			[]string{"train/bad: its images are left out: the folder's name does not say"}},
		"ok and ko": {[]string{"test/OK/0.png", "test/KO/0.png", "ground_truth/ko/0.png"},
			BTAD, []string{"KO/0.png KO+", "OK/0.png good"}, nil, nil},
		"masks elsewhere": {[]string{"test/good/0.png", "test/dent/0.png", "masks/dent/0.png"},
			MVTec, []string{"dent/0.png dent+", "good/0.png good"}, nil, nil},
		"nested": {[]string{"test/good/cam1/0.png", "test/good/cam2/0.png", "test/dent/cam1/0.png",
			"ground_truth/dent/cam1/0_mask.png", "train/good/cam1/7.png"},
			MVTec, []string{"dent/cam1/0.png dent+", "good/cam1/0.png good", "good/cam2/0.png good"},
			[]string{"train/good/cam1/7.png"}, nil},
		"no good ones": {[]string{"test/dent/0.png", "test/good_old/0.png"}, MVTec,
			[]string{"dent/0.png dent", "good_old/0.png good_old"}, nil,
			[]string{"the folder good_old is taken for a type of defect",
				"none of its folders (dent, good_old) is known as that of good images"}},
		"loose images": {[]string{"test/good/0.png", "test/1.png", "test/2.png", "train/3.png", "train/good/4.png"},
			MVTec, []string{"good/0.png good"}, []string{"train/good/4.png"},
			[]string{"test: 2 images in it are in no folder", "train: 1 images directly in it are left out"}},
		"masks of no type": {[]string{"test/good/0.png", "ground_truth/dent/0_mask.png"}, MVTec,
			[]string{"good/0.png good"}, nil, []string{"dent/0_mask.png: a mask without an image"}},
		"a folder a mask": {[]string{"test/good/0.png", "test/dent/0.png", "ground_truth/dent/0/0.png",
			"ground_truth/dent/0/1.png", "validation/good/9.png"},
			LOCO, []string{"dent/0.png dent+", "good/0.png good"}, []string{"validation/good/9.png"}, nil},
		"rgb, masks elsewhere": {[]string{"test/good/rgb/0.png", "test/dent/rgb/0.png", "test/dent/xyz/0.png",
			"ground_truth/dent/0.png", "train/good/rgb/1.png"},
			MVTec3D, []string{"dent/0.png dent+", "good/0.png good"}, []string{"train/good/1.png"}, nil},
		"Images and Masks": {[]string{"Images/cam1/0.png", "Images/cam2/0.png", "Masks/cam2/0_mask.png",
			"train/x/1.png"},
			Plain, []string{"cam1/0.png good", "cam2/0.png defective+"}, []string{"train/x/1.png"}, nil},
		"training images of good ones": {[]string{"images/0.png", "masks/0.png", "train/OK/1.png", "train/dent/1.png"},
			Plain, []string{"0.png defective+"}, []string{"train/OK/1.png"}, []string{"train/dent: its images are left out"}},
		"Kolektor, other names": {[]string{"kos01/Part1_label.png", "kos01/Part1_label_label.png", "KOS02/part2.png",
			"KOS02/part2_label.png"}, Kolektor,
			[]string{"KOS02/part2.png good", "kos01/Part1_label.png good"}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "nut")
			draw(t, root, c.files...)
			d, err := Open(root, "")
			if err != nil {
				t.Fatal(err)
			}
			if d.Layout != c.layout || len(d.Classes) != 1 {
				t.Fatalf("layout %s, %d classes", d.Layout, len(d.Classes))
			}
			if got := describe(t, &d.Classes[0]); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			var normal []string
			for _, item := range d.Classes[0].Normal {
				normal = append(normal, item.Name)
				if !isFile(item.Path) || item.Label != Good {
					t.Errorf("normal %+v", item)
				}
			}
			if !slices.Equal(normal, c.normal) {
				t.Errorf("normal %q, want %q", normal, c.normal)
			}
			said := d.Findings("nut")
			for i, line := range said {
				if i >= len(c.notes) || !strings.Contains(line, c.notes[i]) {
					t.Errorf("said %q, want %q", said, c.notes)
					break
				}
			}
			if len(said) != len(c.notes) {
				t.Errorf("said %q, want %q", said, c.notes)
			}
		})
	}
}

func TestWhatIsLeftOutIsSaid(t *testing.T) {
	root := t.TempDir()
	draw(t, root, "nut/test/good/0.png", "nut/test/dent/0.png", "nut/ground_truth/dent/0_mask.png",
		"extra/photos/0.png")
	write(t, "x", root, "nut", "test", "dent", "notes.doc")
	write(t, "x", root, "nut", "test", "dent", "more.doc")
	write(t, "x", root, "nut", "test", "dent", ".hidden")
	write(t, "x", root, "nut", "test", "dent", ".cache", "x.doc")
	d, err := Open(root, "")
	if err != nil {
		t.Fatal(err)
	}
	for class, want := range map[string]string{
		"nut":   "dent: 2 files that are no images are left out, such as more.doc",
		"extra": "extra: it is left out: it has no folder test/",
	} {
		if said := strings.Join(d.Findings(class), "\n"); !strings.Contains(said, want) {
			t.Errorf("%s: %q", class, said)
		}
	}
	found, err := d.Check(t.Context())
	if err != nil || len(found.Notes) != len(d.notes) || len(found.Problems) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

// What a list and a folder do not agree about is said, with its path.
func TestImagesThatAreNotAccountedFor(t *testing.T) {
	root := t.TempDir()
	draw(t, root, "plain/nut/images/a.png", "plain/nut/images/b.png", "kos/kos1/a.png", "kos/kos1/b.png",
		"kos/kos1/b_label.png")
	write(t, "image,label\na.png,0\nlost/c.png,1\n", root, "plain", "nut", "labels.csv")
	if err := os.Symlink(filepath.Join(root, "nowhere"), filepath.Join(root, "plain", "nut", "images",
		"dead.png")); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(root, "plain", "nut", "images")
	for folder, want := range map[string][]string{
		"plain": {filepath.Join(plain, "b.png") + ": labels.csv does not list it; it is left out",
			filepath.Join(plain, "lost/c.png") + ": labels.csv lists it, but it is not there; restore it or " +
				"remove its line",
			filepath.Join(plain, "dead.png") + ": it is left out: the link leads nowhere"},
		"kos": {filepath.Join(root, "kos", "kos1", "a.png") + ": it has no mask, which would say whether it " +
			"is defective; it is taken for good"},
	} {
		d, err := Open(filepath.Join(root, folder), "")
		if err != nil {
			t.Fatal(err)
		}
		said := d.Findings(d.Classes[0].Name)
		for i, line := range said {
			if i >= len(want) || !strings.HasPrefix(line, want[i]) {
				t.Errorf("%s: %q, want %q", folder, said, want)
			}
		}
		if len(said) != len(want) {
			t.Errorf("%s: %q, want %q", folder, said, want)
		}
	}
	write(t, "image,label\na.png,blorp\n", root, "plain", "nut", "labels.csv")
	if _, err := Open(filepath.Join(root, "plain"), ""); err == nil ||
		!strings.Contains(err.Error(), "blorp") {
		t.Errorf("a list within a class: %v", err)
	}
}

// Classes whose folders differ are of one layout that takes them all.
func TestMixedClasses(t *testing.T) {
	root := t.TempDir()
	draw(t, root, "a/test/ok/0.png", "a/test/ko/0.png", "b/test/good/0.png", "b/test/dent/0.png",
		"c/test/dent/0.png", "c/test/good/1.png", "c/ground_truth/dent/0/0.png")
	d, err := Open(root, "")
	if err != nil || len(d.Classes) != 3 || d.Layout != LOCO {
		t.Errorf("%+v, %v", d, err)
	}
	if d, err = Open(root, MVTec); err != nil || len(d.Classes) != 3 {
		t.Errorf("%+v, %v", d, err)
	}
	if d, err = Open(root, BTAD); err == nil {
		t.Errorf("other types are taken for BTAD's: %+v", d)
	}
}

func TestUnreadableFolders(t *testing.T) {
	d := &Dataset{}
	if _, err := d.photos("nut", filepath.Join(t.TempDir(), "none")); err == nil ||
		!strings.Contains(err.Error(), "cannot read the folder") {
		t.Errorf("got %v", err)
	}
	if names, err := d.photos("nut", t.TempDir()); names != nil || err != nil || d.notes != nil {
		t.Errorf("an empty folder: %v, %v, %v", names, err, d.notes)
	}
	if child("", "test") != "" || subfolders("") != nil || firstChild("") != "" {
		t.Error("there is a folder in none")
	}
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "A", "B"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "A", "a/b": "A/B", "b": "", "a/c": "", "c/b": ""} {
		got := child(root, name)
		if want != "" {
			want = filepath.Join(root, want)
		}
		if got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

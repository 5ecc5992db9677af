package labelled

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/evaluation/labelled/labelledtest"
	"musc/engine/fault"
)

// shapes are the layouts as they are published; each has its classes, kinds of defect, training
// images and masks.
var shapes = map[string]struct {
	make    func(t testing.TB, root string)
	path    string // of the data set in root
	layout  Layout
	classes []string
	kinds   []string
	normal  int
}{
	"MVTec AD": {func(t testing.TB, root string) { labelledtest.MVTec(t, root, "nut", "bolt") },
		"", MVTec, []string{"bolt", "nut"}, []string{"hole", "scratch"}, labelledtest.Normal},
	"a class of MVTec AD": {func(t testing.TB, root string) { labelledtest.MVTec(t, root, "nut") },
		"nut", MVTec, []string{"nut"}, []string{"hole", "scratch"}, labelledtest.Normal},
	"VisA converted": {func(t testing.TB, root string) { labelledtest.MVTec(t, root, "pcb1") },
		"", VisA, []string{"pcb1"}, []string{"hole", "scratch"}, labelledtest.Normal},
	"VisA": {func(t testing.TB, root string) { labelledtest.VisA(t, root, "candle", "pcb1") },
		"", VisA, []string{"candle", "pcb1"}, []string{"anomaly"}, labelledtest.Normal},
	"MVTec LOCO AD": {func(t testing.TB, root string) { labelledtest.LOCO(t, root, "box", "bag") },
		"", LOCO, []string{"bag", "box"}, []string{"hole", "scratch"}, labelledtest.Normal},
	"MVTec 3D-AD": {func(t testing.TB, root string) { labelledtest.MVTec3D(t, root, "bagel", "rope") },
		"", MVTec3D, []string{"bagel", "rope"}, []string{"hole", "scratch"}, labelledtest.Normal},
	"a class of MVTec 3D-AD": {func(t testing.TB, root string) { labelledtest.MVTec3D(t, root, "rope") },
		"rope", MVTec3D, []string{"rope"}, []string{"hole", "scratch"}, labelledtest.Normal},
	"BTAD": {func(t testing.TB, root string) { labelledtest.BTAD(t, root, "01", "02") },
		"", BTAD, []string{"01", "02"}, []string{"ko"}, labelledtest.Normal},
	"MVTec AD 2": {func(t testing.TB, root string) { labelledtest.MVTec2(t, root, "can") },
		"", MVTec2, []string{"can"}, []string{"bad"}, labelledtest.Normal},
	"KolektorSDD2": {labelledtest.Kolektor2, "",
		Kolektor2, []string{"data"}, []string{"defective"}, labelledtest.Normal},
	"KolektorSDD": {labelledtest.Kolektor, "",
		Kolektor, []string{"data"}, []string{"defective"}, 0},
	"images and masks": {func(t testing.TB, root string) { labelledtest.Plain(t, root, false) },
		"", Plain, []string{"data"}, []string{"defective"}, 0},
	"images, masks and labels": {func(t testing.TB, root string) { labelledtest.Plain(t, root, true) },
		"", Plain, []string{"data"}, []string{"hole", "scratch"}, 0},
	"CSV": {labelledtest.CSV, "data.csv",
		CSV, []string{"data"}, []string{"hole", "scratch"}, labelledtest.Normal},
}

func TestEveryLayoutIsFoundAndReadWhole(t *testing.T) {
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "data")
			shape.make(t, root)
			d, err := Open(filepath.Join(root, shape.path), "")
			if err != nil {
				t.Fatal(err)
			}
			if again, err := Open(d.Root, d.Layout); err != nil && shape.layout != VisA {
				t.Errorf("asked for by name: %v, %v", again, err)
			}
			var classes []string
			for _, class := range d.Classes {
				classes = append(classes, class.Name)
				checkClass(t, class, shape.kinds, shape.normal)
			}
			if d.Layout != shape.layout || !slices.Equal(classes, shape.classes) {
				t.Errorf("got %s with %v, want %s with %v", d.Layout, classes, shape.layout, shape.classes)
			}
			found, err := d.Check(t.Context())
			if err != nil || len(found.Problems)+len(found.Notes) > 0 ||
				len(found.Sizes) != len(classes) ||
				!slices.Equal(found.Sizes[0], Sizes{{labelledtest.Side, labelledtest.Side}}) {
				t.Errorf("%+v, %v", found, err)
			}
		})
	}
}

// checkClass expects the numbers of labelledtest and masks that mark what is labelled.
func checkClass(t *testing.T, class Class, kinds []string, normal int) {
	t.Helper()
	if len(class.Test) != labelledtest.Good+labelledtest.Defective || len(class.Normal) != normal ||
		class.Defective() != labelledtest.Defective {
		t.Errorf("%s: %d test images, %d defective, %d normal", class.Name, len(class.Test),
			class.Defective(), len(class.Normal))
	}
	found := map[string]bool{}
	for i, image := range class.Test {
		if i > 0 && !(class.Test[i-1].Name < image.Name) {
			t.Errorf("%s comes after %s", image.Name, class.Test[i-1].Name)
		}
		if image.Defective != (image.Label != Good) || !filepath.IsLocal(image.Name) {
			t.Errorf("%s: label %q, defective %t", image.Name, image.Label, image.Defective)
		}
		if image.Defective {
			found[image.Label] = true
		}
		mask, err := image.ReadMask(labelledtest.Side, labelledtest.Side)
		if err != nil || slices.Contains(mask, true) != image.Defective {
			t.Errorf("%s (%s): mask %s marks %t, %v", image.Name, image.Label, image.Masks,
				slices.Contains(mask, true), err)
		}
		if half, err := image.ReadMask(7, 5); err != nil || half != nil && len(half) != 35 {
			t.Errorf("%s: %d pixels of 7 x 5, %v", image.Name, len(half), err)
		}
	}
	for _, kind := range kinds {
		if !found[kind] || len(found) != len(kinds) {
			t.Errorf("%s: types %v, want %v", class.Name, found, kinds)
		}
	}
}

func TestSelect(t *testing.T) {
	d := &Dataset{Root: "sets", Classes: []Class{{Name: "a"}, {Name: "B"}, {Name: "c"}}}
	if got, err := d.Select([]string{"C", "a"}); err != nil || len(got) != 2 || got[1].Name != "c" {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := d.Select(nil); err != nil || len(got) != 3 {
		t.Errorf("all: got %v, %v", got, err)
	}
	if _, err := d.Select([]string{"d"}); fault.KindOf(err) != fault.Usage ||
		!strings.Contains(err.Error(), "it has a, B, c") {
		t.Errorf("unknown: got %v", err)
	}
}

func TestWhatIsNoDataSetIsExplained(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(root, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for want, c := range map[string]struct {
		path   string
		layout Layout
		kind   fault.Kind
	}{
		"does not exist":             {filepath.Join(root, "nowhere"), "", fault.Input},
		"in any known layout":        {root, "", fault.Input},
		"no layout \"MVTec\"":        {root, "MVTec", fault.Usage},
		"does not look like BTAD":    {root, BTAD, fault.Input},
		"has no column \"label\"":    {write("a.csv", "image,mask\na.png,\n"), "", fault.Input},
		"empty":                      {write("b.csv", ""), "", fault.Input},
		"names no image in line 2":   {write("c.csv", "image,label,mask\n,0,\n"), "", fault.Input},
		"names no image in line 3":   {write("g.csv", "image,label\na.png,0\n./..,0\n"), "", fault.Input},
		"has 2 values in line 2":     {write("d.csv", "image,label,mask\na,0\n"), "", fault.Input},
		"it is a path of Windows":    {write("f.csv", "image,label\nimg\\a.png,0\n"), "", fault.Input},
		"is not a labelled data set": {write("e.txt", "image,label,mask\n"), "", fault.Input},
	} {
		_, err := Open(c.path, c.layout)
		if fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}

// Each fault planted into a data set is named with its file.
func TestCheckNamesEveryProblem(t *testing.T) {
	root := filepath.Join(t.TempDir(), "data")
	at := func(path ...string) string { return filepath.Join(append([]string{root}, path...)...) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	copyFile := func(from, to string) {
		content, err := os.ReadFile(from)
		must(err)
		must(os.MkdirAll(filepath.Dir(to), 0o755))
		must(os.WriteFile(to, content, 0o644))
	}
	labelledtest.MVTec(t, root, "nut", "bolt", "only_bad", "only_good")
	truth, test := at("nut", "ground_truth", "hole"), at("nut", "test", "hole")
	must(os.Remove(filepath.Join(truth, "000_mask.png")))
	must(os.Remove(filepath.Join(test, "001.png")))
	must(os.WriteFile(filepath.Join(test, "002.png"), nil, 0o644))
	copyFile("../../../testdata/washer/images/000.png",
		at("bolt", "ground_truth", "hole", "000_mask.png"))
	must(os.Remove(at("bolt", "ground_truth", "hole", "001_mask.png")))
	must(os.WriteFile(at("bolt", "ground_truth", "hole", "001_mask.png"), []byte("no picture"), 0o644))
	copyFile(at("nut", "ground_truth", "scratch", "000_mask.png"),
		at("nut", "ground_truth", "good", "000_mask.png"))
	copyFile(at("nut", "ground_truth", "scratch", "001_mask.png"),
		at("nut", "ground_truth", "scratch", "001.png"))
	must(os.RemoveAll(at("only_bad", "test", "good")))
	must(os.RemoveAll(at("only_good", "test", "hole")))
	must(os.RemoveAll(at("only_good", "test", "scratch")))
	d, err := Open(root, "")
	must(err)
	found, err := d.Check(t.Context())
	must(err)
	problems := found.Problems
	for _, want := range []struct{ path, text string }{
		{filepath.Join(test, "000.png"), "has no mask"},
		{filepath.Join(truth, "001_mask.png"), "without an image"},
		{filepath.Join(test, "002.png"), "the file is empty"},
		{at("bolt", "ground_truth", "hole", "000_mask.png"), "its image 64 x 64"},
		{at("bolt", "ground_truth", "hole", "001_mask.png"), "cannot read"},
		{at("nut", "ground_truth", "good", "000_mask.png"), "labelled good"},
		{at("nut", "test", "scratch", "001.png"), "several masks"},
		{root, "is good"},
		{root, "is defective"},
		{at("only_good", "ground_truth", "scratch", "002_mask.png"), "without an image"},
	} {
		if !slices.ContainsFunc(problems, func(p Problem) bool {
			return p.Path == want.path && strings.Contains(p.Text, want.text)
		}) {
			t.Errorf("%s: %s: not among the problems", want.path, want.text)
		}
	}
	if len(problems) != 10+labelledtest.Defective {
		t.Errorf("%d problems: %v", len(problems), problems)
	}
}

func TestListsNeedNoMasks(t *testing.T) {
	d, err := Open("../../../testdata/washer/labels.csv", "")
	if err != nil || len(d.Classes) != 1 || len(d.Classes[0].Test) != 30 ||
		d.Classes[0].Defective() != 11 || d.Classes[0].Test[1].Masks != nil {
		t.Fatalf("got %v, %v", d, err)
	}
	found, err := d.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if problems := found.Problems; len(problems) != 11 || !strings.Contains(problems[0].Text, "no pixel metrics") {
		t.Errorf("problems %v", problems)
	}
}

func TestListsMayRepeatAndPointAnywhere(t *testing.T) {
	root := t.TempDir()
	labelledtest.CSV(t, root)
	path := filepath.Join(root, "lists", "again.csv")
	rows := [][]string{{"image", "label", "mask"}, {"../a/004.png", "0", ""},
		{"../a/004.png", "0", ""},
		{filepath.Join(root, "a", "005.png"), "OK", ""}}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := csv.NewWriter(file).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	file.Close()
	d, err := Open(path, "")
	if err != nil || len(d.Classes) != 1 || len(d.Classes[0].Test) != 2 {
		t.Fatalf("got %v, %v", d, err)
	}
	for _, image := range d.Classes[0].Test {
		if !filepath.IsLocal(image.Name) || image.Label != Good || !isFile(image.Path) {
			t.Errorf("got %v", image)
		}
	}
	found, err := d.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if problems := found.Problems; len(problems) != 2 || !strings.Contains(problems[0].Text, "twice") {
		t.Errorf("problems %v", problems)
	}
}

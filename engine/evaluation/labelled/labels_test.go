package labelled

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

func write(t *testing.T, text string, path ...string) string {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// Types of defect may stand in a column of their own, or in the label if they are known names.
func TestListsOfLabels(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string // the labels, or a part of the error
	}{
		"numbers":           {"image,label\na,0\nb,1\n", []string{Good, "defective"}},
		"pandas":            {"image,label\na,0.0\nb,1.0\n", []string{Good, "defective"}},
		"decimal comma":     {"image;label\na;0,0\nb;1,0\n", []string{Good, "defective"}},
		"words":             {"image,label\na,Pass\nb,NG\n", []string{Good, "ng"}},
		"types":             {"image,label\na,good\nb,bent_wire\n", []string{Good, "bent_wire"}},
		"their own column":  {"file,label,defect\na,0,\nb,1,Kratzer\n", []string{Good, "Kratzer"}},
		"another name":      {"name,label,anomaly_type\na,0,-\nb,1,blorp\n", []string{Good, "blorp"}},
		"type":              {"path,label,type\na,0,png\nb,1,dent\n", []string{Good, "dent"}},
		"good in both":      {"image,label,defect\na,ok,good\nb,1,nan\n", []string{Good, "defective"}},
		"a type that is 1":  {"image,label,defect\na,0,0\nb,ng,1\n", []string{Good, "ng"}},
		"unknown":           {"image,label\na,0\nb,blorp\n", []string{`list.csv, line 3: the label "blorp" is not understood`}},
		"nothing":           {"image,label\na,0\nb,\n", []string{"list.csv, line 3: there is no label"}},
		"only types":        {"image,label\na,nodef\nb,scratch\n", []string{`line 2: the label "nodef"`}},
		"good with a type":  {"image,label,defect\na,0,crack\n", []string{`line 2: the label "0" says good, but the type of its defect is "crack"`}},
		"good, but is bad":  {"image,label,defect\na,0,bad\n", []string{`says good, but the type of its defect is "bad"`}},
		"a type that is ok": {"image,label,defect\na,1,ok\n", []string{`line 2: the label "1" says defective, but the type of its defect is "ok"`}},
		"no images":         {"img,label\na,0\n", []string{`no column "image" (or file, filename, name, path), only img,label`}},
		"no labels":         {"image,score\na,0\n", []string{`no column "label"`}},
		"no name":           {"image,label\n\"\",0\na,0\n", []string{"names no image in line 2"}},
	} {
		path := write(t, c.text, t.TempDir(), "list.csv")
		d, err := Open(path, "")
		if err != nil {
			if len(c.want) != 1 || !strings.Contains(err.Error(), c.want[0]) ||
				fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var labels []string
		for _, image := range d.Classes[0].Test {
			labels = append(labels, image.Label)
			if image.Defective != (image.Label != Good) {
				t.Errorf("%s: %+v", name, image)
			}
		}
		if !slices.Equal(labels, c.want) {
			t.Errorf("%s: %q, want %q", name, labels, c.want)
		}
	}
}

func TestListsOfClassesAndSplits(t *testing.T) {
	root := t.TempDir()
	d, err := Open(write(t, "image\tlabel\tclass\tsplit\tmask\n"+
		"a.png\t0\tnut\tTrain\t\n"+
		"b.png\t1\tnut\ttraining\t\n"+
		"c.png\t0\tnut\ttest\t\n"+
		"d.png\t1\tbolt\t\td_mask.png\n"+
		"../e.png\t0\t\t\tnan\n"+
		"e.png\t0\t\t\t-\n"+
		"../../e.png\t0\t\t\t\n"+
		"x/../e.png\t0\t\t\t\n", root, "list.tsv"), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Classes) != 3 || d.Classes[0].Name != "bolt" || d.Classes[1].Name != "list" ||
		d.Classes[2].Name != "nut" {
		t.Fatalf("%+v", d.Classes)
	}
	bolt, list, nut := d.Classes[0], d.Classes[1], d.Classes[2]
	if len(nut.Test) != 1 || len(nut.Normal) != 1 || nut.Normal[0].Name != "a.png" ||
		nut.Test[0].Name != "c.png" {
		t.Errorf("%+v", nut)
	}
	if !slices.Equal(bolt.Test[0].Masks, []string{filepath.Join(root, "d_mask.png")}) {
		t.Errorf("%+v", bolt)
	}
	if len(list.Test) != 3 || list.Test[0].Name != "2/e.png" || list.Test[1].Name != "3/e.png" ||
		list.Test[2].Name != "e.png" || list.Test[2].Path != filepath.Join(filepath.Dir(root), "e.png") || list.Test[0].Masks != nil {
		t.Errorf("%+v", list)
	}
	if len(d.problems) != 1 || !strings.Contains(d.problems[0].Text, "names it twice") ||
		d.problems[0].Class != "list" {
		t.Errorf("%+v", d.problems)
	}
}

func TestListsThatContradictThemselves(t *testing.T) {
	for text, want := range map[string]string{
		"image,label\na.png,0\n./a.png,1\n": "a.png again in line 3, now as defective, not good",
		"image,label,class\na.png,0,a/b\n":  `a class "a/b" in line 2`,
		"image,label,class\na.png,0,..\n":   `a class ".." in line 2`,
		"image,label\nC:\\a.png,0\n":        "line 2, which is no file (it is a path of Windows",
	} {
		_, err := Open(write(t, text, t.TempDir(), "list.csv"), "")
		if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A labels.csv names the files of images/ in many ways.
func TestLabelsOfAFolder(t *testing.T) {
	path := write(t, "image;label\npart1;1\nimages\\Part2.png;0\npart3.png;1\nlost;0\n"+
		"shots/cam1/a.png;0\nshots/cam2/a.png;1\n./b.PNG;0\nb.png;1\ncam3/z;1\n", t.TempDir(), "labels.csv")
	labels, err := readLabels(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, want string }{{"Part1.png", "defective"}, {"part2.PNG", Good},
		{"part3.png", "defective"}, {"shots/cam1/a.png", Good}, {"SHOTS/cam2/A.png", "defective"},
		{"b.PNG", Good}, {"b.png", "defective"}, {"cam3/z.png", "defective"},
		{"part4.png", ""}, {"cam4/z.png", ""}, {"cam4/a.png", ""}, {"a.png", ""}} {
		label, listed, err := labels.of(c.file)
		if listed != (c.want != "") || label != c.want || err != nil {
			t.Errorf("%s: %q, %v, %v", c.file, label, listed, err)
		}
	}
	if unseen := labels.unseen(); !slices.Equal(unseen, []string{"lost"}) {
		t.Errorf("unseen %q", unseen)
	}
	_, _, err = labels.of("part1.jpg")
	if fault.KindOf(err) != fault.Input ||
		!strings.Contains(err.Error(), "names part1 in line 2, which could be Part1.png or part1.jpg") {
		t.Errorf("a line of two images: %v", err)
	}
}

func TestNoListOfLabels(t *testing.T) {
	labels, err := readLabels("")
	if labels != nil || err != nil || labels.unseen() != nil {
		t.Errorf("%v, %v", labels, err)
	}
	path := write(t, "image,label\na.png,0\na.png,0\na.png,1\n", t.TempDir(), "labels.csv")
	_, err = readLabels(path)
	if fault.KindOf(err) != fault.Input ||
		!strings.Contains(err.Error(), "says good of a.png in line 2, and defective in line 4") {
		t.Errorf("%v", err)
	}
	for text, want := range map[string]string{"label\n0\n": "column \"image\"", "image,label\na,x\n": "line 2",
		"image\na\n": "column \"label\""} {
		if _, err := readLabels(write(t, text, t.TempDir(), "labels.csv")); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

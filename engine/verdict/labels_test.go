package verdict

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

// labelsOf labels 0.png and so on: "g" good, "d" defective, "-" not listed.
func labelsOf(text string) (labels []Label) {
	for i, name := range namesOf(len(text)) {
		if text[i] != '-' {
			labels = append(labels, Label{Name: name, Defective: text[i] == 'd'})
		}
	}
	return labels
}

func TestBestF1(t *testing.T) {
	for name, c := range map[string]struct {
		labels    string
		scores    []float64
		threshold float64
	}{
		"separable":              {"ggdd", []float64{.1, .2, .6, .7}, .4},
		"unlabelled are no help": {"g-d", []float64{.1, .35, .5}, .3},
		"one is out of place":    {"gdggddd", []float64{.1, .2, .3, .4, .6, .7, .8}, .5},
		"cheaper false alarm":    {"gdgdd", []float64{.1, .3, .4, .5, .6}, .2},
		// F1 is 2/3 below the second score (2 hits, 2 false alarms) and the last (1 hit, 1 missed).
		"equal F1, wider above":      {"ggdggd", []float64{0, .1, .3, .35, .4, .9}, .65},
		"equal F1, wider below":      {"ggdggd", []float64{0, .1, .7, .75, .8, .9}, .4},
		"equal scores stay together": {"gdgd", []float64{.1, .5, .5, .9}, .3},
		"worse than chance":          {"dg", []float64{.1, .9}, .5},
	} {
		got := estimate(t, "labels", labelsOf(c.labels), c.scores)
		if math.Abs(got.Threshold-c.threshold) > 1e-12 || got.Review != got.Threshold {
			t.Errorf("%s: %v, want %v", name, got.Threshold, c.threshold)
		}
	}
}

// The slow definition: every level in the middle of two labelled scores, counted anew.
func TestNoLevelIsBetter(t *testing.T) {
	f1 := func(level float64, labels []Label, scores []float64) float64 {
		var hits, falseAlarms, missed float64
		for i, label := range labels {
			switch {
			case label.Defective && scores[i] >= level:
				hits++
			case label.Defective:
				missed++
			case scores[i] >= level:
				falseAlarms++
			}
		}
		return 2 * hits / (2*hits + falseAlarms + missed)
	}
	for seed := range 300 {
		count := 2 + seed%13
		scores, text := make([]float64, count), []byte("gd")
		for i := range scores {
			scores[i] = float64((i*i*7+seed*13+i*seed)%11) / 10
			if i > 1 {
				text = append(text, "gd"[(i*5+seed)%3/2])
			}
		}
		labels := labelsOf(string(text))
		got := estimate(t, "labels", labels, scores)
		sorted := slices.Compact(slices.Sorted(slices.Values(scores)))
		if got.Known() != (len(sorted) > 1) {
			t.Fatalf("%v: %+v", scores, got)
		}
		for k := range sorted[1:] {
			level := (sorted[k] + sorted[k+1]) / 2
			if better := f1(level, labels, scores); better > f1(got.Threshold, labels, scores)+1e-12 {
				t.Fatalf("%v, %s: %v has %v, %v has %v", scores, text, got.Threshold,
					f1(got.Threshold, labels, scores), level, better)
			}
		}
	}
}

func TestLabelsThatDoNotCountAreCounted(t *testing.T) {
	labels := append(labelsOf("ggdd"), Label{Name: "x.png"}, Label{Name: "y.png", Defective: true},
		Label{Name: "3.png.txt", Undecided: true})
	got := estimate(t, "labels", labels, []float64{.1, .2, .6, .7})
	for _, want := range []string{"2 photos labelled good and 2 labelled defective F1 is 1.00 (0 false alarms, " +
		"0 missed)", "fewer than 10", `2 of the 7 labels do not count: they are no photos of this batch, such as ` +
		`"x.png"`, "1 of the 7 labels do not count: they are neither good nor defective"} {
		if !hasNote(&got, want) {
			t.Errorf("notes %q, want %q", got.Notes, want)
		}
	}
	many := estimate(t, "labels", labelsOf(strings.Repeat("gd", 10)), slices.Repeat([]float64{.1, .9}, 10))
	if len(many.Notes) != 1 {
		t.Errorf("ten of each: notes %q", many.Notes)
	}
}

func TestLabelsWithoutAThreshold(t *testing.T) {
	for name, c := range map[string]struct {
		labels []Label
		scores []float64
		want   string
	}{
		"no photo of the batch": {[]Label{{Name: "x"}, {Name: "y", Defective: true}}, []float64{.1, .2},
			"0 are labelled good and 0 defective; both are needed; 2 of the 2 labels do not count"},
		"a class is in another batch": {append(labelsOf("gg"), Label{Name: "y", Defective: true}),
			[]float64{.1, .2}, "2 are labelled good and 0 defective"},
		"equal scores": {labelsOf("gd"), []float64{.1, .1}, "the same score"},
	} {
		if got := estimate(t, "labels", c.labels, c.scores); got.Known() || !strings.Contains(got.Why, c.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, labels := range [][]Label{nil, labelsOf("gg"), labelsOf("d"),
		append(labelsOf("gg"), Label{Name: "x", Undecided: true})} {
		if _, err := New("labels", labels); fault.KindOf(err) != fault.Input {
			t.Errorf("%v: %v", labels, err)
		}
	}
}

func TestLabelsFindTheirPhotos(t *testing.T) {
	names := []string{"a.png", "line1/top.png", "line2/top.png", "x/y/deep.JPG", "odd \"<name>\"\n.png",
		`back\slash.png`, " blank.png", "same.png", "same.png "}
	for name, c := range map[string]struct {
		labels []Label
		want   []int
	}{
		"names":              {[]Label{{Name: "line2/top.png"}, {Name: "a.png"}}, []int{2, 0}},
		"odd name":           {[]Label{{Name: names[4]}}, []int{4}},
		"backslash":          {[]Label{{Name: "back/slash.png"}}, []int{5}}, // as ReadLabels has it
		"blanks":             {[]Label{{Name: "blank.png"}}, []int{6}},
		"two of its name":    {[]Label{{Name: "same.png"}}, []int{ambiguous}},
		"absolute path":      {[]Label{{Name: "data/photos/line1/top.png"}}, []int{1}},
		"end of a name":      {[]Label{{Name: "y/deep.jpg"}}, []int{3}},
		"without extension":  {[]Label{{Name: "deep"}}, []int{3}},
		"two photos":         {[]Label{{Name: "top.png"}}, []int{ambiguous}},
		"no photo":           {[]Label{{Name: "b.png"}}, []int{unmatched}},
		"path beside a name": {[]Label{{Name: "top.png", Path: "p/line2/top.png"}}, []int{2}},
		"one name in two batches": {[]Label{{Name: "a.png", Path: "p/line1/top.png"},
			{Name: "a.png", Path: "p/line2/top.png"}}, []int{1, 2}},
		"name before path": {[]Label{{Name: "a.png", Path: "p/line2/top.png"}}, []int{0}},
	} {
		if got := find(c.labels, names); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "labels.csv")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadLabels(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []Label
	}{
		"a plain list": {"image,label\na.png,good\nb.png,1\nc.png,scratch\n",
			[]Label{{Name: "a.png"}, {Name: "b.png", Defective: true}, {Name: "c.png", Defective: true}}},
		"names": {"Name;Label\n./x/a.png;OK\n", []Label{{Name: "x/a.png"}}},
		"verdicts of the report": {"image,name,verdict,label\n/d/p/a.png,p/a.png,good,0\n" +
			"/d/p/b.png,p/b.png,defective,1\n/d/p/c.png,p/c.png,review,\n",
			[]Label{{Name: "p/a.png", Path: "d/p/a.png"}, {Name: "p/b.png", Path: "d/p/b.png", Defective: true},
				{Name: "p/c.png", Path: "d/p/c.png", Undecided: true}}},
		"verdict alone": {"image,score,verdict\na.png,.3,Review\nb.png,.4,defective\n",
			[]Label{{Name: "a.png", Undecided: true}, {Name: "b.png", Defective: true}}},
		"a label decides what is in review": {"image,verdict,label\na.png,review,1\n",
			[]Label{{Name: "a.png", Defective: true}}},
		"twice":         {"image,label\na.png,0\na.png,good\na.png,\n", []Label{{Name: "a.png"}}},
		"decided later": {"image,label\na.png,review\na.png,bad\n", []Label{{Name: "a.png", Defective: true}}},
		"odd names": {"image,label\n\"a\"\"b,<script>\n.png\",0\n",
			[]Label{{Name: "a\"b,<script>\n.png"}}},
		"none": {"image,label\n", nil},
	} {
		got, err := ReadLabels(write(t, c.text))
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, c.want)
		}
	}
}

func TestLabelsThatAreWrongAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "is empty",
		"image,score\na,1\n":                    `no column "label" or "verdict", only image,score`,
		"label\n1\n":                            `no column "image"`,
		"image,label\na,0\n\na,1\n":             "says good of a in line 2, and defective in line 4",
		"image,label\na,perhaps\n":              `line 2: the label "perhaps" is not understood`,
		"image,label\n,1\n":                     "names no photo in line 2",
		"image,verdict,label\na,good,1\n":       `line 2: the label is "1", but the verdict "good"`,
		"image,label\na,0,1\n":                  "3 values in line 2",
		"image,label\na,1\nb,defective,extra\n": "3 values in line 3",
	} {
		path := write(t, text)
		_, err := ReadLabels(path)
		if err == nil || fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestParseReadsLabels(t *testing.T) {
	path := write(t, "image,label\na.png,0\nb.png,1\n")
	method, labels, err := Parse("labels:" + path)
	if err != nil || method != "labels" || len(labels) != 2 {
		t.Errorf("%q, %v, %v", method, labels, err)
	}
	path = write(t, "image,label\na.png,0\n")
	_, _, err = Parse("labels:" + path)
	if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "the list "+path+": cannot take") {
		t.Error(err)
	}
}

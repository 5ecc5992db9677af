package export

import (
	"flag"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"musc/engine/verdict"
)

var update = flag.Bool("update", false, "write the golden files anew")

// region is what verdict makes of a mask.
func region(m mask, peak, mean float64) verdict.Region {
	r := verdict.Region{X: len(m[0]), Peak: peak, Mean: mean, Runs: m.runs()}
	right := 0
	for _, run := range r.Runs {
		r.X, right = min(r.X, run.From), max(right, run.To)
		r.Area += run.To - run.From
	}
	r.Y = r.Runs[0].Y
	r.Width, r.Height = right-r.X, r.Runs[len(r.Runs)-1].Y+1-r.Y
	return r
}

// ring has a hole, corners that touch, and both the photo's upper and its left edge.
var ring = mask{
	"####....",
	"#..#....",
	"#.##....",
	"##..#...",
	"........",
	"........",
}

// bar ends at the photo's right and lower edge.
var bar = mask{
	"........",
	"........",
	"........",
	"........",
	".....#..",
	"...#####",
}

// photos are those of the golden files. Their names are as strange as names can be.
func photos(folder string) []Image {
	list := []Image{
		{Name: "a/b.jpg", File: "a/b.jpg", Score: 0.25, Verdict: verdict.Good},
		{Name: "a/b.png", File: "a/b.png", Score: 0.5, Verdict: verdict.Defective,
			Regions: []verdict.Region{region(ring, 0.5, 0.4375), region(bar, 0.375, 0.3125)}},
		{Name: "images/5 % \"'<script>&#?.png", File: "images/5 % \"'<script>&#?.png",
			Score: 0.4, Verdict: verdict.Defective, Regions: []verdict.Region{region(bar, 0.4, 0.3)}},
		{Name: "latin-\xe4./\u2028new\nline%41.PNG", File: "latin-\xe4./\u2028new\nline%41.PNG",
			Score: 0.375, Verdict: verdict.Defective, Regions: []verdict.Region{region(ring, 0.375, 0.35)}},
		{Name: "写/größe.png", File: "写/größe.png", Score: 0.3, Verdict: verdict.Review},
	}
	for k := range list {
		list[k].Path = filepath.Join(folder, list[k].Name)
		list[k].Width, list[k].Height = len(ring[0]), len(ring)
	}
	return list
}

var about = About{Tool: "musc 1.2", Thresholds: verdict.Thresholds{Method: "auto", Threshold: 0.35,
	Review: 0.3, Notes: []string{"most photos are good"}}}

func all(images []Image) iter.Seq2[Image, error] {
	return func(yield func(Image, error) bool) {
		for _, image := range images {
			if !yield(image, nil) {
				return
			}
		}
	}
}

// write exports the images to a new folder.
func write(t *testing.T, format string, images []Image) (folder string) {
	t.Helper()
	formats, err := Parse(format)
	if err != nil {
		t.Fatal(err)
	}
	folder = filepath.Join(t.TempDir(), "new", "export")
	if err := Write(folder, formats, about, all(images)); err != nil {
		t.Fatal(err)
	}
	return folder
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// compareGolden compares a file with the one of the same name in testdata.
func compareGolden(t *testing.T, folder, name string) {
	t.Helper()
	got, golden := read(t, filepath.Join(folder, name)), filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := read(t, golden); got != want {
		t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
	}
}

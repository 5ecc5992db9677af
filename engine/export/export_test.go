package export

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/verdict"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "",
		" , ":              "",
		"coco":             "coco",
		" COCO, coco,,":    "coco",
		Names():            Names(),
		"coco,cocoa":       `no export format "cocoa"; give one or more of ` + Names(),
		"labels:coco.json": `no export format "labels:coco.json"`,
	} {
		formats, err := Parse(text)
		if err != nil {
			if fault.KindOf(err) != fault.Usage || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %q", text, err, want)
			}
			continue
		}
		var names []string
		for _, format := range formats {
			names = append(names, format.Name)
		}
		if got := strings.Join(names, ","); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

// The second and further times that a batch is written give the same bytes.
func TestExportsAreTheSameBytes(t *testing.T) {
	first, second := write(t, Names(), photos("/photos")), write(t, Names(), photos("/photos"))
	files := 0
	err := filepath.WalkDir(first, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		files++
		name, err := filepath.Rel(first, path)
		if read(t, path) != read(t, filepath.Join(second, name)) {
			t.Errorf("%s differs", name)
		}
		return err
	})
	if err != nil || files < len(allFormats) {
		t.Errorf("%d files, %v", files, err)
	}
}

func TestNoFormatWritesNothing(t *testing.T) {
	if _, err := os.Stat(write(t, "", photos("/photos"))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a folder: %v", err)
	}
}

// A batch without photos or without verdicts can be exported; that of one photo has a root, too.
func TestSmallBatches(t *testing.T) {
	undecided := photos("/photos/of/today")[:1]
	undecided[0].Verdict = verdict.None
	for name, images := range map[string][]Image{"empty": nil, "one": undecided} {
		for _, format := range allFormats {
			t.Run(name+" as "+format.Name, func(t *testing.T) { write(t, format.Name, images) })
		}
	}
}

func TestImagesThatCannotBeExported(t *testing.T) {
	broken := errors.New("the part is damaged")
	for name, c := range map[string]struct {
		change func(*Image)
		err    error
		want   string
	}{
		"damaged":      {func(*Image) {}, broken, "the part is damaged"},
		"score":        {func(m *Image) { m.Score = math.NaN() }, nil, "a/b.png: its score is NaN"},
		"no size":      {func(m *Image) { m.Width = 0 }, nil, "a/b.png: it has 0 x 6 pixels"},
		"no pixels":    {func(m *Image) { m.Regions[1].Runs = nil }, nil, "defect 2: it has no pixels"},
		"peak":         {func(m *Image) { m.Regions[0].Peak = math.Inf(1) }, nil, "peak and mean"},
		"outside":      {func(m *Image) { m.Width = 7 }, nil, "{Y:5 From:3 To:8} lies outside of 7 x 6"},
		"wrong box":    {func(m *Image) { m.Regions[0].X++ }, nil, "1,0 5x4 and 12, are not those"},
		"wrong area":   {func(m *Image) { m.Regions[0].Area++ }, nil, "0,0 5x4 and 13, are not those"},
		"out of order": {func(m *Image) { m.Regions[0].Runs[1].Y = 4 }, nil, "comes after"},
		"adjacent":     {func(m *Image) { m.Regions[0].Runs[2].From = 1 }, nil, "comes after"},
	} {
		images := photos("/photos")[1:2]
		c.change(&images[0])
		folder := filepath.Join(t.TempDir(), "export")
		err := Write(folder, allFormats, about, func(yield func(Image, error) bool) {
			yield(images[0], c.err)
		})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if _, err := os.Stat(folder); err == nil {
			t.Errorf("%s: something was written", name)
		}
	}
}

// What fails on the way leaves no half of a file.
func TestBatchThatBreaksOff(t *testing.T) {
	broken := errors.New("the part is damaged")
	for _, format := range allFormats {
		passes := 0
		images := iter.Seq2[Image, error](func(yield func(Image, error) bool) {
			passes++
			for k, image := range photos("/photos") {
				if passes > 1 && k == 2 {
					yield(Image{}, broken)
					return
				}
				if !yield(image, nil) {
					return
				}
			}
		})
		folder := filepath.Join(t.TempDir(), "export")
		if err := Write(folder, []Format{format}, about, images); !errors.Is(err, broken) ||
			!strings.HasPrefix(err.Error(), "exporting as "+format.Name) {
			t.Errorf("%s: %v", format.Name, err)
		}
		entries, _ := os.ReadDir(folder)
		for _, entry := range entries {
			if !entry.IsDir() {
				t.Errorf("%s left %s", format.Name, entry.Name())
			}
		}
	}
}

func TestFolderThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	err := Write(filepath.Join(file, "export"), allFormats, about, all(nil))
	if fault.KindOf(err) != fault.Output || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
}

func TestRoot(t *testing.T) {
	for name, c := range map[string]struct{ paths, root, names string }{
		"none":       {"", "", ""},
		"one":        {"/a/b/c.png", "/a/b", "c.png"},
		"siblings":   {"/a/b.png /a/c.png", "/a", "b.png c.png"},
		"nested":     {"/a/b/c.png /a/d.png /a/b/e/f.png", "/a", "b/c.png d.png b/e/f.png"},
		"beginnings": {"/a/bc/d.png /a/b/d.png", "/a", "bc/d.png b/d.png"},
		"the top":    {"/a/b.png /c.png", "/", "a/b.png c.png"},
	} {
		var common commonFolder
		paths := strings.Fields(c.paths)
		for _, path := range paths {
			common.add(path)
		}
		var names []string
		for _, path := range paths {
			names = append(names, root(common.folder).name(path))
		}
		if got := strings.Join(names, " "); common.folder != c.root || got != c.names {
			t.Errorf("%s: %s and %s, want %s and %s", name, common.folder, got, c.root, c.names)
		}
	}
	if got := root("").name("/a/b.png"); got != "/a/b.png" {
		t.Errorf("without a root: %s", got)
	}
}

// What package verdict finds is as the formats rely on, and each region is one line of YOLO's.
func TestRegionsOfPackageVerdict(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	thresholds := verdict.Thresholds{Method: "0.6", Threshold: 0.6, Review: 0.5}
	var images []Image
	for k := range 20 {
		grid := verdict.Grid{Height: 7, Width: 9, Scores: make([]float64, 7*9)}
		for i := range grid.Scores {
			grid.Scores[i] = random.Float64()
		}
		image := Image{Name: fmt.Sprint(k), File: fmt.Sprint(k), Path: fmt.Sprintf("/photos/%d.png", k),
			Width: 30 + 7*k, Height: 150 - 5*k, Score: 0.95, Verdict: verdict.Defective}
		var err error
		image.Regions, err = verdict.Regions(grid, image.Width, image.Height, image.Score, &thresholds)
		if err != nil || len(image.Regions) == 0 {
			t.Fatalf("%d regions, %v", len(image.Regions), err)
		}
		for _, r := range image.Regions {
			if lines := slitPolygons(r.Runs); len(lines) != 1 {
				t.Errorf("%d polygons of %+v", len(lines), r)
			}
		}
		images = append(images, image)
	}
	write(t, Names(), images)
}

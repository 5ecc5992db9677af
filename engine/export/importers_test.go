package export

import (
	"encoding/json"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/assets"
	"musc/engine/atomicfile"
	"musc/engine/verdict"
)

// The importers of other tools find in the exports what was exported. They come from the package
// registry, in the versions that importers/requirements.txt names, into a virtual environment in
// the cache.
func TestImporters(t *testing.T) {
	if os.Getenv("MUSC_CHECK_EXPORTS") == "" {
		t.Skip("make check-exports runs it: it fetches other tools")
	}
	folder := t.TempDir()
	images := append(blobs(filepath.Join(folder, "photos")), photos(filepath.Join(folder, "photos"))...)
	for k := range images {
		// Ultralytics leaves out photos of less than ten pixels.
		images[k].Width, images[k].Height = max(images[k].Width, 10), max(images[k].Height, 10)
		makePhoto(t, &images[k])
	}
	if err := Write(filepath.Join(folder, "export"), allFormats, about, all(images)); err != nil {
		t.Fatal(err)
	}
	writeTruth(t, filepath.Join(folder, "truth.json"), images)
	python := importers(t)
	command := exec.Command(python, filepath.Join("importers", "check.py"), folder)
	command.Env = append(os.Environ(), "HOME="+folder, "YOLO_CONFIG_DIR="+folder, // their settings
		"PYTHONDONTWRITEBYTECODE=1")
	said, err := command.CombinedOutput()
	t.Logf("%s", said)
	if err != nil {
		t.Error(err)
	}
}

// importers installs them, unless the environment is as requirements.txt wants it already.
func importers(t *testing.T) (python string) {
	t.Helper()
	cache, err := assets.Cache()
	if err != nil {
		t.Fatal(err)
	}
	environment := filepath.Join(cache, "check-exports")
	wanted := filepath.Join("importers", "requirements.txt")
	installed := filepath.Join(environment, "installed.txt")
	python = filepath.Join(environment, "bin", "python")
	if content, err := os.ReadFile(installed); err == nil && string(content) == read(t, wanted) {
		return python
	}
	for _, step := range [][]string{
		{"python3", "-m", "venv", "--clear", environment},
		{python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
			"--only-binary=:all:", "-r", wanted},
	} {
		if said, err := exec.Command(step[0], step[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(step, " "), err, said)
		}
	}
	if err := atomicfile.WriteFile(installed, []byte(read(t, wanted))); err != nil {
		t.Fatal(err)
	}
	return python
}

func makePhoto(t *testing.T, m *Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.Path), 0o755); err != nil {
		t.Fatal(err)
	}
	picture := image.NewGray(image.Rect(0, 0, m.Width, m.Height))
	err := atomicfile.Save(m.Path, func(w io.Writer) error {
		if strings.HasSuffix(m.Path, ".jpg") {
			return jpeg.Encode(w, picture, nil)
		}
		return png.Encode(w, picture)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// blobs are photos of several sizes with regions of all shapes, holes among them. The first one has
// no verdict.
func blobs(folder string) (list []Image) {
	list = []Image{{Name: "0.png", File: "0.png", Path: filepath.Join(folder, "0.png"), Score: 1}}
	random := rand.New(rand.NewPCG(5, 6))
	for k, size := range [][2]int{{61, 97}, {640, 480}, {2, 300}, {233, 1}, {1200, 1600}} {
		image := Image{Name: string(rune('a'+k)) + "/blob.png", Score: 0.75, Verdict: verdict.Defective,
			Height: size[0], Width: size[1]}
		image.File, image.Path = image.Name, filepath.Join(folder, image.Name)
		for range 3 {
			image.Regions = append(image.Regions, region(blob(random, size[0], size[1]), 0.75, 0.5))
		}
		list = append(list, image)
	}
	return list
}

// blob joins discs, takes others away, and keeps what touches one pixel.
func blob(random *rand.Rand, height, width int) mask {
	on := make([]bool, height*width)
	middle := height/2*width + width/2
	for k := range 30 {
		radius := 1 + random.IntN(max(height, width)/8)
		cy, cx := random.IntN(height)/2+height/4, random.IntN(width)/2+width/4
		for i := range on {
			if dy, dx := i/width-cy, i%width-cx; dy*dy+dx*dx < radius*radius {
				on[i] = k%2 == 0
			}
		}
	}
	on[middle] = true
	kept, queue := make([]bool, len(on)), []int{middle}
	kept[middle] = true
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for k := range 9 {
			y, x := i/width+k/3-1, i%width+k%3-1
			if y < 0 || y >= height || x < 0 || x >= width || !on[y*width+x] || kept[y*width+x] {
				continue
			}
			kept[y*width+x] = true
			queue = append(queue, y*width+x)
		}
	}
	m := make(mask, height)
	for y := range m {
		row := make([]byte, width)
		for x := range row {
			row[x] = '.'
			if kept[y*width+x] {
				row[x] = '#'
			}
		}
		m[y] = string(row)
	}
	return m
}

// writeTruth writes what check.py compares with.
func writeTruth(t *testing.T, path string, images []Image) {
	t.Helper()
	type truthRegion struct {
		Box  [4]int   `json:"box"`
		Runs [][3]int `json:"runs"`
	}
	type truth struct {
		Name    string          `json:"name"`
		Path    string          `json:"path"`
		Verdict verdict.Verdict `json:"verdict"`
		Score   float64         `json:"score"`
		Width   int             `json:"width"`
		Height  int             `json:"height"`
		Regions []truthRegion   `json:"regions"`
	}
	var list []truth
	for _, m := range images {
		one := truth{m.Name, m.Path, m.Verdict, m.Score, m.Width, m.Height, []truthRegion{}}
		for _, r := range m.Regions {
			of := truthRegion{[4]int{r.X, r.Y, r.Width, r.Height}, nil}
			for _, run := range r.Runs {
				of.Runs = append(of.Runs, [3]int{run.Y, run.From, run.To})
			}
			one.Regions = append(one.Regions, of)
		}
		list = append(list, one)
	}
	coded, err := json.Marshal(list)
	if err == nil {
		err = os.WriteFile(path, coded, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

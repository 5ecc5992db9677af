package export

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"musc/engine/fault"
	"musc/engine/verdict"
)

// All files are in one golden file: their names are not for every file system.
func TestYOLOIsTheGoldenFolder(t *testing.T) {
	folder := write(t, "yolo", photos("/photos"))
	var all strings.Builder
	list := func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(folder, name)
		if entry.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(name)
			fmt.Fprintf(&all, "%q -> %q\n", relative, target)
			return err
		}
		fmt.Fprintf(&all, "%q:\n%s", relative, read(t, name))
		return err
	}
	err := filepath.WalkDir(filepath.Join(folder, "yolo"), list)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "yolo.txt"), []byte(all.String()), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	compareGolden(t, folder, "yolo.txt")
}

// dataset is what Ultralytics finds: the photos that data.yaml leads to, with their labels.
func dataset(t *testing.T, folder string) (links, labels []string) {
	t.Helper()
	var data struct {
		Train, Val string
		Names      map[int]string
	}
	if err := yaml.Unmarshal([]byte(read(t, filepath.Join(folder, "data.yaml"))), &data); err != nil {
		t.Fatal(err)
	}
	if data.Val != data.Train || len(data.Names) != 1 || data.Names[0] != category {
		t.Errorf("data.yaml has %+v", data)
	}
	for line := range strings.Lines(read(t, filepath.Join(folder, data.Train))) {
		link := filepath.Join(folder, strings.TrimSpace(line))
		cut := strings.LastIndex(link, "/images/")
		label := link[:cut] + "/labels/" + link[cut+len("/images/"):]
		links = append(links, link)
		labels = append(labels, strings.TrimSuffix(label, path.Ext(label))+".txt")
	}
	return links, labels
}

func TestYOLOLabelsAreTheRegions(t *testing.T) {
	images := photos("/photos")
	links, labels := dataset(t, filepath.Join(write(t, "yolo", images), "yolo"))
	images = slices.DeleteFunc(images, func(m Image) bool { return m.Verdict == verdict.Review })
	if len(links) != len(images) {
		t.Fatalf("%d photos, want %d", len(links), len(images))
	}
	for i, image := range images {
		if target, err := os.Readlink(links[i]); err != nil || target != image.Path {
			t.Errorf("%s leads to %q, %v", links[i], target, err)
		}
		lines := slices.Collect(strings.Lines(read(t, labels[i])))
		if len(lines) != len(image.Regions) {
			t.Errorf("%s has %d lines for %d regions", labels[i], len(lines), len(image.Regions))
		}
		for k, line := range lines {
			var outline polygon
			fields := strings.Fields(line)[1:]
			for j := 0; j < len(fields); j += 2 {
				outline = append(outline, point{pixels(t, fields[j], image.Width),
					pixels(t, fields[j+1], image.Height)})
			}
			got := painted(t, []polygon{outline}, image.Height, image.Width).runs()
			if !slices.Equal(got, image.Regions[k].Runs) || line[:2] != "0 " {
				t.Errorf("%s: %s is %v, want %v", labels[i], line, got, image.Regions[k].Runs)
			}
		}
	}
}

func pixels(t *testing.T, part string, of int) int {
	t.Helper()
	value, err := strconv.ParseFloat(part, 64)
	value *= float64(of)
	if err != nil || math.Abs(value-math.Round(value)) > 1e-6*float64(of) {
		t.Errorf("%q of %d pixels: %v", part, of, err)
	}
	return int(math.Round(value))
}

// Corners are told to a part of a pixel even in the largest photos.
func TestYOLOCornersOfLargePhotos(t *testing.T) {
	const width = 1 << 17
	for _, x := range []int{0, 1, 3, 65537, width - 1, width} {
		text := strings.TrimSpace(string(appendPart(nil, x, width)))
		if got := pixels(t, text, width); got != x || strings.Contains(text, "e") {
			t.Errorf("%d of %d is %s", x, width, text)
		}
	}
}

func TestYOLONames(t *testing.T) {
	for file, want := range map[string]string{
		"a":                  "a.png",
		"a/b c":              "a/b c.png",
		"写/5 %":              "写/5 %.png",
		"a.b./c":             "a.b%2E/c.png",
		"images/a":           "%69mages/a.png",
		"x/images/images":    "x/%69mages/images.png",
		"%69mages/a":         "%2569mages/a.png",
		"imagesimages/a":     "imagesimages/a.png",
		"a\nb":               "a%0Ab.png",
		"a\u2028b":           "a%E2%80%A8b.png",
		"latin-\xe4写":        "latin-%E4写.png",
		"a%0Ab":              "a%250Ab.png",
		"\u0085/\x1c.\ufffd": "%C2%85/%1C.%EF%BF%BD.png",
	} {
		if got := yoloName(&Image{File: filepath.FromSlash(file), Path: "/photos/x.png"}); got != want {
			t.Errorf("%q is %q, want %q", file, got, want)
		}
	}
	if got := yoloName(&Image{File: "a.b", Path: "/photos.of/a"}); got != "a.b" {
		t.Errorf("without an extension: %q", got)
	}
}

func TestYOLOThatIsThereAlready(t *testing.T) {
	folder := write(t, "yolo", photos("/photos"))
	formats, _ := Parse("yolo")
	err := Write(folder, formats, about, all(photos("/photos")))
	if fault.KindOf(err) != fault.Output || !strings.Contains(err.Error(), "/photos/a/b.jpg") {
		t.Errorf("got %v", err)
	}
}

package evaluation

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/csvfile"
	"musc/engine/evaluation/labelled"
	"musc/engine/fault"
	"musc/engine/imageio"
	"musc/engine/report"
)

// Maps are anomaly maps of another method, in files: float TIFF or .npy, one an image, called as
// the image, with or without its own extension, in a folder a class or, for a single class, in
// the folder itself. MVTec AD's way, a folder `test` in the class's, is understood too.
type Maps struct {
	Folder string
	Scores string // a CSV with image,score (and class); "": an image's score is its map's maximum
	Single bool   // the data set has one class
}

var mapExtensions = []string{".tiff", ".tif", ".npy"}

// find returns the map of an image.
func (m *Maps) find(class, image string) (string, error) {
	folders := []string{filepath.Join(m.Folder, class), filepath.Join(m.Folder, class, "test")}
	if m.Single {
		folders = append(folders, m.Folder, filepath.Join(m.Folder, "test"))
	}
	name := filepath.FromSlash(image)
	for _, folder := range folders {
		for _, base := range []string{strings.TrimSuffix(name, filepath.Ext(name)), name} {
			for _, extension := range mapExtensions {
				path := filepath.Join(folder, base+extension)
				if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
					return path, nil
				}
			}
		}
	}
	return "", fault.New(fault.Input, "there is no map of %s (class %s) in %s: looked for %s and the "+
		"like; name the maps as the images, as TIFF or .npy", image, class, m.Folder,
		filepath.Join(folders[0], strings.TrimSuffix(name, filepath.Ext(name))+mapExtensions[0]))
}

// Measure measures the maps of a class. A missing map is an error of kind fault.Input, for a figure
// over fewer images would not be comparable; so is one with a value that is not finite, and one whose
// sides are those of the photo swapped.
func (m *Maps) Measure(ctx context.Context, class *labelled.Class) (*Result, error) {
	scores, err := m.readScores(class.Name)
	if err != nil {
		return nil, err
	}
	paths, err := m.files(class)
	if err != nil {
		return nil, err
	}
	predictions := make([]prediction, len(class.Test))
	stretched := 0
	for i, image := range class.Test {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		values, width, height, err := readMap(paths[i])
		if err != nil {
			return nil, err
		}
		fits, err := compare(paths[i], width, height, image.Path)
		if err != nil {
			return nil, err
		}
		if !fits {
			stretched++
		}
		score, listed := scores[image.Name]
		switch {
		case scores == nil:
			score = float64(slices.Max(values))
		case !listed:
			return nil, fault.New(fault.Input, "%s has no score of %s (class %s); add its row",
				m.Scores, image.Name, class.Name)
		}
		predictions[i] = prediction{image, score, score}
	}
	result, err := measure(ctx, class.Name, predictions, func(i int) ([]float32, int, int, error) {
		return readMap(paths[i])
	})
	if err == nil && stretched > 0 {
		result.Notes = append(result.Notes, fmt.Sprintf("%d of its %d maps have another shape than their "+
			"photos and are no squares: the masks are stretched to them", stretched, len(paths)))
	}
	return result, err
}

// Inputs are the files that a class's result depends on besides its images and masks.
func (m *Maps) Inputs(class *labelled.Class) ([]string, error) {
	paths, err := m.files(class)
	if m.Scores != "" {
		paths = append(paths, m.Scores)
	}
	return paths, err
}

// files are the maps of a class, in the order of its images.
func (m *Maps) files(class *labelled.Class) (paths []string, err error) {
	paths = make([]string, len(class.Test))
	for i, image := range class.Test {
		if paths[i], err = m.find(class.Name, image.Name); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

// readMap reads a map, whose values must be finite.
func readMap(path string) (values []float32, width, height int, err error) {
	if values, width, height, err = report.ReadMap(path); err != nil {
		return nil, 0, 0, err
	}
	for i, value := range values {
		if value-value != 0 { // NaN or infinite
			return nil, 0, 0, fault.New(fault.Input, "cannot measure the map %s: it is %v at column %d, "+
				"row %d; make the map again, or leave the image out of the data set", path, value, i%width,
				i/width)
		}
	}
	return values, width, height, nil
}

// compare is whether a map has the shape of its photo, or is the square that a model makes of it. A
// map whose sides are swapped is an error. Without the photo nothing can be said.
func compare(path string, width, height int, photo string) (fits bool, err error) {
	photoWidth, photoHeight, err := imageio.Size(photo)
	if err != nil || sameShape(width, height, photoWidth, photoHeight) {
		return true, nil
	}
	if width == height {
		return true, nil
	}
	if sameShape(height, width, photoWidth, photoHeight) {
		return false, fault.New(fault.Input, "the map %s is %d x %d pixels, but its photo %s %d x %d: its "+
			"sides are swapped; transpose it, [height,width] is the order", path, width, height, photo,
			photoWidth, photoHeight)
	}
	return false, nil
}

// sameShape is whether two rectangles have the same ratio of their sides, to a rounded pixel of the
// smaller.
func sameShape(width, height, otherWidth, otherHeight int) bool {
	if width > otherWidth {
		width, height, otherWidth, otherHeight = otherWidth, otherHeight, width, height
	}
	exact := float64(width) * float64(otherHeight) / float64(otherWidth)
	return math.Abs(exact-float64(height)) <= 1
}

// readScores reads the scores of a class by image, nil if there is no file for them.
func (m *Maps) readScores(class string) (map[string]float64, error) {
	if m.Scores == "" {
		return nil, nil
	}
	list, err := csvfile.ReadTable(m.Scores, "image", "score")
	if err != nil {
		return nil, err
	}
	scores := map[string]float64{}
	for _, row := range list.Rows {
		if list.Has("class") && list.Text(row, "class") != class {
			continue
		}
		value, err := list.Number(row, "score")
		if err != nil {
			return nil, err
		}
		scores[strings.ReplaceAll(list.Text(row, "image"), `\`, "/")] = value
	}
	return scores, nil
}

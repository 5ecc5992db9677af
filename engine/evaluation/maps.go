package evaluation

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/csvfile"
	"musc/engine/evaluation/labelled"
	"musc/engine/fault"
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
// over fewer images would not be comparable.
func (m *Maps) Measure(ctx context.Context, class *labelled.Class) (*Result, error) {
	scores, err := m.readScores(class.Name)
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(class.Test))
	predictions := make([]Prediction, len(class.Test))
	for i, image := range class.Test {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if paths[i], err = m.find(class.Name, image.Name); err != nil {
			return nil, err
		}
		score, listed := scores[image.Name]
		switch {
		case scores == nil:
			values, _, _, err := report.ReadMap(paths[i])
			if err != nil {
				return nil, err
			}
			score = float64(slices.Max(values))
		case !listed:
			return nil, fault.New(fault.Input, "%s has no score of %s (class %s); add its row",
				m.Scores, image.Name, class.Name)
		}
		predictions[i] = Prediction{image, score, score}
	}
	return Measure(ctx, class.Name, predictions, func(i int) ([]float32, int, int, error) {
		return report.ReadMap(paths[i])
	})
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

package export

import (
	_ "embed"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"musc/engine/atomicfile"
	"musc/engine/verdict"
)

// writeLabelStudio writes labelstudio.json, a list of tasks with predictions as Label Studio
// imports it (labelstud.io/guide/predictions), and labelstudio.xml, the labelling interface that
// they are for. Every photo is a task. Its prediction holds the verdict as a choice and each defect
// twice: as a box, and as pixels by Label Studio's brush. A photo without a verdict has no
// prediction.
//
// Label Studio serves photos of a folder that lies below its LOCAL_FILES_DOCUMENT_ROOT and is not
// that folder itself: the root of the photos is taken for the former, the folder above it for the
// latter.
func writeLabelStudio(folder string, b *batch) error {
	err := saveJSON(filepath.Join(folder, "labelstudio.json"), "[", "]", func(w *jsonWriter) error {
		return b.each(func(image *Image) error {
			task, err := studioTaskOf(image, b)
			if err != nil {
				return err
			}
			return w.element(task)
		})
	})
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(folder, "labelstudio.xml"), studioInterface)
}

//go:embed labelstudio.xml
var studioInterface []byte

// The names of what is in labelstudio.xml.
const (
	studioImage   = "image"
	studioVerdict = "verdict"
	studioBoxes   = "box"
	studioPixels  = "pixels"
)

type studioTask struct {
	Data        studioData         `json:"data"`
	Predictions []studioPrediction `json:"predictions"`
}

type studioData struct {
	Image   string          `json:"image"` // where Label Studio serves it
	Name    string          `json:"name"`
	Path    string          `json:"path"`
	Verdict verdict.Verdict `json:"verdict"`
	Score   float64         `json:"score"`
}

type studioPrediction struct {
	Model  string         `json:"model_version"`
	Score  float64        `json:"score"` // Label Studio refuses what is not between 0 and 1
	Result []studioResult `json:"result"`
}

type studioResult struct {
	ID       string   `json:"id"`
	Type     string   `json:"type"`
	From     string   `json:"from_name"`
	To       string   `json:"to_name"`
	Width    int      `json:"original_width"`
	Height   int      `json:"original_height"`
	Rotation int      `json:"image_rotation"`
	Score    *float64 `json:"score,omitempty"`
	Value    any      `json:"value"`
}

type studioChoice struct {
	Choices []verdict.Verdict `json:"choices"`
}

// studioBox is in percent of the photo's width and height.
type studioBox struct {
	X        float64  `json:"x"`
	Y        float64  `json:"y"`
	Width    float64  `json:"width"`
	Height   float64  `json:"height"`
	Rotation float64  `json:"rotation"`
	Labels   []string `json:"rectanglelabels"`
}

type studioBrush struct {
	Format string   `json:"format"`
	RLE    octets   `json:"rle"`
	Labels []string `json:"brushlabels"`
}

func studioTaskOf(m *Image, b *batch) (task studioTask, err error) {
	task = studioTask{studioData{studioURL(b.root, m.Path), m.Name, m.Path, m.Verdict, m.Score},
		[]studioPrediction{}}
	if m.Verdict == verdict.None {
		return task, nil
	}
	part := func(id, kind, control string, score *float64, value any) studioResult {
		return studioResult{id, kind, control, studioImage, m.Width, m.Height, 0, score, value}
	}
	results := []studioResult{part("verdict", "choices", studioVerdict, nil,
		studioChoice{[]verdict.Verdict{m.Verdict}})}
	width, height := float64(m.Width), float64(m.Height)
	for k := range m.Regions {
		r, number := &m.Regions[k], strconv.Itoa(k+1)
		pixels, err := brushRLE(r.Runs, m.Width, m.Height)
		if err != nil {
			return task, fmt.Errorf("the defects of %s: %w", m.Name, err)
		}
		box := studioBox{100 * float64(r.X) / width, 100 * float64(r.Y) / height,
			100 * float64(r.Width) / width, 100 * float64(r.Height) / height, 0, []string{category}}
		results = append(results,
			part("box-"+number, "rectanglelabels", studioBoxes, &r.Peak, box),
			part("pixels-"+number, "brushlabels", studioPixels, &r.Peak,
				studioBrush{"rle", pixels, []string{category}}))
	}
	task.Predictions = append(task.Predictions,
		studioPrediction{b.Tool, min(1, max(0, m.Score)), results})
	return task, nil
}

// studioURL is where Label Studio serves a photo.
func studioURL(r root, path string) string {
	parts := strings.Split(r.name(path), "/")
	if base := filepath.Base(string(r)); r != "" && filepath.Dir(string(r)) != string(r) {
		parts = append([]string{base}, parts...)
	}
	for k, part := range parts {
		parts[k] = url.QueryEscape(part)
	}
	return "/data/local-files/?d=" + strings.ReplaceAll(strings.Join(parts, "/"), "+", "%20")
}

package export

import (
	"path/filepath"

	"musc/engine/verdict"
)

// writeCOCO writes coco.json in the form of COCO's object detection (cocodataset.org/#format-data).
// Every photo is in "images", also those without a defect. A defect is an annotation with polygons
// and iscrowd 0; area and bbox are those of its pixels, which pycocotools finds in the polygons,
// too. What the form has no name for is in fields that importers leave alone: "name", "verdict" and
// "score" of an image, "score" (the peak) and "mean" of an annotation, and "images_root" in "info",
// the folder that file_name is relative to.
func writeCOCO(folder string, b *batch) error {
	return saveJSON(filepath.Join(folder, "coco.json"), "{", "}", func(w *jsonWriter) error {
		w.member("info", cocoInfo{"Defects found by " + b.Tool, b.Tool, string(b.root), b.Thresholds})
		w.member("licenses", []string{})
		w.member("categories", []cocoCategory{{1, category, "anomaly"}})
		err := w.array("images", func() error {
			id := 0
			return b.each(func(image *Image) error {
				id++
				return w.element(cocoPhoto(id, b.root.name(image.Path), image))
			})
		})
		if err != nil {
			return err
		}
		return w.array("annotations", func() error {
			photo, id := 0, 0
			return b.each(func(image *Image) error {
				photo++
				for k := range image.Regions {
					id++
					if err := w.element(cocoDefect(id, photo, &image.Regions[k])); err != nil {
						return err
					}
				}
				return nil
			})
		})
	})
}

type cocoInfo struct {
	Description string             `json:"description"`
	Version     string             `json:"version"`
	Root        string             `json:"images_root"`
	Thresholds  verdict.Thresholds `json:"thresholds"`
}

type cocoCategory struct {
	ID            int    `json:"id"`
	Name          string `json:"name"`
	Supercategory string `json:"supercategory"`
}

type cocoImage struct {
	ID       int             `json:"id"`
	Width    int             `json:"width"`
	Height   int             `json:"height"`
	FileName string          `json:"file_name"`
	Name     string          `json:"name"`
	Verdict  verdict.Verdict `json:"verdict"`
	Score    float64         `json:"score"`
}

type cocoAnnotation struct {
	ID           int     `json:"id"`
	ImageID      int     `json:"image_id"`
	CategoryID   int     `json:"category_id"`
	Segmentation [][]int `json:"segmentation"`
	Area         int     `json:"area"`
	Box          [4]int  `json:"bbox"` // left, top, width, height
	Crowd        int     `json:"iscrowd"`
	Score        float64 `json:"score"`
	Mean         float64 `json:"mean"`
}

func cocoPhoto(id int, file string, m *Image) cocoImage {
	return cocoImage{id, m.Width, m.Height, file, m.Name, m.Verdict, m.Score}
}

func cocoDefect(id, image int, r *verdict.Region) cocoAnnotation {
	var segmentation [][]int
	for _, outline := range simplePolygons(r.Runs) {
		var coordinates []int
		for _, corner := range outline {
			coordinates = append(coordinates, corner.x, corner.y)
		}
		segmentation = append(segmentation, coordinates)
	}
	return cocoAnnotation{id, image, 1, segmentation, r.Area, [4]int{r.X, r.Y, r.Width, r.Height}, 0,
		r.Peak, r.Mean}
}

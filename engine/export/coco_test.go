package export

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"
)

func TestCOCOIsTheGoldenFile(t *testing.T) {
	compareGolden(t, write(t, "coco", photos("/photos")), "coco.json")
}

// Areas and boxes agree with the polygons, and the polygons are the pixels.
func TestCOCOPolygonsAreTheRegions(t *testing.T) {
	images := photos("/photos")
	var coco struct {
		Images []struct {
			ID   int
			Name string
		}
		Annotations []struct {
			ImageID      int `json:"image_id"`
			Segmentation [][]int
		}
	}
	text := read(t, filepath.Join(write(t, "coco", images), "coco.json"))
	if err := json.Unmarshal([]byte(text), &coco); err != nil {
		t.Fatal(err)
	}
	k := 0
	for i, image := range images {
		for _, region := range image.Regions {
			found := coco.Annotations[k]
			k++
			if found.ImageID != coco.Images[i].ID {
				t.Errorf("annotation %d is of image %d", k, found.ImageID)
			}
			var polygons []polygon
			for _, flat := range found.Segmentation {
				var line polygon
				for j := 0; j < len(flat); j += 2 {
					line = append(line, point{flat[j], flat[j+1]})
				}
				polygons = append(polygons, line)
			}
			got := painted(t, polygons, image.Height, image.Width).runs()
			if !slices.Equal(got, region.Runs) {
				t.Errorf("annotation %d has %v, want %v", k, got, region.Runs)
			}
		}
	}
	if len(coco.Annotations) != k || k == 0 {
		t.Errorf("%d annotations, want %d", len(coco.Annotations), k)
	}
}

package paper

import (
	"encoding/csv"
	"fmt"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"musc/engine/atomicfile"
	"musc/engine/dataset"
	"musc/engine/fault"
)

// drawPhotos makes photos of squares on noise, the same every time.
func drawPhotos(folder string, count int) ([]dataset.Item, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fault.New(fault.Output, "cannot make the folder for photos: %w; choose another with "+
			"-o", err)
	}
	var items []dataset.Item
	for i := range count {
		name := fmt.Sprintf("%04d.png", i)
		path := filepath.Join(folder, name)
		err := atomicfile.Save(path, func(w io.Writer) error {
			return png.Encode(w, drawPhoto(uint64(i)))
		})
		if err != nil {
			return nil, err
		}
		items = append(items, dataset.Item{Path: path, Name: name})
	}
	return items, nil
}

func drawPhoto(seed uint64) image.Image {
	const side = 96
	random := rand.New(rand.NewPCG(seed, 0))
	picture := image.NewGray(image.Rect(0, 0, side, side))
	x0, y0 := random.IntN(side/2), random.IntN(side/2)
	for p := range picture.Pix {
		x, y := p%side-x0, p/side-y0
		picture.Pix[p] = uint8(60 + random.IntN(30))
		if x >= 0 && y >= 0 && x < side/2 && y < side/2 {
			picture.Pix[p] += 100
		}
	}
	return picture
}

// writeManifest lists the photos for the score command, by full path.
func writeManifest(path string, photos []dataset.Item) error {
	return atomicfile.Save(path, func(w io.Writer) error {
		out := csv.NewWriter(w)
		rows := [][]string{{"image"}}
		for _, photo := range photos {
			full, err := filepath.Abs(photo.Path)
			if err != nil {
				return err
			}
			rows = append(rows, []string{full})
		}
		return out.WriteAll(rows)
	})
}

// Package report writes what a job found out, as files that are the same bytes on every run:
//
//	scores.csv           one row an image, in the order of the batch; package verdict writes defects.csv
//	run.json             how the scores came about: parameters, versions, checksums, timings
//	report.html          a page that shows it all, of package page
//	report/*.jpg         its pictures, where they are too many to be in it
//	overview.png         the most and the least anomalous images in one picture
//	overlays/NAME.png    the photo under its heat map, in one colour scale for the whole batch
//	masks/NAME.png       the pixels of defects, of package verdict
//	maps/NAME.tiff|.npy  the anomaly map at the photo's original size, float32
//
// NAME is the image's name in the batch, which may hold folders; FileNames says how. Dates and
// timings are in run.json and report.html only. Every file is written whole or not at all, and the folders above it
// are made. What the file system refuses is of kind fault.Output, a value that is not a finite
// number of kind fault.Input.
package report

import (
	"io"
	"math"
	"os"
	"path/filepath"

	"musc/engine/atomicfile"
	"musc/engine/fault"
)

// save is atomicfile.Save into folders that need not exist yet.
func save(path string, write func(w io.Writer) error) error {
	if err := makeFolder(path); err != nil {
		return err
	}
	return atomicfile.Save(path, write)
}

// makeFolder makes the folder that path lies in.
func makeFolder(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fault.New(fault.Output, "cannot make the folder of %s: %w; choose another place with -o",
			path, err)
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

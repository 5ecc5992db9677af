// Package report writes what a job found out, as files that are the same bytes on every run:
//
//	scores.csv           one row an image, in the order of the batch
//	run.json             how the scores came about: parameters, versions, checksums, timings
//	overview.png         the most and the least anomalous images in one picture
//	overlays/NAME.png    the photo under its heat map, in one colour scale for the whole batch
//	maps/NAME.tiff|.npy  the anomaly map at the photo's original size, float32
//
// NAME is the image's name in the batch, which may hold folders; FileNames says how. Dates and
// timings are in run.json only. Every file is written whole or not at all, and the folders above it
// are made. What the file system refuses is of kind fault.Output, a value that is not a finite
// number of kind fault.Input.
package report

import (
	"io"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"

	"musc/engine/atomicfile"
	"musc/engine/fault"
)

// The names inside an output folder.
const (
	ScoresFile     = "scores.csv"
	RunFile        = "run.json"
	OverviewFile   = "overview.png"
	MapsFolder     = "maps"
	OverlaysFolder = "overlays"
)

// FileNames gives each image of a batch the name of its map and overlay, without their extension
// and with the system's separators: the image's name without its own extension, or with it in the
// whole batch where two images would otherwise share a file. names are slash-separated and unique.
// A name that points out of the output folder is of kind fault.Input.
func FileNames(names []string) ([]string, error) {
	stems, seen := make([]string, len(names)), make(map[string]bool, len(names))
	for i, name := range names {
		local := filepath.FromSlash(name)
		if !filepath.IsLocal(local) || filepath.Clean(local) == "." {
			return nil, fault.New(fault.Input, "cannot name the results of image %q: the name points "+
				"out of the output folder; give it a name without .. and without a leading slash", name)
		}
		stems[i] = local
		extension := path.Ext(name)
		if len(extension) > 1 && extension != path.Base(name) {
			stems[i] = strings.TrimSuffix(local, extension)
		}
		seen[stems[i]] = true
	}
	if len(seen) == len(names) {
		return stems, nil
	}
	for i, name := range names {
		stems[i] = filepath.FromSlash(name)
	}
	return stems, nil
}

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

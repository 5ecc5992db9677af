// Package export writes the verdicts and the defects of a scored batch in the forms that annotation
// and data set tools import: one file of this package a format, so that another is a new file and a
// line in allFormats. docs/exports.md says what the files are and how each tool imports them.
//
// A batch is written while it is gone through: memory does not grow with the number of photos. The
// photos themselves are not copied.
package export

import (
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/fault"
	"musc/engine/verdict"
)

// category is what every defect is called: musc says where something differs, not what it is.
const category = "defect"

// Image is one scored photo.
type Image struct {
	Name    string // in the batch: unique, slash-separated
	Path    string // the photo's file, absolute or relative to the working folder
	File    string // what its results are called, without extension: report.FileNames
	Width   int    // in pixels, as the regions are
	Height  int
	Score   float64 // before RsCIN, which Verdict is about
	Verdict verdict.Verdict
	Regions []verdict.Region // its defects; none unless it is defective
}

// About says where a batch's verdicts come from.
type About struct {
	Tool       string // name and version
	Thresholds verdict.Thresholds
}

// Format is a form to export in.
type Format struct {
	Name  string // as users give it
	Files string // what it writes, in the folder of exports
	write func(folder string, b *batch) error
}

// allFormats are all there are.
var allFormats = []Format{
	{"coco", "coco.json", writeCOCO},
	{"yolo", "yolo/", writeYOLO},
	{"labelstudio", "labelstudio.json, labelstudio.xml", writeLabelStudio},
	{"fiftyone", "fiftyone/", writeFiftyOne},
}

// Parse reads a list like "coco,yolo"; no name, none. What is no format is of kind fault.Usage.
func Parse(text string) ([]Format, error) {
	var list []Format
	for _, name := range strings.Split(text, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" {
			continue
		}
		k := slices.IndexFunc(allFormats, func(f Format) bool { return f.Name == name })
		if k < 0 {
			return nil, fault.New(fault.Usage, "there is no export format %q; give one or more of %s, "+
				"separated by commas", name, Names())
		}
		if !slices.ContainsFunc(list, func(f Format) bool { return f.Name == name }) {
			list = append(list, allFormats[k])
		}
	}
	return list, nil
}

// Names lists all formats, separated by commas.
func Names() string {
	var names []string
	for _, format := range allFormats {
		names = append(names, format.Name)
	}
	return strings.Join(names, ",")
}

// Write writes a batch in the given formats into folder, which is made if need be and is to hold
// nothing of these formats yet. images is gone through several times and has to give the same
// photos, in the same order, each time; an error in it ends the export. Errors in what it gives
// name the photo. JSON files are written whole or not at all, folders (Format.Files ends in a
// slash) are not.
func Write(folder string, formats []Format, about About, images iter.Seq2[Image, error]) error {
	if len(formats) == 0 {
		return nil
	}
	b := &batch{About: about, images: images}
	if err := b.prepare(); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fault.New(fault.Output, "cannot make the folder of exports: %w; choose another place with -o", err)
	}
	for _, format := range formats {
		if err := format.write(folder, b); err != nil {
			return fmt.Errorf("exporting as %s: %w", format.Name, err)
		}
	}
	return nil
}

// batch is what a format writes.
type batch struct {
	About
	root   root // of the photos
	images iter.Seq2[Image, error]
}

// prepare goes through the batch for its root, and checks it: formats rely on that.
func (b *batch) prepare() error {
	var common commonFolder
	err := b.each(func(image *Image) error {
		common.add(image.Path)
		return image.check()
	})
	b.root = root(common.folder)
	return err
}

// each goes through the images, with absolute paths.
func (b *batch) each(do func(image *Image) error) error {
	for image, err := range b.images {
		if err != nil {
			return err
		}
		if image.Path, err = filepath.Abs(image.Path); err != nil {
			return fault.New(fault.Input, "cannot tell where the photo %s is: %w", image.Name, err)
		}
		if err := do(&image); err != nil {
			return err
		}
	}
	return nil
}

func (m *Image) check() error {
	if math.IsNaN(m.Score) || math.IsInf(m.Score, 0) {
		return fault.New(fault.Input, "cannot export %s: its score is %v; leave that image out", m.Name,
			m.Score)
	}
	if m.Width < 1 || m.Height < 1 {
		return fmt.Errorf("cannot export %s: it has %d x %d pixels", m.Name, m.Width, m.Height)
	}
	for k := range m.Regions {
		if err := checkRegion(&m.Regions[k], m.Width, m.Height); err != nil {
			return fmt.Errorf("cannot export %s: defect %d: %w", m.Name, k+1, err)
		}
	}
	return nil
}

// checkRegion says what is wrong with a region: with its runs, which are to be in order, apart from
// each other and within the photo, or with what it says of them.
func checkRegion(r *verdict.Region, width, height int) error {
	if math.IsNaN(r.Peak) || math.IsInf(r.Peak, 0) || math.IsNaN(r.Mean) || math.IsInf(r.Mean, 0) {
		return fmt.Errorf("its peak and mean are %v and %v", r.Peak, r.Mean)
	}
	if len(r.Runs) == 0 {
		return fmt.Errorf("it has no pixels")
	}
	area, left, right, before := 0, width, 0, verdict.Run{Y: -1}
	for _, run := range r.Runs {
		if run.Y < 0 || run.Y >= height || run.From < 0 || run.To > width || run.From >= run.To {
			return fmt.Errorf("the run %+v lies outside of %d x %d pixels", run, width, height)
		}
		if run.Y < before.Y || run.Y == before.Y && run.From <= before.To {
			return fmt.Errorf("the run %+v comes after %+v", run, before)
		}
		area, left, right, before = area+run.To-run.From, min(left, run.From), max(right, run.To), run
	}
	top := r.Runs[0].Y
	if r.X != left || r.Y != top || r.Width != right-left || r.Height != before.Y+1-top ||
		r.Area != area {
		return fmt.Errorf("its box and area, %d,%d %dx%d and %d, are not those of its pixels",
			r.X, r.Y, r.Width, r.Height, r.Area)
	}
	return nil
}

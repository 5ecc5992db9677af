// Package labelled finds the images, labels and masks of a labelled data set: the benchmarks of the
// field in the folders in which they are published, and a user's own.
//
//	MVTec AD          CLASS/test/{good,TYPE}/N.png, CLASS/ground_truth/TYPE/N_mask.png, CLASS/train/
//	MVTec LOCO AD     as MVTec AD, but a folder of masks an image: CLASS/ground_truth/TYPE/N/M.png;
//	                  their union counts
//	MVTec 3D-AD       CLASS/test/{good,TYPE}/rgb/N.png with gt/N.png; xyz/ is left aside
//	VisA              split_csv/1cls.csv, or converted into the shape of MVTec AD
//	BTAD              CLASS/test/{ok,ko}/N.bmp, CLASS/ground_truth/ko/N.png, CLASS/train/ok
//	MVTec AD 2        CLASS/test_public/{good,bad}, CLASS/test_public/ground_truth/, CLASS/train/
//	KolektorSDD2      test/N.png and test/N_GT.png, train/ likewise
//	KolektorSDD       kosN/PartN.jpg and kosN/PartN_label.bmp
//	images and masks  images/N.png, masks/N.png, perhaps labels.csv; or CLASS/images and so on
//	CSV               a file with the columns image and label, and perhaps mask, class and split
//
// A folder that is a single CLASS is a data set of one class. Folders may have folders of their own,
// which the masks repeat. Folders of good images, and labels, may be any word of the table in words.go
// in any letter case: good, OK, normal, pass, 0. What masks mean is said in marks.go.
package labelled

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/dataset"
	"musc/engine/fault"
)

// Layout is the shape of a data set's folders.
type Layout string

// The layouts that Open knows.
const (
	MVTec     Layout = "MVTec AD"
	LOCO      Layout = "MVTec LOCO AD"
	MVTec3D   Layout = "MVTec 3D-AD"
	VisA      Layout = "VisA"
	BTAD      Layout = "BTAD"
	MVTec2    Layout = "MVTec AD 2"
	Kolektor2 Layout = "KolektorSDD2"
	Kolektor  Layout = "KolektorSDD"
	Plain     Layout = "images and masks"
	CSV       Layout = "CSV"
)

// Good is the Label of an image without a defect.
const Good = "good"

// Dataset is a labelled data set.
type Dataset struct {
	Root    string
	Layout  Layout
	Classes []Class // by name

	problems, notes []Problem // that showed while the folders were read
}

// Class is one product of a data set; its images are scored together.
type Class struct {
	Name   string
	Test   []Image        // what is scored and measured, by name
	Normal []dataset.Item // training images without a defect: references for few-shot; may be none
}

// Image is a test image with its label and mask. Its Item has a Name that is unique in the class,
// and as Label the type of its defect, or Good.
type Image struct {
	dataset.Item
	Defective bool
	Masks     []string // paths of the ground truth, whose union counts; none if there is none
}

// Defective counts the class's defective images.
func (c *Class) Defective() (count int) {
	for _, image := range c.Test {
		if image.Defective {
			count++
		}
	}
	return count
}

// Open reads the data set at root, a folder or a CSV file, in the given layout; "" finds out which.
// It lists files, and opens masks only where they alone say what is defective (Plain without
// labels.csv, Kolektor). Missing masks and the like are left to Check. Errors are of kind
// fault.Input, or fault.Usage for a layout that does not exist.
func Open(root string, layout Layout) (*Dataset, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, fault.New(fault.Input, "cannot open the data set %s: it does not exist or cannot "+
			"be read; check the path", root)
	}
	known := layouts()
	if layout != "" {
		known = slices.DeleteFunc(known, func(f finder) bool {
			return !strings.EqualFold(string(f.layout), string(layout))
		})
		if len(known) == 0 {
			return nil, fault.New(fault.Usage, "there is no layout %q; known are %s", layout,
				strings.Join(Layouts(), ", "))
		}
	}
	d := &Dataset{Root: root}
	for _, f := range known {
		if f.file == info.IsDir() {
			continue
		}
		d.problems, d.notes = nil, nil // of a layout that it was not
		if err := f.find(d, root); err != nil {
			return nil, err
		}
		if len(d.Classes) > 0 {
			d.Layout = f.layout
			d.finish()
			return d, nil
		}
	}
	if layout != "" {
		return nil, fault.New(fault.Input, "%s does not look like %s; leave the layout out to find "+
			"it, or see musc dataset check --help", root, known[0].layout)
	}
	return nil, fault.New(fault.Input, "%s is not a labelled data set in any known layout (%s); see "+
		"musc dataset check --help, or list the images in a CSV with image,label,mask", root,
		strings.Join(Layouts(), ", "))
}

// finder looks for the classes of one layout. Finding none is no error.
type finder struct {
	layout Layout
	file   bool // root is a file
	find   func(d *Dataset, root string) error
}

func layouts() []finder {
	return []finder{
		{CSV, true, (*Dataset).findCSV},
		{VisA, false, (*Dataset).findVisA},
		{MVTec2, false, findTree(mvtec2Tree)},
		{BTAD, false, findTree(btadTree)},
		{MVTec3D, false, findTree(mvtec3DTree)},
		{LOCO, false, findTree(locoTree)},
		{MVTec, false, findTree(mvtecTree)},
		{Kolektor2, false, (*Dataset).findKolektor2},
		{Kolektor, false, (*Dataset).findKolektor},
		{Plain, false, (*Dataset).findPlain},
	}
}

// Layouts names the known layouts.
func Layouts() (names []string) {
	for _, f := range layouts() {
		names = append(names, string(f.layout))
	}
	return names
}

// finish sorts what was found, and recognises VisA in the shape of MVTec AD by its classes.
func (d *Dataset) finish() {
	slices.SortFunc(d.Classes, func(a, b Class) int { return strings.Compare(a.Name, b.Name) })
	visa := 0
	for _, class := range d.Classes {
		slices.SortFunc(class.Test, func(a, b Image) int { return strings.Compare(a.Name, b.Name) })
		slices.SortFunc(class.Normal, func(a, b dataset.Item) int {
			return strings.Compare(a.Name, b.Name)
		})
		if slices.Contains(visaClasses, class.Name) {
			visa++
		}
	}
	if d.Layout == MVTec && visa == len(d.Classes) {
		d.Layout = VisA
	}
}

// visaClasses are the products of VisA (Zou et al., ECCV 2022). None is a name of MVTec AD.
var visaClasses = []string{"candle", "capsules", "cashew", "chewinggum", "fryum", "macaroni1",
	"macaroni2", "pcb1", "pcb2", "pcb3", "pcb4", "pipe_fryum"}

// Select returns the named classes in the data set's order, all for no name; letter case does not
// matter. A class that is not there is of kind fault.Usage.
func (d *Dataset) Select(names []string) ([]Class, error) {
	if len(names) == 0 {
		return d.Classes, nil
	}
	var known []string
	for _, class := range d.Classes {
		known = append(known, class.Name)
	}
	for _, name := range names {
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
			return nil, fault.New(fault.Usage, "%s has no class %q; it has %s", d.Root, name,
				strings.Join(known, ", "))
		}
	}
	var selected []Class
	for _, class := range d.Classes {
		if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, class.Name) }) {
			selected = append(selected, class)
		}
	}
	return selected, nil
}

func (d *Dataset) problem(class, path, text string) {
	d.problems = append(d.problems, Problem{class, path, text})
}

func (d *Dataset) note(class, path, text string) {
	d.notes = append(d.notes, Problem{class, path, text})
}

// baseName is the last part of root's full path: the name of a data set that is a single class.
func baseName(root string) string {
	if full, err := filepath.Abs(root); err == nil {
		root = full
	}
	return filepath.Base(root)
}

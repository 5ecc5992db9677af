package labelled

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"musc/engine/imageio"
)

// Problem is something about a data set that its evaluation would suffer from.
type Problem struct {
	Class string `json:"class"`
	Path  string `json:"path"`
	Text  string `json:"problem"`
}

// String is one line.
func (p Problem) String() string { return fmt.Sprintf("%s: %s: %s", p.Class, p.Path, p.Text) }

// Sizes are the sizes of a class's test images in pixels, [width, height], each once, in the order
// in which they appear.
type Sizes [][2]int

// Findings are what Check finds out.
type Findings struct {
	Problems []Problem
	Notes    []Problem // what is no fault, but should be known
	Sizes    []Sizes   // of the classes, in their order
}

// Check reads the head of every test image and its masks, and lists what is wrong with the data set:
// images that cannot be read, masks that are missing, empty, of another size or without an image,
// classes without defective or without good images. The error is that of ctx.
func (d *Dataset) Check(ctx context.Context) (*Findings, error) {
	found := &Findings{Problems: slices.Clone(d.problems), Notes: slices.Clone(d.notes)}
	for _, class := range d.Classes {
		defective := class.Defective()
		problem := func(text string) {
			found.Problems = append(found.Problems, Problem{class.Name, d.Root, text})
		}
		if len(class.Test) == 0 {
			problem("no test images; nothing can be measured")
		} else if defective == 0 {
			problem(fmt.Sprintf("none of its %d test images is defective; no metric is defined",
				len(class.Test)))
		} else if defective == len(class.Test) {
			problem(fmt.Sprintf("none of its %d test images is good; image AUROC is not defined", defective))
		}
		var sizes Sizes
		for i := range class.Test {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			size, problems, notes := class.Test[i].check()
			if size != [2]int{} && !slices.Contains(sizes, size) {
				sizes = append(sizes, size)
			}
			for _, p := range problems {
				found.Problems = append(found.Problems, Problem{class.Name, p.Path, p.Text})
			}
			for _, n := range notes {
				found.Notes = append(found.Notes, Problem{class.Name, n.Path, n.Text})
			}
		}
		found.Sizes = append(found.Sizes, sizes)
	}
	return found, nil
}

// check gives the image's size, zero if it cannot be read, and what is wrong with it and its mask.
func (m *Image) check() (size [2]int, problems, notes []Problem) {
	size, err := m.size()
	if err != nil {
		problems = append(problems, Problem{Path: m.Path, Text: err.Error()})
	}
	if len(m.Masks) == 0 {
		if m.Defective {
			problems = append(problems, Problem{Path: m.Path, Text: fmt.Sprintf("it is defective (%s), "+
				"but has no mask; its class has no pixel metrics", m.Label)})
		}
		return size, problems, nil
	}
	more, notes := m.checkMask(size)
	return size, append(problems, more...), notes
}

// checkMask says what is wrong with the masks of an image of this size, and what is odd about them.
func (m *Image) checkMask(size [2]int) (problems, notes []Problem) {
	path := strings.Join(m.Masks, " + ")
	found, err := m.readMasks()
	if err != nil {
		return []Problem{{Path: path, Text: err.Error()}}, nil
	}
	if got := [2]int{found.Width, found.Height}; size != [2]int{} && got != size {
		problems = append(problems, Problem{Path: path, Text: fmt.Sprintf("it is %d x %d pixels, its "+
			"image %d x %d; make the mask again", got[0], got[1], size[0], size[1])})
	}
	if m.Defective && found.marked == 0 {
		problems = append(problems, Problem{Path: path, Text: "it is empty, though its image is labelled " +
			m.Label})
	}
	if !m.Defective && found.marked > 0 {
		problems = append(problems, Problem{Path: path,
			Text: "it shows a defect, though its image is labelled good"})
	}
	for _, note := range found.notes {
		notes = append(notes, Problem{Path: path, Text: note})
	}
	return problems, notes
}

// size is [width, height] of the image in pixels.
func (m *Image) size() (size [2]int, err error) {
	size[0], size[1], err = imageio.Size(m.Path)
	return size, err
}

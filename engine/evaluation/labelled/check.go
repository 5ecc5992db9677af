package labelled

import (
	"context"
	"fmt"
	"slices"

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

// Check reads the head of every test image and mask, and lists what is wrong with the data set:
// images that cannot be read, masks that are missing, empty, of another size or without an image,
// classes without defective or without good images. sizes are those of the classes, in their order.
// The error is that of ctx.
func (d *Dataset) Check(ctx context.Context) (problems []Problem, sizes []Sizes, err error) {
	problems = slices.Clone(d.problems)
	for _, class := range d.Classes {
		var found Sizes
		report := func(path, format string, args ...any) {
			problems = append(problems, Problem{class.Name, path, fmt.Sprintf(format, args...)})
		}
		defective := class.Defective()
		switch {
		case len(class.Test) == 0:
			report(d.Root, "no test images; nothing can be measured")
		case defective == 0:
			report(d.Root, "none of its %d test images is defective; no metric is defined",
				len(class.Test))
		case defective == len(class.Test):
			report(d.Root, "none of its %d test images is good; image AUROC is not defined", defective)
		}
		for i := range class.Test {
			if err := ctx.Err(); err != nil {
				return nil, nil, err
			}
			image := &class.Test[i]
			width, height, err := imageio.Size(image.Path)
			if err != nil {
				report(image.Path, "%v", err)
				continue
			}
			if size := [2]int{width, height}; !slices.Contains(found, size) {
				found = append(found, size)
			}
			image.checkMask(width, height, report)
		}
		sizes = append(sizes, found)
	}
	return problems, sizes, nil
}

// checkMask reports what is wrong with the mask of an image of this size.
func (m *Image) checkMask(width, height int, report func(path, format string, args ...any)) {
	if m.Mask == "" {
		if m.Defective {
			report(m.Path, "it is defective (%s), but has no mask; its class has no pixel metrics",
				m.Label)
		}
		return
	}
	grey, err := readGrey(m.Mask)
	if err != nil {
		report(m.Mask, "%v", err)
		return
	}
	if grey.Width != width || grey.Height != height {
		report(m.Mask, "it is %d x %d pixels, its image %d x %d; make the mask again", grey.Width,
			grey.Height, width, height)
	}
	switch marked := slices.Contains(grey.Pix, 255); {
	case m.Defective && !marked:
		report(m.Mask, "it is empty, though its image is labelled %s", m.Label)
	case !m.Defective && marked:
		report(m.Mask, "it shows a defect, though its image is labelled good")
	}
}

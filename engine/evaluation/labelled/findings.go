package labelled

import (
	"fmt"
	"slices"
)

// MaskFindings are what Check would say of the image's masks, without looking at the class: files
// that cannot be read, another size than the image's, and what is odd about their values. An image
// that cannot be read has no size to compare with.
func (m *Image) MaskFindings() []Problem {
	if len(m.Masks) == 0 {
		return nil
	}
	size, _ := m.size()
	problems, notes := m.checkMask(size)
	return append(problems, notes...)
}

// Summary is a line for every text among the problems, with the first path and how many more say
// the same, in the order in which they appear.
func Summary(problems []Problem) (lines []string) {
	count := map[string]int{}
	for _, p := range problems {
		count[p.Text]++
	}
	for _, p := range problems {
		n := count[p.Text]
		if n == 0 {
			continue
		}
		count[p.Text] = 0
		line := p.Path + ": " + p.Text
		if n > 1 {
			line += fmt.Sprintf(" (%d like it)", n)
		}
		lines = append(lines, line)
	}
	return lines
}

// Findings are what showed while the folders of a class were read: what is left out, masks without an
// image and the like; a line each.
func (d *Dataset) Findings(class string) []string {
	var of []Problem
	for _, p := range slices.Concat(d.problems, d.notes) {
		if p.Class == class {
			of = append(of, p)
		}
	}
	return Summary(of)
}

package verdict

import (
	"cmp"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"

	"musc/engine/atomicfile"
	"musc/engine/fault"
)

// WriteMask writes the mask of an image's regions at its original size: a PNG of one bit a pixel,
// white for a defect and black for the rest, without holding its pixels in memory. The folders above
// it are made.
func WriteMask(path string, width, height int, regions []Region) error {
	m := &mask{width: width, height: height}
	for i := range regions {
		m.runs = append(m.runs, regions[i].Runs...)
	}
	for _, r := range m.runs {
		if r.Y < 0 || r.Y >= height || r.From < 0 || r.From >= r.To || r.To > width {
			return fault.New(fault.Internal, "cannot write %s: pixels %d to %d of row %d are not in a photo "+
				"of %d x %d", path, r.From, r.To, r.Y, width, height)
		}
	}
	slices.SortFunc(m.runs, func(a, b Run) int {
		return cmp.Or(cmp.Compare(a.Y, b.Y), cmp.Compare(a.From, b.From))
	})
	return save(path, func(w io.Writer) error {
		encoder := png.Encoder{CompressionLevel: png.BestSpeed}
		return encoder.Encode(w, m)
	})
}

// save is atomicfile.Save into folders that need not exist yet.
func save(path string, write func(w io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fault.New(fault.Output, "cannot make the folder of %s: %w; choose another place with -o",
			path, err)
	}
	return atomicfile.Save(path, write)
}

// mask is the picture of runs. The encoder asks for pixels row by row, from the left.
type mask struct {
	width, height int
	runs          []Run // those left, ascending by Y, then From
	y, until      int   // the pixels up to until of row y have the value
	value         uint8
}

var blackAndWhite = color.Palette{color.Gray{Y: 0}, color.Gray{Y: 255}}

func (m *mask) ColorModel() color.Model { return blackAndWhite }
func (m *mask) Bounds() image.Rectangle { return image.Rect(0, 0, m.width, m.height) }

func (m *mask) At(x, y int) color.Color { return blackAndWhite[m.ColorIndexAt(x, y)] }

// ColorIndexAt is 1 in a run. It makes the mask an image.PalettedImage, which two colours make one of
// a bit a pixel.
func (m *mask) ColorIndexAt(x, y int) uint8 {
	if y != m.y || x >= m.until {
		m.seek(x, y)
	}
	return m.value
}

// seek finds the value of a pixel, and up to where in its row it is that.
func (m *mask) seek(x, y int) {
	for len(m.runs) > 0 && (m.runs[0].Y < y || m.runs[0].Y == y && m.runs[0].To <= x) {
		m.runs = m.runs[1:]
	}
	m.y, m.value, m.until = y, 0, m.width
	if len(m.runs) > 0 && m.runs[0].Y == y {
		if r := m.runs[0]; r.From <= x {
			m.value, m.until = 1, r.To
		} else {
			m.until = r.From
		}
	}
}

package export

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"musc/engine/atomicfile"
	"musc/engine/fault"
	"musc/engine/verdict"
)

// writeYOLO writes the folder yolo/ in the form of Ultralytics' data sets for segmentation, which
// serve for detection, too (docs.ultralytics.com/datasets/segment):
//
//	data.yaml      what to give to Ultralytics
//	train.txt      the photos that are good or defective
//	undecided.txt  the others: to be looked at before they are used, or without a verdict
//	images/        links to the photos
//	labels/        a file for each photo of train.txt, a line for each defect; empty for a good one
//
// Ultralytics looks for the labels of .../images/NAME.png in .../labels/NAME.txt, hence the links.
func writeYOLO(folder string, b *batch) error {
	y := &yolo{folder: filepath.Join(folder, "yolo"), made: map[string]bool{}}
	err := y.list("train.txt", b, func(image *Image) (bool, error) {
		if err := y.link(image); err != nil || undecided(image) {
			return false, err
		}
		return true, y.label(image)
	})
	if err != nil {
		return err
	}
	err = y.list("undecided.txt", b, func(image *Image) (bool, error) { return undecided(image), nil })
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(y.folder, "data.yaml"), fmt.Appendf(nil, yoloDataset,
		b.Tool, string(b.root), category))
}

// yoloDataset is data.yaml. Without "path", Ultralytics takes its folder for that of the data set.
const yoloDataset = `# Defects found by %s. images/ holds links to the photos, which are in
# %q.
# train.txt lists those that are good or defective, undecided.txt the others. Nobody has looked at
# the defects yet: check them, and set photos apart for "val", before you train with them.
train: train.txt
val: train.txt
names:
  0: %s
`

func undecided(m *Image) bool { return m.Verdict != verdict.Good && m.Verdict != verdict.Defective }

type yolo struct {
	folder string
	made   map[string]bool // folders
}

// list writes a list of those photos that choose chooses.
func (y *yolo) list(name string, b *batch, choose func(image *Image) (bool, error)) error {
	if err := y.makeFolder(y.folder); err != nil {
		return err
	}
	return atomicfile.Save(filepath.Join(y.folder, name), func(w io.Writer) error {
		return b.each(func(image *Image) error {
			chosen, err := choose(image)
			if err == nil && chosen {
				_, err = fmt.Fprintf(w, "./images/%s\n", yoloName(image))
			}
			return err
		})
	})
}

func (y *yolo) makeFolder(folder string) error {
	if y.made[folder] {
		return nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fault.New(fault.Output, "cannot make a folder of the export: %w; choose another place with -o", err)
	}
	y.made[folder] = true
	return nil
}

func (y *yolo) link(m *Image) error {
	link := filepath.Join(y.folder, "images", filepath.FromSlash(yoloName(m)))
	if err := y.makeFolder(filepath.Dir(link)); err != nil {
		return err
	}
	if err := os.Symlink(m.Path, link); err != nil {
		return fault.New(fault.Output, "cannot link to the photo %s: %w; choose an output folder where "+
			"links can be made, or leave out yolo", m.Path, err)
	}
	return nil
}

// label writes a photo's defects: their class, and x and y of a polygon's corners as parts of the
// photo's width and height. One polygon a line is all that the form has: it goes into holes by
// slits.
func (y *yolo) label(m *Image) (err error) {
	name := yoloName(m)
	name = strings.TrimSuffix(name, path.Ext(name)) + ".txt"
	name = filepath.Join(y.folder, "labels", filepath.FromSlash(name))
	if err := y.makeFolder(filepath.Dir(name)); err != nil {
		return err
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fault.New(fault.Output, "cannot write the labels of %s: %w", m.Name, err)
	}
	defer func() {
		if shut := file.Close(); err == nil && shut != nil {
			err = fault.New(fault.Output, "cannot write the labels of %s: %w", m.Name, shut)
		}
	}()
	if len(m.Regions) == 0 {
		return nil
	}
	w := bufio.NewWriter(file)
	var line []byte
	for k := range m.Regions {
		for _, outline := range slitPolygons(m.Regions[k].Runs) {
			line = append(line[:0], '0')
			for _, corner := range outline {
				line = appendPart(line, corner.x, m.Width)
				line = appendPart(line, corner.y, m.Height)
			}
			w.Write(append(line, '\n'))
		}
	}
	if err := w.Flush(); err != nil {
		return fault.New(fault.Output, "cannot write the labels of %s: %w", m.Name, err)
	}
	return nil
}

func appendPart(line []byte, length, of int) []byte {
	return strconv.AppendFloat(append(line, ' '), float64(length)/float64(of), 'f', -1, 32)
}

// yoloName is what the link to a photo is called, below images/: the name of its other results and
// its own extension. Parts that Ultralytics would take for something else are escaped as in a URL:
// a folder "images", the end of a line in a list, "./" within a path, bytes that are no text.
func yoloName(m *Image) string {
	parts := strings.Split(filepath.ToSlash(m.File)+filepath.Ext(m.Path), "/")
	for k, part := range parts {
		if part == "images" || strings.HasSuffix(part, ".") || escaped.MatchString(part) ||
			strings.ContainsFunc(part, breaksLine) {
			parts[k] = escape(part)
		}
	}
	return strings.Join(parts, "/")
}

// escaped is what an escaped name has; a name that is not may not have it.
var escaped = regexp.MustCompile("%[0-9A-Fa-f]{2}")

func breaksLine(letter rune) bool {
	return letter == utf8.RuneError || letter == '\u2028' || letter == '\u2029' ||
		unicode.IsControl(letter)
}

func escape(part string) string {
	var b strings.Builder
	for rest, first := part, true; rest != ""; first = false {
		letter, size := utf8.DecodeRuneInString(rest)
		if breaksLine(letter) || letter == '%' || first && part == "images" ||
			letter == '.' && size == len(rest) {
			fmt.Fprintf(&b, "%%%02X", rest[0])
			size = 1
		} else {
			b.WriteString(rest[:size])
		}
		rest = rest[size:]
	}
	return b.String()
}

package dataset

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"musc/engine/csvfile"
	"musc/engine/fault"
)

// row is one image that a manifest names.
type row struct {
	line        int
	path, label string
}

func isManifest(path string) bool {
	return csvfile.IsList(path) || strings.EqualFold(filepath.Ext(path), ".txt")
}

// manifest adds the images that the file at path lists. Rows whose file is missing are skipped
// with their line; a manifest of which no row can be used is an error.
func (c *collector) manifest(path string) error {
	if c.list != nil {
		c.list(path)
	}
	base := c.root
	if base == "" {
		base = filepath.Dir(path)
	}
	if !csvfile.IsList(path) {
		text, err := csvfile.ReadText(path)
		if err != nil {
			return err
		}
		return c.addRows(path, base, "", readLines(string(text)))
	}
	list, err := csvfile.Read(path)
	if err != nil {
		return err
	}
	rows, header := c.readColumns(list, base)
	return c.addRows(path, base, header, rows)
}

func (c *collector) addRows(manifest, base, header string, rows []row) error {
	if len(rows) == 0 {
		return fault.New(fault.Input, "the manifest %s names no images; list one path a line, in a "+
			"CSV under a header with the column image", manifest)
	}
	usable := 0
	var missing []Skipped
	pass := func(path string, row row, why string) {
		missing = append(missing,
			Skipped{path, "line " + strconv.Itoa(row.line) + " of " + manifest + why})
	}
	for _, row := range rows {
		if row.path == "" {
			pass(manifest, row, " names no image")
			continue
		}
		path := resolve(base, row.path)
		kind, folder, file, err := c.look(path)
		if reason := whyNoFile(kind, err); reason != "" {
			pass(path, row, " names it, but "+reason+csvfile.PathHint(row.path))
			continue
		}
		usable++
		if known, conflict := c.addFile(path, base, row.label, folder, file); conflict {
			pass(path, row, " labels it "+strconv.Quote(row.label)+", which earlier was "+
				strconv.Quote(known)+"; the earlier label stays")
		}
	}
	if usable == 0 && header != "" {
		return fault.New(fault.Input, "the manifest %s has no column named image, and its first "+
			"column, %q, names no file below %s; name the column with the paths image, or give their "+
			"folder with --root", manifest, header, base)
	}
	if usable == 0 {
		return fault.New(fault.Input, "none of the %d images that the manifest %s names is a file below "+
			"%s, such as %q in line %d%s; give the folder of the images with --root",
			len(rows), manifest, base, rows[0].path, rows[0].line, csvfile.PathHint(rows[0].path))
	}
	c.skipped = append(c.skipped, missing...)
	return nil
}

// readLines reads one path a line; empty lines say nothing.
func readLines(text string) (rows []row) {
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if line = strings.TrimSpace(line); line != "" {
			rows = append(rows, row{line: number, path: line})
		}
	}
	return rows
}

// readColumns takes the columns image and label below a header. Without a column named image, it is
// the first, whose header comes back; a first line that names a file already is no header.
func (c *collector) readColumns(list *csvfile.File, base string) (rows []row, header string) {
	imageColumn, labelColumn := 0, -1
	for i, record := range list.Records {
		if i == 0 {
			imageColumn, labelColumn = columns(record.Fields)
			if imageColumn >= 0 {
				continue
			}
			imageColumn = 0
			cell := record.Field(0)
			kind, _, _, err := c.look(resolve(base, cell))
			if !IsImage(cell) && whyNoFile(kind, err) != "" {
				header = cell
				continue
			}
		}
		rows = append(rows, row{record.Line, record.Field(imageColumn), record.Field(labelColumn)})
	}
	return rows, header
}

// columns finds image and label in a header; -1 stands for none.
func columns(header []string) (image, label int) {
	image, label = -1, -1
	for i, name := range header {
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "image":
			image = i
		case "label":
			label = i
		}
	}
	return image, label
}

func resolve(base, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}

// whyNoFile is "" for what look finds if it is a file.
func whyNoFile(kind fs.FileMode, err error) string {
	switch {
	case os.IsNotExist(err):
		return "it does not exist"
	case err != nil:
		return bare(err).Error()
	case kind.IsDir():
		return "it is a folder"
	case !kind.IsRegular():
		return "it is a pipe or a device"
	}
	return ""
}

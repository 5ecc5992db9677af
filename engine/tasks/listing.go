package tasks

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"musc/engine"
	"musc/engine/atomicfile"
	"musc/engine/dataset"
	"musc/engine/fault"
)

// Listing is which photos a plan is about. An image is known by its index.
type Listing struct {
	Images     []dataset.Item // sorted by name
	References []dataset.Item
	Subset     []int // by image, from 0
}

// Members are the images of each of the subsets [first,last), ascending.
func (l *Listing) Members(first, last int) [][]int {
	members := make([][]int, last-first)
	for i, subset := range l.Subset {
		if subset >= first && subset < last {
			members[subset-first] = append(members[subset-first], i)
		}
	}
	return members
}

// deal divides the images over the subsets. One subset may hold a single image, which references
// score.
func (l *Listing) deal(scoring engine.Scoring) (err error) {
	l.Subset = make([]int, len(l.Images))
	if scoring.Subsets == 1 {
		return nil
	}
	names, labels := make([]string, len(l.Images)), make([]string, len(l.Images))
	for i, image := range l.Images {
		names[i], labels[i] = image.Name, image.Label
	}
	var subsets [][]int
	if scoring.DealByLabel {
		subsets, err = dataset.DealSubsetsByLabel(names, labels, scoring.Subsets)
	} else {
		subsets, err = dataset.DealSubsets(names, scoring.Subsets, scoring.Seed)
	}
	for s, members := range subsets {
		for _, i := range members {
			l.Subset[i] = s
		}
	}
	return err
}

// Locate is the path of a photo from whatever folder this process works in: as it was typed where
// the plan was made, else absolute.
func (p *Plan) Locate(typed string) string {
	if here, err := os.Getwd(); err == nil && here == p.Folder {
		return typed
	}
	return p.absolute(typed)
}

func (p *Plan) absolute(typed string) string {
	if filepath.IsAbs(typed) {
		return filepath.Clean(typed)
	}
	return filepath.Join(p.Folder, typed)
}

// listed describes a list of photos that is not written yet. However their paths are typed, the same
// photos have the same identity.
func (p *Plan) listed(items []dataset.Item) Listed {
	sum := sha256.New()
	for _, item := range items {
		for _, text := range []string{p.absolute(item.Path), item.Name, item.Label} {
			sum.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(text))))
			io.WriteString(sum, text)
		}
	}
	return Listed{Count: len(items), Identity: sumOf(sum)}
}

var (
	imageColumns     = []string{"index", "subset", "path", "name", "label"}
	referenceColumns = []string{"path", "name"}
)

// write writes both lists and notes their checksums in the plan.
func (l *Listing) write(f Folder, plan *Plan) (err error) {
	plan.Images.SHA256, err = writeList(f.Images(), imageColumns, len(l.Images), func(i int) []string {
		item := l.Images[i]
		return []string{strconv.Itoa(i), strconv.Itoa(l.Subset[i]), item.Path, item.Name, item.Label}
	})
	if err != nil {
		return err
	}
	plan.References.SHA256, err = writeList(f.References(), referenceColumns, len(l.References),
		func(i int) []string { return []string{l.References[i].Path, l.References[i].Name} })
	return err
}

func writeList(path string, columns []string, count int, row func(i int) []string) (string, error) {
	sum := sha256.New()
	err := atomicfile.Save(path, func(w io.Writer) error {
		table := csv.NewWriter(io.MultiWriter(w, sum))
		table.Write(columns)
		for i := range count {
			fields := row(i)
			for _, field := range fields {
				if strings.Contains(field, "\r\n") { // which reads as "\n"
					return fault.New(fault.Input, "cannot plan for %q: its name has a line break of "+
						"Windows in it; rename it", field)
				}
			}
			table.Write(fields)
		}
		table.Flush()
		return table.Error()
	})
	return sumOf(sum), err
}

// ReadListing reads the photos of a plan. A list that is not the plan's is of kind fault.Input.
func (p *Plan) ReadListing(f Folder) (*Listing, error) {
	// No room is made for more than a moment's reading: the counts are compared where the lists end.
	room := func(count int) int { return min(count, 1<<16) }
	l := &Listing{Images: make([]dataset.Item, 0, room(p.Images.Count)),
		References: make([]dataset.Item, 0, room(p.References.Count)),
		Subset:     make([]int, 0, room(p.Images.Count))}
	err := readList(f.Images(), imageColumns, p.Images, func(fields []string) error {
		subset, err := strconv.Atoi(fields[1])
		if err == nil && (subset < 0 || subset >= p.Subsets) {
			err = errors.New("a subset that is none")
		}
		l.Images = append(l.Images, dataset.Item{Path: fields[2], Name: fields[3], Label: fields[4]})
		l.Subset = append(l.Subset, subset)
		return err
	})
	if err != nil {
		return nil, err
	}
	return l, readList(f.References(), referenceColumns, p.References, func(fields []string) error {
		l.References = append(l.References, dataset.Item{Path: fields[0], Name: fields[1]})
		return nil
	})
}

func readList(path string, columns []string, want Listed, row func(fields []string) error) error {
	file, err := os.Open(path)
	if err != nil {
		return unreadable(path, err)
	}
	defer file.Close()
	sum := sha256.New()
	count, err := readRows(io.TeeReader(bufio.NewReaderSize(file, 1<<20), sum), len(columns), row)
	if err != nil {
		return fault.New(fault.Input, "cannot read %s: %w; make the plan again", path, err)
	}
	if count != want.Count || sumOf(sum) != want.SHA256 {
		return fault.New(fault.Input, "%s is not the list that the plan was made with: it was changed or "+
			"is damaged; make the plan again", path)
	}
	return nil
}

// readRows reads a table below its header.
func readRows(from io.Reader, columns int, row func(fields []string) error) (count int, err error) {
	table := csv.NewReader(from)
	table.FieldsPerRecord, table.ReuseRecord = columns, true
	if _, err := table.Read(); err != nil {
		return 0, err
	}
	for {
		fields, err := table.Read()
		if err == io.EOF {
			return count, nil
		}
		if err == nil {
			err = row(fields)
		}
		if err != nil {
			return count, err
		}
		count++
	}
}

func sumOf(sum hash.Hash) string { return hex.EncodeToString(sum.Sum(nil)) }

package tasks

import (
	"context"
	"errors"
	"io"

	"musc/engine"
	"musc/engine/backbone"
	"musc/engine/fault"
	"musc/engine/health"
	"musc/engine/npy"
	"musc/engine/report"
	"musc/engine/verdict"
)

// Merged is what merging found out. As files it is merged.npz, with images.npy float64 [n,7]: index,
// subset, width, height, score before RsCIN and after it, rank; and merged.json, written last.
type Merged struct {
	Plan   string        `json:"plan"`
	Parts  string        `json:"parts"` // gathered.print of the parts that were merged
	Table  uint32        `json:"table"` // checksum of images.npy
	Images []MergedImage `json:"-"`     // that were scored, ascending by index

	Thresholds verdict.Thresholds `json:"thresholds"`
	Findings   []health.Finding   `json:"findings"` // their photos are places in Images
	Scale      report.Scale       `json:"colour_scale"`
	Height     int                `json:"height"` // of a photo's canvas, in patches
	Width      int                `json:"width"`
	Model      backbone.Info      `json:"model"`
	Provenance engine.Provenance  `json:"provenance"` // of the first part
	MemoryPlan string             `json:"memory_plan"`
	Mixed      bool               `json:"mixed"`   // parts that other devices computed are among them
	Hosts      []report.Host      `json:"hosts"`   // that scored subsets; nil if one did
	Timings    []engine.Timing    `json:"timings"` // by step, summed over the parts
	// Skipped are reference images, then images, in the order of the listing.
	Skipped  []About  `json:"skipped"`
	Warnings []string `json:"warnings"`
}

// MergedImage is an image that was scored.
type MergedImage struct {
	Index         int // in the listing
	Subset        int
	Width, Height int     // of the original, in pixels
	Before, Score float64 // before RsCIN and after it
	Rank          int     // 1 is the most anomalous
}

func (f Folder) mergedTable() string { return f.Path("merged.npz") }

const mergedColumns = 7

// write writes both files.
func (m *Merged) write(f Folder) error {
	table := make([]float64, 0, mergedColumns*len(m.Images))
	for _, image := range m.Images {
		table = append(table, float64(image.Index), float64(image.Subset), float64(image.Width),
			float64(image.Height), image.Before, image.Score, float64(image.Rank))
	}
	err := save(f.mergedTable(), func(w io.Writer) error {
		archive := npy.NewArchiveWriter(w)
		if err := archive.Float64("images", []int{len(m.Images), mergedColumns}, table); err != nil {
			return err
		}
		return archive.Close()
	})
	if err != nil {
		return err
	}
	archive, err := npy.OpenArchive(f.mergedTable())
	if err != nil {
		return err
	}
	m.Table = archive.Checksum("images.npy")
	archive.Close()
	return saveJSON(f.File(PhaseMerge, 0), m)
}

// ReadMerged reads what merging has left. It waits for that.
func (p *Plan) ReadMerged(ctx context.Context, f Folder, needs string) (m *Merged, err error) {
	err = p.each(ctx, f, PhaseMerge, []int{0}, needs, func(int) (err error) {
		m, err = p.readMerged(f)
		return err
	})
	return m, err
}

func (p *Plan) readMerged(f Folder) (*Merged, error) {
	m, path := &Merged{}, f.File(PhaseMerge, 0)
	if err := loadJSON(path, m); err != nil {
		return nil, err
	}
	if m.Plan != p.ID {
		return nil, fault.New(fault.Input, "%s is of the plan %s, not of %s", path, m.Plan, p.ID)
	}
	archive, err := npy.OpenArchive(f.mergedTable())
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	table, shape, err := archive.Float64("images")
	if err != nil {
		return nil, err
	}
	if len(shape) != 2 || shape[1] != mergedColumns || archive.Checksum("images.npy") != m.Table {
		return nil, archive.Damaged(errors.New("it does not belong to " + path))
	}
	m.Images = make([]MergedImage, shape[0])
	for i := range m.Images {
		row := table[mergedColumns*i:]
		m.Images[i] = MergedImage{Index: int(row[0]), Subset: int(row[1]), Width: int(row[2]),
			Height: int(row[3]), Before: row[4], Score: row[5], Rank: int(row[6])}
	}
	return m, nil
}

package tasks

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"musc/engine/fault"
	"musc/engine/report"
	"musc/engine/rscin"
)

// gathered is what the parts of all subsets say, without patch scores and class tokens.
type gathered struct {
	records []PartRecord // by subset
	rows    []row        // of the images that were scored, ascending by index
	shared  [][]int      // the groups that share a defect and are to be told, by the images' indices
	print   string       // tells whether scores or class tokens have changed since
}

// row is an image that was scored, before its score and rank are known.
type row struct {
	MergedImage
	summary    report.Summary
	brightness float64
	sharpness  float64
	digest     string // of the photo's bytes, if gather was asked for Digests
}

// gather reads the tables of all parts, with or without Digests. It waits for them; those that are missing
// or damaged are an error of kind fault.Input that names their tasks.
func (p *Plan) gather(ctx context.Context, f Folder, content Content, needs string) (*gathered, error) {
	g := &gathered{records: make([]PartRecord, p.Subsets)}
	rows, prints := make([][]row, p.Subsets), make([]string, p.Subsets)
	shared := make([][][]int, p.Subsets)
	err := p.each(ctx, f, PhaseScore, upTo(p.Subsets), needs, func(subset int) error {
		part, print, err := p.readPart(f, subset, content)
		if err != nil {
			return err
		}
		g.records[subset], prints[subset] = part.PartRecord, print
		shared[subset] = p.toTell(part)
		rows[subset] = make([]row, len(part.Images))
		for i, image := range part.Images {
			rows[subset][i] = row{MergedImage: MergedImage{Index: image.Index, Subset: subset, Width: image.Width,
				Height: image.Height, Before: image.Before}, summary: image.Summary,
				brightness: image.Brightness, sharpness: image.Sharpness}
			if content&Digests != 0 {
				rows[subset][i].digest = string(image.Digest[:])
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	g.rows, g.shared = slices.Concat(rows...), slices.Concat(shared...)
	slices.SortFunc(g.rows, func(a, b row) int { return cmp.Compare(a.Index, b.Index) })
	for i := 1; i < len(g.rows); i++ {
		if one, other := g.rows[i-1], g.rows[i]; one.Index == other.Index {
			return nil, fault.New(fault.Input, "%s and %s both have image %d; remove both, and score "+
				"their subsets again", f.File(PhaseScore, one.Subset), f.File(PhaseScore, other.Subset),
				one.Index)
		}
	}
	sum := sha256.New()
	for _, print := range prints {
		io.WriteString(sum, print)
	}
	g.print = hex.EncodeToString(sum.Sum(nil)[:8])
	return g, nil
}

// upTo are the numbers from 0 to count-1.
func upTo(count int) []int {
	numbers := make([]int, count)
	for k := range numbers {
		numbers[k] = k
	}
	return numbers
}

// explain names the image that RsCIN cannot re-score.
func (g *gathered) explain(err error, listing *Listing) error {
	var row *rscin.RowError
	if errors.As(err, &row) {
		err = fault.New(fault.Input, "%s: %s", listing.Images[g.rows[row.Row].Index].Path, row.Problem)
	}
	return fmt.Errorf("re-scoring with RsCIN: %w; --windows 1 leaves it out", err)
}

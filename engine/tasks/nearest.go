package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/npy"
	"musc/engine/rscin"
)

// nearestPart is what a task of the phase nearest leaves, as a .npz:
//
//	nearest.json    nearestRecord
//	rows.npy        float64 [rows,k]: the nearest images, as rows of those that were scored
//	similarity.npy  float64 [rows,k]
type nearestPart struct {
	nearestRecord
	neighbours []rscin.Neighbour // [Last-First,K]
}

type nearestRecord struct {
	Plan  string `json:"plan"`
	Parts string `json:"parts"` // gathered.print of the parts that it was found from
	First int    `json:"first"` // rows [First,Last) of the images that were scored
	Last  int    `json:"last"`
	K     int    `json:"k"`
	Host  string `json:"host"`

	Seconds float64 `json:"seconds"`
}

// Nearest runs tasks of the phase nearest: for the rows of each it finds the nearest class tokens
// among all images that were scored, which takes the parts of all subsets. Tasks that are done are
// left out. machine says how many threads and how much memory to use, and where class tokens may be
// spilled.
func (p *Plan) Nearest(ctx context.Context, f Folder, tasks []int, machine engine.Config,
	observer engine.Observer) error {
	g, err := p.gather(ctx, f, Table, "find the nearest images")
	if err != nil {
		return err
	}
	var todo []nearestRecord
	numbers, rows := []int{}, 0
	for _, task := range tasks {
		want, err := p.nearestOf(g, task)
		if err != nil {
			return err
		}
		if _, err := readNearest(f, task, want); err != nil {
			todo, numbers, rows = append(todo, want), append(numbers, task), rows+want.Last-want.First
		}
	}
	if len(todo) == 0 {
		return nil
	}
	tokens, err := p.readTokens(ctx, f, g, machine)
	if err != nil {
		return err
	}
	defer tokens.close()
	observer.Begin(engine.StepNearest, rows)
	for k, of := range todo {
		part, begun := nearestPart{nearestRecord: of}, time.Now()
		if of.Last > of.First {
			told := 0
			part.neighbours, err = rscin.Nearest(ctx, tokens, of.First, of.Last, of.K, rscin.Options{
				Threads: threadsOf(machine), Progress: func(done int) {
					observer.Advance(done - told)
					told = done
				}})
		}
		if err != nil {
			return p.explainNearest(f, g, err)
		}
		part.Host, part.Seconds = host(), time.Since(begun).Seconds()
		if err := part.write(f.File(PhaseNearest, numbers[k])); err != nil {
			return err
		}
	}
	return nil
}

// explainNearest is gathered.explain; only a row that cannot be re-scored takes the listing.
func (p *Plan) explainNearest(f Folder, g *gathered, err error) error {
	var row *rscin.RowError
	if !errors.As(err, &row) {
		return err
	}
	listing, other := p.ReadListing(f)
	if other != nil {
		return errors.Join(err, other)
	}
	return g.explain(err, listing)
}

// nearestOf is what a task has to find.
func (p *Plan) nearestOf(g *gathered, task int) (nearestRecord, error) {
	n := len(g.rows)
	first, last := p.Cuts.Nearest.Range(task)
	k, err := rscin.Neighbours(n, p.Scoring.Windows)
	return nearestRecord{Plan: p.ID, Parts: g.print, First: min(first, n), Last: min(last, n), K: k}, err
}

func (part *nearestPart) write(path string) error {
	record, err := json.MarshalIndent(part.nearestRecord, "", "  ")
	if err != nil {
		return err
	}
	rows, similarity := make([]float64, len(part.neighbours)), make([]float64, len(part.neighbours))
	for i, neighbour := range part.neighbours {
		rows[i], similarity[i] = float64(neighbour.Row), neighbour.Similarity
	}
	shape := []int{part.Last - part.First, part.K}
	return save(path, func(w io.Writer) error {
		archive := npy.NewArchiveWriter(w)
		err := errors.Join(archive.Bytes("nearest.json", append(record, '\n')),
			archive.Float64("rows", shape, rows), archive.Float64("similarity", shape, similarity))
		if err != nil {
			return err
		}
		return archive.Close()
	})
}

// readNearest reads what a task has found. That of other rows or other parts is an error.
func readNearest(f Folder, task int, want nearestRecord) (*nearestPart, error) {
	path := f.File(PhaseNearest, task)
	archive, err := npy.OpenArchive(path)
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	text, err := archive.Bytes("nearest.json")
	if err != nil {
		return nil, err
	}
	var found nearestRecord
	if err := json.Unmarshal(text, &found); err != nil {
		return nil, archive.Damaged(err)
	}
	want.Host, want.Seconds = found.Host, found.Seconds
	if found != want {
		return nil, fault.New(fault.Input, "%s was found from parts that have been scored again since, "+
			"or for another plan", path)
	}
	rows, _, err := archive.Float64("rows")
	if err != nil {
		return nil, err
	}
	similarity, _, err := archive.Float64("similarity")
	if err != nil {
		return nil, err
	}
	if count := (found.Last - found.First) * found.K; len(rows) != count || len(similarity) != count {
		return nil, archive.Damaged(fmt.Errorf("%d rows and %d similarities, not %d", len(rows),
			len(similarity), count))
	}
	neighbours := make([]rscin.Neighbour, len(rows))
	for i := range rows {
		neighbours[i] = rscin.Neighbour{Row: int32(rows[i]), Similarity: similarity[i]}
	}
	return &nearestPart{found, neighbours}, nil
}

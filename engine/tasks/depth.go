package tasks

import (
	"context"
	"slices"

	"musc/engine"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/imageio"
)

// depthPart is what a task of the phase depth leaves.
type depthPart struct {
	Plan    string          `json:"plan"`
	Samples imageio.Samples `json:"samples"`
}

// depth sums up the samples of a block of photos; the first task has the references, too.
func (w *Worker) depth(ctx context.Context, task int) error {
	path := w.Folder.File(PhaseDepth, task)
	if _, err := w.Plan.readDepth(w.Folder, task); err == nil {
		return nil
	}
	listing, err := w.listed()
	if err != nil {
		return err
	}
	first, last := w.Plan.Cuts.Depth.Range(task)
	items := w.located(listing.Images[first:last])
	if task == 0 && w.Plan.Bank == nil {
		items = slices.Concat(w.located(listing.References), items)
	}
	if err := checkThere(items); err != nil {
		return err
	}
	if w.Plan.Bank != nil { // which has said how deep photos are scaled
		return saveJSON(path, depthPart{Plan: w.Plan.ID})
	}
	job, err := w.job()
	if err != nil {
		return err
	}
	samples, err := engine.ReadSamples(ctx, items, job, w.Observer)
	if err != nil {
		return err
	}
	return saveJSON(path, depthPart{w.Plan.ID, samples})
}

func (p *Plan) readDepth(f Folder, task int) (samples imageio.Samples, err error) {
	var part depthPart
	path := f.File(PhaseDepth, task)
	if err := loadJSON(path, &part); err != nil {
		return samples, err
	}
	if part.Plan != p.ID {
		return samples, fault.New(fault.Input, "%s is of the plan %s, not of %s", path, part.Plan, p.ID)
	}
	return part.Samples, nil
}

// Depth is how samples of more than 8 bits are scaled in the whole batch, and what to tell of it.
// It waits for the tasks of the phase depth.
func (w *Worker) Depth(ctx context.Context, needs string) (imageio.Depth, []string, error) {
	tasks := upTo(w.Plan.Tasks(PhaseDepth))
	if err := w.Plan.Await(ctx, w.Folder, PhaseDepth, tasks, needs); err != nil {
		return imageio.Depth{}, nil, err
	}
	var all imageio.Samples
	for _, task := range tasks {
		samples, err := w.Plan.readDepth(w.Folder, task)
		if err != nil {
			return imageio.Depth{}, nil, err
		}
		all = all.Join(samples)
	}
	if w.Plan.Bank != nil {
		return w.Plan.Bank.Depth, nil, nil
	}
	depth := all.Depth(w.Plan.Bits)
	return depth, all.Explain(depth), nil
}

// located are items with paths that can be opened from here.
func (w *Worker) located(items []dataset.Item) []dataset.Item {
	located := slices.Clone(items)
	for k := range located {
		located[k].Path = w.Plan.Locate(located[k].Path)
	}
	return located
}

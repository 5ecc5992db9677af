package tasks

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"musc/engine/fault"
)

func (f Folder) planFile() string { return f.Path("plan.json") }

// Write writes the plan and its listing, plan.json last. What tasks of the same plan have left stays
// and counts. A folder with the work of another plan is refused (fault.Output): Remove takes it
// away.
func (p *Plan) Write(f Folder, listing *Listing) error {
	former, err := read(f)
	switch {
	case err == nil && former.ID != p.ID:
		return fault.New(fault.Output, "cannot write the plan into %s: the work of another plan is "+
			"there; give --overwrite to remove it or choose another folder with -o", f.Output)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fault.New(fault.Output, "cannot write the plan into %s: there is one already, and %w; "+
			"give --overwrite to remove it or choose another folder with -o", f.Output, err)
	case err != nil:
		if err := Remove(f); err != nil { // what was left by a Remove that did not come to its end
			return err
		}
	}
	if err := os.MkdirAll(f.Path(), 0o755); err != nil {
		return fault.New(fault.Output, "cannot make the folder of the plan: %w; choose another with -o",
			err)
	}
	if err := listing.write(f, p); err != nil {
		return err
	}
	return saveJSON(f.planFile(), p)
}

// Remove removes the work of a run from its output folder, the plan first: without it there is none.
func Remove(f Folder) error {
	err := os.Remove(f.planFile())
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = os.RemoveAll(f.Path())
	}
	if err != nil {
		return fault.New(fault.Output, "cannot remove the work of an earlier run: %w; remove it by hand", err)
	}
	return nil
}

// Read reads the plan in an output folder. Where there is none it is an error of kind fault.Input
// that is fs.ErrNotExist.
func Read(ctx context.Context, f Folder) (plan *Plan, err error) {
	_, stopped := f.await(ctx, func() ([]int, error) {
		if plan, err = read(f); errors.Is(err, fs.ErrNotExist) {
			return []int{0}, nil
		}
		return nil, nil
	})
	switch {
	case stopped != nil:
		return nil, stopped
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(fault.Input, "there is no plan in %s (%w); make one, as in: musc plan "+
			"photos/ -o %s", f.Output, fs.ErrNotExist, f.Output)
	}
	return plan, err
}

func read(f Folder) (*Plan, error) {
	plan := &Plan{}
	if err := loadJSON(f.planFile(), plan); err != nil {
		return nil, err
	}
	if plan.Format != format {
		return nil, fault.New(fault.Input, "the plan in %s is of another version of musc, %s; go on with "+
			"that one, or make the plan again", f.Output, plan.Version)
	}
	if id, err := plan.identity(); err != nil || id != plan.ID {
		return nil, fault.New(fault.Input, "the plan in %s was changed since it was made; make it again",
			f.planFile())
	}
	if !plan.countable() {
		return nil, fault.New(fault.Input, "the plan in %s has %d photos in %d subsets, and %d references; make "+
			"it again", f.planFile(), plan.Images.Count, plan.Subsets, plan.References.Count)
	}
	if !plan.dealt() {
		return nil, fault.New(fault.Input, "the tasks of the plan in %s do not have each of its %d photos and %d "+
			"subsets once; make it again", f.planFile(), plan.Images.Count, plan.Subsets)
	}
	return plan, nil
}

// mostListed bounds the photos of a plan that is read.
const mostListed = 1 << 31

func (p *Plan) countable() bool {
	return p.Images.Count >= 0 && p.Images.Count < mostListed && p.References.Count >= 0 &&
		p.References.Count < mostListed && p.Subsets >= min(1, p.Images.Count) && p.Subsets <= max(1, p.Images.Count)
}

// dealt says whether the tasks of every phase together have what the phase is about, each once. How much is one
// task's is no part of the plan's ID.
func (p *Plan) dealt() bool {
	all := func(cut Cut, of int) bool { return cut.Of == of && (of == 0 || cut.Each >= 1 && cut.Each < mostListed) }
	none := func(cut Cut) bool { return cut == Cut{} }
	return all(p.Cuts.Depth, p.Images.Count) && all(p.Cuts.Score, p.Subsets) &&
		(none(p.Cuts.Nearest) || all(p.Cuts.Nearest, p.Images.Count)) &&
		(none(p.Cuts.Draw) || all(p.Cuts.Draw, p.Subsets))
}

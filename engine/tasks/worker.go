package tasks

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"musc/engine"
	"musc/engine/bank"
	"musc/engine/fault"
	"musc/engine/frame"
	"musc/engine/imageio"
	"musc/engine/results"
)

// Worker runs tasks of a plan on this machine.
type Worker struct {
	Plan   *Plan
	Folder Folder

	// Machine is what engine.Config has of this machine: Library, Device, SelfTest, DeviceMemory,
	// Threads, Memory, SpillInto, and the Model's graph if it is not where the plan says.
	Machine    engine.Config
	KeepTokens bool   // keep what the backbone gave of a subset until it is scored, in any case
	AllowMixed bool   // merge parts whose last digits differ
	Version    string // of musc
	Observer   engine.Observer

	listing *Listing
	roi     *frame.ROI // once it is needed
	bank    *bank.Bank
}

// Run runs one task. One that is done already is not run again. A task that fails leaves its reason
// for Status. Errors are those of what it does; a number that is none is of kind fault.Usage.
func (w *Worker) Run(ctx context.Context, phase Phase, task int) error {
	if err := w.Plan.CheckTask(phase, task); err != nil {
		return err
	}
	err := w.run(ctx, phase, task)
	if err == nil {
		return w.Folder.forgetFailure(phase, task)
	}
	if ctx.Err() == nil { // else it was stopped, and did not fail
		err = errors.Join(err, w.Folder.noteFailure(phase, task, err))
	}
	return err
}

func (w *Worker) run(ctx context.Context, phase Phase, task int) error {
	switch phase {
	case PhaseDepth:
		return w.depth(ctx, task)
	case PhaseScore:
		first, last := w.Plan.Cuts.Score.Range(task)
		return w.score(ctx, first, last)
	case PhaseNearest:
		return w.nearest(ctx, []int{task})
	case PhaseMerge:
		_, err := w.Merge(ctx)
		return err
	}
	return w.draw(ctx, task)
}

// RunAll runs every task of a phase that is not done, in this process.
func (w *Worker) RunAll(ctx context.Context, phase Phase) error {
	switch phase {
	case PhaseScore: // the model is loaded once
		return w.score(ctx, 0, w.Plan.Subsets)
	case PhaseNearest: // the class tokens are read once
		return w.nearest(ctx, upTo(w.Plan.Tasks(PhaseNearest)))
	}
	for task := range w.Plan.Tasks(phase) {
		if err := w.run(ctx, phase, task); err != nil {
			return err
		}
	}
	return nil
}

// nearest runs tasks of the phase nearest.
func (w *Worker) nearest(ctx context.Context, tasks []int) error {
	if len(tasks) == 0 {
		return nil
	}
	return w.Plan.Nearest(ctx, w.Folder, tasks, w.Machine, w.Observer)
}

// Merge runs the phase merge, if that is not done.
func (w *Worker) Merge(ctx context.Context) (*Merged, error) {
	listing, err := w.listed()
	if err != nil {
		return nil, err
	}
	return w.Plan.Merge(ctx, w.Folder, listing, w.AllowMixed, w.Observer)
}

// listed is the plan's listing.
func (w *Worker) listed() (_ *Listing, err error) {
	if w.listing == nil {
		w.listing, err = w.Plan.ReadListing(w.Folder)
	}
	return w.listing, err
}

// explained is how many images of a subset have their evidence looked for, for the report.
const explained = 24

// job is the plan on this machine, without images. Errors are those of what it reads, a mask or a bank.
func (w *Worker) job() (job engine.Config, err error) {
	job = w.Machine
	job.Decode = imageio.Options{MaxPixels: w.Plan.MaxPixels, ApplyOrientation: w.Plan.Rotate}
	job.Bits, job.Strict, job.Batch = w.Plan.Bits, w.Plan.Strict, w.Plan.Batch
	job.Scoring, job.Frame = w.Plan.Scoring, w.Plan.Frame
	job.Scoring.Subsets, job.Scoring.Windows = 1, []int{1} // RsCIN is for all images together
	if w.Plan.Report {
		job.Explain = explained
	}
	if job.Model == "" {
		job.Model = w.Plan.Model.Path
	}
	if job.ROI, err = w.readROI(job.Decode); err != nil || w.Plan.Bank == nil {
		return job, err
	}
	if w.bank, err = w.Plan.Bank.open(w.Plan, w.bank); err != nil {
		return job, err
	}
	return job.WithBank(w.bank)
}

// readROI reads the plan's region of interest, once, if it has one of its own.
func (w *Worker) readROI(opts imageio.Options) (_ *frame.ROI, err error) {
	of := w.Plan.ROI
	if of == nil || w.roi != nil || w.Plan.Bank != nil {
		return w.roi, nil
	}
	if w.roi, err = frame.ReadROI(w.Plan.Locate(of.Path), opts); err != nil {
		return nil, err
	}
	if w.roi.SHA256() != of.SHA256 {
		w.roi = nil
		return nil, fault.New(fault.Input, "%s has changed since the plan was made; bring back the mask as it "+
			"was, or plan anew", of.Path)
	}
	return w.roi, nil
}

// open opens the bank, unless it is open.
func (of *Bank) open(plan *Plan, opened *bank.Bank) (*bank.Bank, error) {
	if opened != nil {
		return opened, nil
	}
	b, err := bank.Open(plan.Locate(of.Path))
	if err != nil {
		return nil, err
	}
	if b.Header().ID != of.ID {
		b.Close() // it is not used
		return nil, fault.New(fault.Input, "%s is another bank than the one that the plan was made with; bring "+
			"that back, or plan anew", of.Path)
	}
	return b, nil
}

// tellDone says what an earlier run has done, and what it left out. References are told once; if any
// subset is to be scored yet, when they are read again.
func (w *Worker) tellDone(done, of int, skipped []About) {
	if of > 1 {
		w.Observer.Note(fmt.Sprintf("%d of %d subsets were scored by an earlier run", done, of))
	} else {
		w.Observer.Note("the images were scored by an earlier run")
	}
	for _, about := range inOrder(skipped) {
		if !about.Reference || done == of {
			w.Observer.Skipped(about.Path, about.Text)
		}
	}
}

// subsetFolder is where what is kept of a subset lies until it is scored.
func (w *Worker) subsetFolder(subset int) string {
	return w.Folder.Path("tokens", fmt.Sprintf("%06d", subset))
}

// Score runs all that is not done of the plan in this process, puts the results in place and removes
// the work. Errors are those of engine.Score and engine.Save; what is finished then stays for the next
// time.
func (w *Worker) Score(ctx context.Context, folder *results.Folder, options engine.SaveOptions) (
	*engine.Result, error) {

	for _, phase := range []Phase{PhaseDepth, PhaseScore, PhaseNearest} {
		if err := w.RunAll(ctx, phase); err != nil {
			return nil, err
		}
	}
	result, err := w.Finish(ctx, folder, options)
	if err != nil {
		return nil, err
	}
	if err := Remove(w.Folder); err != nil { // the results are whole
		w.Observer.Note(fmt.Sprintf("%v; the results are in place, and nothing there is needed", err))
	}
	return result, nil
}

// empty says whether no part has an image.
func (p *Plan) empty(f Folder) bool {
	for subset := range p.Subsets {
		if part, err := p.ReadPart(f, subset, Table); err != nil || len(part.Images) > 0 {
			return false
		}
	}
	return true
}

// Progress says in a few words what is finished of a run, "" if nothing is that is worth keeping.
func (p *Plan) Progress(f Folder) (string, error) {
	parts, err := f.present(PhaseScore)
	if err != nil {
		return "", err
	}
	kept, err := filepath.Glob(f.Path("tokens", "*", "*"))
	if err != nil {
		return "", err
	}
	kept = slices.DeleteFunc(kept, func(path string) bool { return filepath.Ext(path) == ".lock" })
	switch {
	case len(parts) == p.Subsets && p.empty(f):
		return "", nil
	case len(parts) > 0 && p.Subsets == 1:
		return "all images are scored", nil
	case len(parts) > 0:
		return fmt.Sprintf("%d of %d subsets are scored", len(parts), p.Subsets), nil
	case len(kept) > 0:
		return "part of what the backbone and mutual scoring give is kept", nil
	}
	return p.depthProgress(f)
}

// depthProgress is Progress before any scoring: the samples of deep photos take long to read, and the
// heads of others do not.
func (p *Plan) depthProgress(f Folder) (string, error) {
	done, err := f.present(PhaseDepth)
	if err != nil || len(done) < 2 {
		return "", err
	}
	for _, task := range done {
		if all, err := p.readDepth(f, task); err == nil && all.Integers.Photos+all.Floats.Photos > 0 {
			return fmt.Sprintf("the samples of %d of %d blocks of photos are read", len(done),
				p.Tasks(PhaseDepth)), nil
		}
	}
	return "", nil
}

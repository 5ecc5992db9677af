package tasks

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"time"

	"musc/engine"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/imageio"
	"musc/engine/report"
)

// DefaultTasks is how many tasks a phase has at most unless told otherwise: what Slurm takes as one
// job array by default.
const DefaultTasks = 1000

const (
	depthTasks   = 1000 // at most, and
	depthPhotos  = 2000 // at least of a task: of deep samples one takes up to a second
	nearestTasks = 64   // at most, and
	nearestRows  = 4096 // at least of a task: each reads the class tokens of the whole batch
	rowsTogether = 256  // rows of a task are a multiple of it
)

// Request is what a plan is made of.
type Request struct {
	Settings
	Model      string         // the graph
	Images     []dataset.Item // sorted by name, as dataset.Collect gives them
	References []dataset.Item
	Tasks      int // at most so many of the phases score and draw; 0: DefaultTasks

	Skipped []dataset.Skipped
	Notes   []string
	Version string
	Command []string
	Started time.Time

	Arguments []string // as results.Repeat has them; nil: the run cannot be repeated
	Inputs    []string // files that were read for the request, besides photos: manifests, labels, a mask
}

// Make cuts a job into tasks: nothing is computed, and no photo is opened. The subsets are dealt
// over all names, so that a photo that turns out to be damaged changes the scores of its own subset
// only.
// Errors are those of dataset.DealSubsets and engine.Identify, and of kind fault.Usage.
func Make(request Request) (*Plan, *Listing, error) {
	if err := request.check(); err != nil {
		return nil, nil, err
	}
	folder, err := os.Getwd()
	if err != nil {
		return nil, nil, fault.New(fault.Input, "cannot tell which folder this is: %w; change to it anew",
			err)
	}
	listing := &Listing{Images: request.Images, References: request.References}
	if err := listing.deal(request.Scoring); err != nil {
		return nil, nil, err
	}
	plan := &Plan{Format: format, Settings: request.Settings, Folder: folder,
		Subsets: request.Scoring.Subsets, Skipped: request.Skipped, Notes: request.Notes,
		Version: request.Version, Command: request.Command, Started: request.Started,
		Arguments: request.Arguments}
	plan.MaxPixels = cmp.Or(plan.MaxPixels, imageio.DefaultMaxPixels)
	plan.Images, plan.References = plan.listed(listing.Images), plan.listed(listing.References)
	if plan.Model.Path, err = filepath.Abs(request.Model); err != nil {
		return nil, nil, fault.New(fault.Input, "cannot tell where the model %s is: %w; give its whole "+
			"path", request.Model, err)
	}
	if plan.Model.Files, err = engine.Identify(plan.Model.Path); err != nil {
		return nil, nil, err
	}
	if plan.Inputs, err = identify(request.Inputs); err != nil {
		return nil, nil, err
	}
	plan.cut(cmp.Or(request.Tasks, DefaultTasks))
	if plan.ID, err = plan.identity(); err != nil {
		return nil, nil, err
	}
	return plan, listing, nil
}

// identify takes the checksums of files, each once.
func identify(paths []string) (files []report.File, err error) {
	for k, path := range paths {
		if slices.Contains(paths[:k], path) {
			continue
		}
		file := report.File{Path: path}
		if file.SHA256, file.Bytes, err = engine.DigestSize(path); err != nil {
			return nil, fault.New(fault.Input, "cannot read %s: %w; check its permissions", path, err)
		}
		files = append(files, file)
	}
	return files, nil
}

func (r *Request) check() error {
	switch {
	case r.Tasks < 0:
		return fault.New(fault.Usage, "a phase cannot have %d tasks", r.Tasks)
	case r.DrawTop < 0:
		return fault.New(fault.Usage, "the number of photos to draw cannot be %d; 0 draws all", r.DrawTop)
	case r.Scoring.Subsets < 1:
		return fault.New(fault.Usage, "the number of subsets must be at least 1, not %d",
			r.Scoring.Subsets)
	case !slices.Contains([]string{"tiff", "npy", "none"}, r.Maps):
		return fault.New(fault.Usage, "maps are tiff, npy or none, not %q", r.Maps)
	case len(r.Images) == 0:
		return fault.New(fault.Input, "no image to score")
	}
	return nil
}

// cut deals the work to the tasks, at most so many of the phases score and draw.
func (p *Plan) cut(most int) {
	images := p.Images.Count
	p.Cuts.Depth = Cut{images, max(depthPhotos, shares(images, depthTasks))}
	p.Cuts.Score = Cut{p.Subsets, shares(p.Subsets, most)}
	if slices.Max(append([]int{1}, p.Scoring.Windows...)) > 1 {
		rows := max(nearestRows, shares(images, nearestTasks))
		p.Cuts.Nearest = Cut{images, shares(rows, rowsTogether) * rowsTogether}
	}
	if p.Maps == "none" && !p.Overlays && !p.Report && (p.Threshold == "" || p.Threshold == "none") {
		return
	}
	p.Cuts.Draw = p.Cuts.Score
	if p.DrawTop > 0 && p.DrawTop < images { // about as many pictures a task as if all were drawn
		tasks := max(1, p.Cuts.Score.Tasks()*p.DrawTop/images)
		p.Cuts.Draw.Each = shares(p.Subsets, tasks)
	}
}

// shares is the size of an equal share among so many, rounded up.
func shares(of, among int) int { return (of + among - 1) / among }

// identity is the plan's ID: a hash of what decides the results. Where the model lies does not.
func (p *Plan) identity() (string, error) {
	settings := p.Settings
	settings.Preset = ""
	if settings.ROI != nil { // where they lie decides nothing
		settings.ROI = &ROI{SHA256: settings.ROI.SHA256}
	}
	if settings.Bank != nil {
		settings.Bank = &Bank{ID: settings.Bank.ID}
	}
	decides := struct {
		Format             int
		Settings           Settings
		Model              []string
		Images, References string
	}{p.Format, settings, report.Sums(p.Model.Files), p.Images.Identity, p.References.Identity}
	text, err := json.Marshal(decides)
	if err != nil {
		return "", fault.New(fault.Usage, "cannot make a plan of these settings: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), nil
}

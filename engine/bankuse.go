package engine

import (
	"context"
	"fmt"
	"slices"

	"musc/engine/bank"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/frame"
	"musc/engine/imageio"
	"musc/engine/report"
)

// WithBank is the job with the settings of a bank, whose photos take the place of References.
func (job Config) WithBank(b *bank.Bank) (Config, error) {
	if err := checkKept(b.Header()); err != nil {
		return job, fault.New(fault.Input, "cannot use the bank %s: its header makes no sense: %w; copy it again "+
			"from where it was whole, or build it anew (musc bank build)", b.Path(), err)
	}
	of := &b.Header().Settings
	job.Bank, job.References, job.banked = b, nil, false
	scoring := &job.Scoring
	scoring.Stages, scoring.Degrees = of.Stages, of.Degrees
	scoring.Interval, scoring.Average = of.Interval, of.Average
	scoring.Near, scoring.MapSize = of.Near, of.MapSize
	scoring.ReferencesOnly, scoring.ReferencesInterval = true, !of.Nearest
	scoring.Windows = []int{1} // a score must not depend on the batch
	scoring.Subsets = 1
	job.Decode.ApplyOrientation, job.Decode.Depth = of.Rotate, of.Depth
	job.Bits = of.Bits
	if job.Decode.MaxPixels == 0 {
		job.Decode.MaxPixels = of.MaxPixels
	}
	job.Frame = of.Frame
	var err error
	job.ROI, err = roiOf(b)
	return job, err
}

// checkKept says where the settings of a bank are none, or do not belong to the tokens that it keeps: anybody can
// have written it.
func checkKept(h *bank.Header) error {
	of, shape, model := &h.Settings, &h.Shape, &h.Model
	view := frame.Model{ImageSize: model.ImageSize, Patch: model.ImageSize / max(1, model.GridHeight),
		Height: model.GridHeight, Width: model.GridWidth}
	if err := of.Frame.Check(view); err != nil {
		return err
	}
	switch {
	case !differentStages(of.Stages, model.Stages):
		return fmt.Errorf("stages %v of %d", of.Stages, model.Stages)
	case of.Frame.Tiles.Auto || shape.Views != of.Frame.Views():
		return fmt.Errorf("%d views are kept, and %+v has %d", shape.Views, of.Frame, of.Frame.Views())
	case shape.Height != model.GridHeight || shape.Width != model.GridWidth || shape.Channels != model.Channels ||
		shape.ClassDim != model.ClassDim:
		return fmt.Errorf("its tokens are %+v, and those of its model %+v", *shape, *model)
	case of.Near < 0 || of.MapSize < 0 || of.MapSize > mostMapSide:
		return fmt.Errorf("patches at most %d away, maps of %d pixels", of.Near, of.MapSize)
	case !possibleBits(of.Bits):
		return fmt.Errorf("samples of %d bits", of.Bits)
	}
	return nil
}

// checkBank refuses a job whose settings are not those of its bank.
func (job *Config) checkBank() error {
	if job.Bank == nil {
		return nil
	}
	if len(job.References) > 0 && !job.banked {
		return fault.New(fault.Usage, "a bank and reference photos: leave one of them out; musc bank add "+
			"puts more photos into a bank")
	}
	if len(job.Bank.Header().Photos) == 0 {
		return fault.New(fault.Input, "the bank %s has no photos; musc bank add puts some into it",
			job.Bank.Path())
	}
	like, err := job.WithBank(job.Bank)
	if err != nil {
		return err
	}
	for _, same := range []bool{slices.Equal(like.Scoring.Stages, job.Scoring.Stages),
		slices.Equal(like.Scoring.Degrees, job.Scoring.Degrees), like.Frame == job.Frame,
		like.Scoring.Near == job.Scoring.Near, job.Scoring.ReferencesOnly,
		like.Scoring.ReferencesInterval == job.Scoring.ReferencesInterval} {
		if !same {
			return fault.New(fault.Internal, "a job by a bank with other settings than the bank's")
		}
	}
	return nil
}

// BankItems are the photos of a bank as references: without files, under their names.
func BankItems(b *bank.Bank) []dataset.Item {
	photos := b.Header().Photos
	items := make([]dataset.Item, len(photos))
	for k, photo := range photos {
		items[k] = dataset.Item{Name: photo.Name, Path: photo.Name}
	}
	return items
}

// roiOf is the region of interest of a bank; nil if it has none.
func roiOf(b *bank.Bank) (*frame.ROI, error) {
	of := &b.Header().Settings
	if len(of.ROI) == 0 {
		return nil, nil
	}
	name := "of the bank " + b.Path()
	mask, _, err := imageio.DecodeBytes(name, of.ROI, imageio.Options{})
	if err != nil {
		return nil, err
	}
	grey := &imageio.Grey{Width: mask.Width, Height: mask.Height, Pix: make([]uint8, mask.Width*mask.Height)}
	for k := range grey.Pix {
		grey.Pix[k] = mask.Pix[3*k]
	}
	return frame.NewROI(name, grey), nil
}

// bankModel is a backbone as a bank names it.
func bankModel(from Provenance) bank.Model {
	of := from.Model
	return bank.Model{Name: of.Name, Sums: report.Sums(of.Files), ImageSize: of.ImageSize,
		GridHeight: of.GridHeight, GridWidth: of.GridWidth, Channels: of.Channels, Stages: of.Stages,
		ClassDim: of.ClassDim, Mean: of.Mean, Std: of.Std}
}

// readBank takes the photos of the bank as references. It refuses a bank of another model, and tells where
// the last digits may be others.
func (p *Pipeline) readBank() (err error) {
	b := p.job.Bank
	from, err := p.Provenance()
	if err != nil {
		return err
	}
	if err := b.Fits(bankModel(from)); err != nil {
		return err
	}
	if note := b.Differs(from.Tokens()); note != "" {
		p.noteOnce(note)
	}
	photos := b.Header().Photos
	found := &extracted{room: len(photos)}
	if found.store, err = p.allocate(len(photos)); err != nil {
		return err
	}
	p.references = found
	for k, photo := range photos {
		found.listed = append(found.listed, k)
		found.images = append(found.images, Image{Item: p.job.References[k], Width: photo.Width,
			Height: photo.Height, Digest: photo.SHA256})
	}
	return inParallel(context.Background(), len(photos), p.job.Threads, func(photo int) {
		for view := range p.job.Frame.Views() {
			at := view*len(photos) + photo
			found.store.SetActive(at, b.Active(photo, view))
			for stage := range p.job.Scoring.Stages {
				b.Tokens(found.store.Tokens(stage, at), photo, view, stage)
				found.store.Release(stage, at)
			}
		}
	})
}

// ownOfBank lists for each image the photos of a bank that are the same file.
func ownOfBank(images []Image, b *bank.Bank) [][]int {
	of := map[string][]int{}
	for k, photo := range b.Header().Photos {
		of[photo.SHA256] = append(of[photo.SHA256], k)
	}
	own := make([][]int, len(images))
	for i, image := range images {
		own[i] = of[image.Digest]
	}
	return own
}

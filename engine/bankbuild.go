package engine

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"slices"
	"time"

	"musc/engine/atomicfile"
	"musc/engine/bank"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/frame"
)

// StepCalibrate is the scoring of a bank's photos by each other.
const StepCalibrate Step = "calibration"

// BankOptions say how a bank is made, besides the job: Config.Images are the good photos, and its
// settings are kept for new ones.
type BankOptions struct {
	Path      string
	Overwrite bool
	Nearest   bool   // see bank.Settings
	Preset    string // for the record
	Threshold string // as verdict.New takes it, but none from labels
	Version   string // of musc
	Started   time.Time
	Encoding  bank.Encoding
}

// BankChange is what became of a bank.
type BankChange struct {
	Header  *bank.Header
	Bytes   int64 // of the file
	Added   []bank.Photo
	Removed []bank.Photo
	Skipped []dataset.Skipped // photos that cannot be read, or are there already
	Doubts  []string          // a sentence about each added photo that scores far out
}

// BuildBank makes a bank of the job's photos, one or more: its tokens are written as the backbone gives
// them, a few photos at a time, and calibrated as they are kept. Photos of the same bytes count once.
// Errors are those of Score, and of package bank.
func BuildBank(ctx context.Context, job Config, options BankOptions, observer Observer) (*BankChange, error) {
	if err := checkBankJob(job, options); err != nil {
		return nil, err
	}
	inputs := make([]string, len(job.Images))
	for i, item := range job.Images {
		inputs[i] = item.Path
	}
	if err := atomicfile.Check(options.Path, options.Overwrite, inputs...); err != nil {
		return nil, err
	}
	if info, err := os.Stat(options.Path); err == nil && info.Size() > 0 { // a bank that takes another's place
		release, err := bank.Lock(options.Path)
		if err != nil {
			return nil, err
		}
		defer release()
	}
	job.Scoring.Subsets = 1
	why, err := job.ResolveFrame(ctx)
	if err != nil {
		return nil, err
	}
	in, err := openIntake(ctx, job, observer)
	if err != nil {
		return nil, err
	}
	defer in.close()
	if why != "" {
		observer.Note(why)
	}
	if err := in.chooseDepth(ctx); err != nil {
		return nil, err
	}
	header, err := in.header(options)
	if err != nil {
		return nil, err
	}
	w, err := bank.Create(options.Path, header, options.Overwrite)
	if err != nil {
		return nil, err
	}
	defer w.Abort()
	if err := in.addAll(ctx, w); err != nil {
		return nil, err
	}
	change, err := in.finish(ctx, w, options.Threshold)
	if err != nil {
		return nil, err
	}
	change.Doubts = doubtsAbout(change.Header, upTo(len(change.Header.Photos)))
	return change, nil
}

// checkBankJob tells before any work what is wrong.
func checkBankJob(job Config, options BankOptions) error {
	if len(job.Images) == 0 {
		return fault.New(fault.Usage, "no good photos given; as in: musc bank build good/ -o product.musc")
	}
	if len(job.Images) == 1 { // enough for a bank
		job.Images = slices.Repeat(job.Images, 2)
	}
	if job.Scoring.Subsets = 1; len(job.References) > 0 {
		return fault.New(fault.Usage, "a bank is built of good photos; there are no references beside them")
	}
	if job.ROI != nil && job.ROI.One() == nil {
		return fault.New(fault.Usage, "a bank has one mask for all its photos and those to come, not a folder of "+
			"masks: give --roi a picture")
	}
	if err := job.Check(); err != nil {
		return err
	}
	_, err := bankEstimator(options.Threshold)
	return err
}

// intake is photos on their way into a bank.
type intake struct {
	*Pipeline
	chunks  *inChunks // the pipeline's observer
	change  BankChange
	renamed []string // what to tell of names
}

// openIntake opens the backbone for the job's photos.
func openIntake(ctx context.Context, job Config, observer Observer) (*intake, error) {
	job.Images, job.References, job.Bank = slices.Clone(job.Images), nil, nil
	chunks := &inChunks{Observer: observer}
	pipeline, err := open(ctx, job, 1, chunks)
	if err != nil {
		return nil, err
	}
	return &intake{Pipeline: pipeline, chunks: chunks}, nil
}

func (in *intake) close() { in.Pipeline.Close() }

// inChunks tells of a backbone that runs over photos in chunks as if it were one run.
type inChunks struct {
	Observer
	total int
	begun bool
}

// Begin implements Observer.
func (o *inChunks) Begin(step Step, total int) {
	if step == StepBackbone {
		if o.begun {
			o.Observer.Resume(step)
			return
		}
		o.begun, total = true, o.total
	}
	o.Observer.Begin(step, total)
}

// chooseDepth sets how samples of more than 8 bits are scaled, and says so.
func (in *intake) chooseDepth(ctx context.Context) error {
	lines, err := in.Pipeline.chooseDepth(ctx)
	for _, line := range lines {
		in.observer.Note(line)
	}
	return err
}

// header is that of a new bank.
func (in *intake) header(options BankOptions) (header bank.Header, err error) {
	from, err := in.Provenance()
	if err != nil {
		return header, err
	}
	job, scoring := &in.job, &in.job.Scoring
	header = bank.Header{Version: options.Version, Created: options.Started, Model: bankModel(from),
		Provenance: from.Tokens()}
	header.Settings = bank.Settings{Preset: options.Preset, Stages: scoring.Stages,
		Degrees: scoring.Degrees, Interval: scoring.Interval, Average: scoring.Average,
		Nearest: options.Nearest, Near: scoring.Near, MapSize: scoring.MapSize, Frame: job.Frame,
		Rotate: job.Decode.ApplyOrientation, MaxPixels: job.Decode.MaxPixels, Bits: job.Bits,
		Depth: job.Decode.Depth}
	if job.ROI != nil {
		header.Settings.ROISum = job.ROI.SHA256()
		if header.Settings.ROI, err = pngOf(job.ROI.One()); err != nil {
			return header, err
		}
	}
	header.Shape = bank.Shape{Views: job.Frame.Views(), Stages: len(scoring.Stages),
		Height: in.info.GridHeight, Width: in.info.GridWidth, Channels: in.info.Channels,
		ClassDim: in.info.ClassDim, Encoding: options.Encoding}
	return header, nil
}

// pngOf is a mask as a file; nil of none.
func pngOf(mask *frame.Mask) ([]byte, error) {
	if mask == nil {
		return nil, nil
	}
	of := mask.Pixels
	grey := &image.Gray{Pix: of.Pix, Stride: of.Width, Rect: image.Rect(0, 0, of.Width, of.Height)}
	var text bytes.Buffer
	err := png.Encode(&text, grey)
	return text.Bytes(), err
}

// chunkBytes is how much of the tokens of photos is in memory before they are written, and chunkPhotos
// how many photos at most.
const (
	chunkBytes  = 64 << 20
	chunkPhotos = 64
)

// addAll runs the backbone over the job's photos and writes them, chunk by chunk.
func (in *intake) addAll(ctx context.Context, w *bank.Writer) error {
	for _, note := range in.renamed {
		in.observer.Note(note)
	}
	items, sums, err := in.withoutTwins(ctx, w.Photos())
	if err != nil {
		return err
	}
	in.chunks.total = len(items)
	shape := in.shape(1)
	in.largest = int(min(chunkPhotos, max(1, min(chunkBytes, in.job.Memory/8)/shape.Bytes())))
	for first := 0; first < len(items); first += in.largest {
		end := min(first+in.largest, len(items))
		batch, err := in.Extract(ctx, items[first:end], Keep{})
		if err != nil {
			return err
		}
		in.change.Skipped = append(in.change.Skipped, batch.read.Skipped...)
		err = in.write(w, batch, sums)
		batch.Close()
		if err != nil {
			return err
		}
	}
	if len(w.Photos()) == 0 {
		return fault.New(fault.Input, "none of the %d good photos can be read", len(in.job.Images))
	}
	return nil
}

// write adds the photos of a chunk.
func (in *intake) write(w *bank.Writer, batch *Batch, sums map[string]string) error {
	views := batch.extracted.grids(in.job.Frame.Views())
	for i, image := range batch.read.Images {
		photo := bank.Photo{Name: image.Name, SHA256: sums[image.Path], Width: image.Width,
			Height: image.Height, Class: image.ClassToken}
		err := w.Add(photo, func(view, stage int) []float32 { return views[view].Tokens(stage, i) },
			func(view int) []bool { return views[view].Active(i) })
		if err != nil {
			return err
		}
		photo.Class = nil
		in.change.Added = append(in.change.Added, photo)
	}
	return nil
}

// withoutTwins are the job's photos but those that are in the bank already, or come twice; the sums are by
// path.
func (in *intake) withoutTwins(ctx context.Context, there []bank.Photo) (items []dataset.Item,
	sums map[string]string, err error) {

	found := make([]string, len(in.job.Images))
	err = inParallel(ctx, len(found), in.job.Threads, func(i int) {
		found[i], _ = Digest(in.job.Images[i].Path) // one that cannot be read says why when it is decoded
	})
	sums, first := map[string]string{}, map[string]string{}
	for _, photo := range there {
		first[photo.SHA256] = photo.Name
	}
	for i, item := range in.job.Images {
		if twin, known := first[found[i]]; known && found[i] != "" {
			reason := fmt.Sprintf("it is the same photo as %s, which the bank has", twin)
			in.change.Skipped = append(in.change.Skipped, dataset.Skipped{Path: item.Path, Reason: reason})
			in.observer.Skipped(item.Path, reason)
			continue
		}
		first[found[i]], sums[item.Path] = item.Name, found[i]
		items = append(items, item)
	}
	return items, sums, err
}

// finish calibrates what was written and gives the bank its name.
func (in *intake) finish(ctx context.Context, w *bank.Writer, threshold string) (*BankChange, error) {
	in.FreeBackbone()
	return commitBank(ctx, in.job, w, threshold, nil, &in.change, in.clock)
}

// commitBank calibrates and finishes a bank; leftOut are what good photos that it was thinned of score by
// it. The job's scorer is chosen.
func commitBank(ctx context.Context, job Config, w *bank.Writer, threshold string, leftOut []float64,
	change *BankChange, clock *clock) (*BankChange, error) {

	written, err := w.Bank()
	if err != nil {
		return nil, err
	}
	defer written.Close()
	among, err := job.amongThemselves(written)
	if err != nil {
		return nil, err
	}
	scores, err := calibrateBank(ctx, among, written, clock)
	if err != nil {
		return nil, err
	}
	calibration, err := thresholdsOf(written.Header().Photos, scores, leftOut, threshold)
	if err != nil {
		return nil, err
	}
	if err := w.Commit(calibration); err != nil {
		return nil, err
	}
	header := w.Header()
	change.Header, change.Bytes = &header, w.Bytes()
	return change, nil
}

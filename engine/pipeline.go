package engine

import (
	"context"
	"encoding/json"
	"strings"

	"musc/engine/backbone"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/frame"
	"musc/engine/memory"
	"musc/engine/mutual"
)

// Pipeline is an open backbone and what scores, for batches of one product that come one after the
// other, as the subsets of a plan do: the model is loaded and the reference images are read once.
// Close it after use.
type Pipeline struct {
	job        Config
	observer   Observer
	clock      *clock
	largest    int // images of the largest set that is scored at once
	info       backbone.Info
	sessions   []*backbone.Session
	lanes      []*lane
	references *extracted      // nil without
	plan       string          // as told last
	planned    mutual.Plan     // the same for a CPU, whatever memory was left
	from       *Provenance     // nil until it is needed
	noted      map[string]bool // what was told and holds for all subsets
	base       string          // digest of what decides the tokens besides the photos; "" until it is needed
}

// Open loads the job's model, chooses the devices and reads the job's references. largest is how many
// images are scored at once, at most: it decides what is kept in memory. The job's images are of no
// concern; photos of more than 8 bits a sample are scaled by job.Decode.Depth. Errors are those of
// Score.
func Open(ctx context.Context, job Config, largest int, observer Observer) (*Pipeline, error) {
	p, err := open(ctx, job, largest, observer)
	if err != nil {
		return nil, err
	}
	if err := p.readReferences(ctx); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// open is Open without the references.
func open(ctx context.Context, job Config, largest int, observer Observer) (*Pipeline, error) {
	p := &Pipeline{job: job.WithDefaults(), observer: observer, clock: &clock{observer: observer},
		largest: largest}
	if job.Bank != nil {
		p.job.References, p.job.banked = BankItems(job.Bank), true
	}
	if err := p.job.chooseScorer(ctx, observer.Note, p.notePlan); err != nil {
		return nil, err
	}
	p.clock.begin(StepLoad, 1)
	if err := p.load(); err != nil {
		return nil, err
	}
	observer.Advance(1)
	p.clock.end()
	p.job.noteDevices(observer, p.info)
	if err := p.job.Frame.Check(FrameModel(&p.info)); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// lanesOfGPU is how many batches a GPU has under way: one that it computes, one that is prepared
// for it or stored.
const lanesOfGPU = 2

// load opens the sessions.
func (p *Pipeline) load() (err error) {
	photos := p.largest
	if p.job.Bank == nil {
		photos = max(photos, len(p.job.References))
	}
	if p.sessions, err = openSessions(&p.job, photos*p.job.Frame.Views()); err != nil {
		return err
	}
	p.info = p.sessions[0].Info()
	sources, each := make([]tokenSource, len(p.sessions)), 1
	if p.info.Runs > 1 {
		each = p.info.Runs + 1
	}
	for k, session := range p.sessions {
		sources[k] = session
	}
	if p.info.OnGPU() {
		p.info.Provider = strings.ToUpper(p.job.Device.String())
		each = lanesOfGPU
	}
	p.lanes = newLanes(sources, each, p.info.Runs)
	p.info.DeviceNote = p.job.backboneWhy(p.info)
	return nil
}

// readReferences runs the backbone over the reference images, or takes those of the bank.
func (p *Pipeline) readReferences(ctx context.Context) (err error) {
	if p.job.Bank != nil {
		return p.readBank()
	}
	if len(p.job.References) == 0 {
		return nil
	}
	if p.references, err = p.extract(ctx, p.job.References, p.job.Keep); err != nil {
		return err
	}
	if len(p.references.images) == 0 {
		p.references.close()
		p.references = nil
		return fault.New(fault.Input, "none of the %d reference images can be read",
			len(p.job.References))
	}
	return nil
}

// Extract runs the backbone over images, which may be any number, also none that can be read: those
// that cannot are in the results of the batch. Close the batch before the next.
func (p *Pipeline) Extract(ctx context.Context, images []dataset.Item, keep Keep) (*Batch, error) {
	var photos map[string]int
	if p.job.Bank == nil { // else they are known by the digests of the images
		photos = photosOf(images, p.job.References)
	}
	return p.extractBatch(ctx, images, photos, keep)
}

// extractBatch is Extract where it is known which photo each path is.
func (p *Pipeline) extractBatch(ctx context.Context, images []dataset.Item, photos map[string]int,
	keep Keep) (*Batch, error) {

	b := &Batch{pipeline: p, items: images, keep: keep, photos: photos}
	if p.job.Scoring.ReferencesOnly && p.job.Bank == nil { // before the backbone has worked for nothing
		own := ownReferences(images, p.job.References, b.photos)
		if err := checkOwn(images, own, len(p.job.References)); err != nil {
			return nil, err
		}
	}
	var err error
	if b.extracted, err = p.extract(ctx, images, keep); err != nil {
		return nil, err
	}
	p.clock.end()
	b.read = &Result{Images: b.extracted.images, Skipped: b.extracted.skipped,
		Warnings: b.extracted.warnings, Depth: p.job.Decode.Depth, Model: p.info,
		Timings: p.clock.timings}
	b.read.Height, b.read.Width = p.job.Frame.Canvas(FrameModel(&p.info))
	p.clock.timings = nil
	return b, nil
}

// References are the reference images that could be read, what could not, and warnings about them.
func (p *Pipeline) References() (read []dataset.Item, skipped []dataset.Skipped, warnings []string) {
	if p.references == nil {
		return nil, nil, nil
	}
	return p.references.items(), p.references.skipped, p.references.warnings
}

// ReferenceDigests are Image.Digest of the reference images that could be read, by their paths; nil if
// nothing keeps them.
func (p *Pipeline) ReferenceDigests() map[string]string {
	if p.references == nil {
		return nil
	}
	digests := map[string]string{}
	for _, image := range p.references.images {
		if image.Digest != "" {
			digests[image.Path] = image.Digest
		}
	}
	return digests
}

// extract runs the backbone over items.
func (p *Pipeline) extract(ctx context.Context, items []dataset.Item, keep Keep) (*extracted, error) {
	x := newExtractor(&p.job, items, p.clock, p.info, p.lanes)
	x.allocate = p.allocate
	x.digests = p.job.Bank != nil
	if keep.Folder != "" {
		base, err := p.tokenBase()
		if err != nil {
			return nil, err
		}
		if x.keeper, err = newKeeper(keep, base, &p.job, p.info, p.observer.Note); err != nil {
			return nil, err
		}
	}
	if err := x.run(ctx); err != nil {
		x.found.close()
		return nil, err
	}
	return &x.found, nil
}

// allocate makes room for the tokens of all views of some images, in memory or on disk as the plan for
// the largest set says.
func (p *Pipeline) allocate(images int) (*features.Store, error) {
	shape := p.shape(p.largest)
	sizes := sizesOf(&p.job, shape, p.largest)
	plan := mutual.NewPlan(p.job.Memory-memory.Resident(), sizes)
	if sizes.Pairs && !plan.Fits() { // before the backbone has worked for nothing
		_, _, err := p.planShared(&p.job, plan, sizes)
		return nil, err
	}
	shape.Images = images * p.job.Frame.Views()
	return newStore(shape, plan.Spill, p.job.SpillInto)
}

// shape is that of the tokens of all views of some images.
func (p *Pipeline) shape(images int) features.Shape {
	return features.Shape{Stages: len(p.job.Scoring.Stages), Images: images * p.job.Frame.Views(),
		Height: p.info.GridHeight, Width: p.info.GridWidth, Channels: p.info.Channels}
}

// Provenance says what computes: the same for everything that one pipeline gives.
func (p *Pipeline) Provenance() (Provenance, error) {
	if p.from == nil { // model and library are read for their checksums
		from, err := p.job.provenance(p.info, p.job.scorer.Name())
		if err != nil {
			return from, err
		}
		p.from = &from
	}
	return *p.from, nil
}

// tokenBase names what decides the tokens of a photo, besides its bytes.
func (p *Pipeline) tokenBase() (string, error) {
	if p.base == "" {
		from, err := p.Provenance()
		if err != nil {
			return "", err
		}
		decides := []any{from.Tokens(), p.job.Decode, p.job.Scoring.Stages, buildOf()}
		if p.job.Frame != (frame.Options{}) || p.job.ROI != nil {
			decides = append(decides, p.job.Frame, p.job.ROI.SHA256())
		}
		text, err := json.Marshal(decides)
		if err != nil {
			return "", err
		}
		p.base = digestOfStrings(string(text))
	}
	return p.base, nil
}

// FreeBackbone gives the backbone's memory back, after the last batch was extracted.
func (p *Pipeline) FreeBackbone() {
	closeSessions(p.sessions)
	p.sessions, p.lanes = nil, nil
}

// Close gives all memory back.
func (p *Pipeline) Close() {
	p.FreeBackbone()
	if p.references != nil {
		p.references.close()
		p.references = nil
	}
}

func (p *Pipeline) notePlan(plan string) {
	if p.plan != plan { // once for all subsets and settings that it serves
		p.plan = plan
		p.observer.Note("plan: " + plan)
	}
}

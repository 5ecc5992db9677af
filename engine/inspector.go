package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"musc/engine/bank"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/imageio"
	"musc/engine/memory"
	"musc/engine/mutual"
	"musc/engine/verdict"
)

// Photo is a photo to inspect: the file at Path, or Data, if that is not nil.
type Photo struct {
	Name string // for messages and results, and for its mask
	Path string
	Data []byte // the content of an image file
}

// Inspection is the answer for one photo.
type Inspection struct {
	Image    // Rank and Subset are 0, Score is ScoreBefore
	Verdict  verdict.Verdict
	Regions  []verdict.Region // of the defects, from the largest peak on, in pixels of the whole photo
	Warnings []string         // what a user should know about the photo
	Timings  []Timing         // StepDecode, StepBackbone, StepMutual, StepVerdict; waiting for the turn is in none
}

// took notes how long a step took.
func (i *Inspection) took(step Step, begun time.Time) {
	i.Timings = append(i.Timings, Timing{step, time.Since(begun).Seconds()})
}

// Inspector scores one photo at a time by a bank: the model and the bank stay ready. The scores are those
// of a batch that is scored by the bank, to the last bit.
type Inspector struct {
	pipeline   *Pipeline
	set        scoredSet          // its references
	prepared   []*mutual.Prepared // by tile; nil on a GPU
	thresholds *verdict.Thresholds
	maxima     *mapMaxima
	turn       chan struct{} // held while a photo is in the backbone or searched for
}

// OpenInspector makes ready to inspect photos by job.Bank: the model is loaded, and the photos of the bank
// are prepared for the search. The thresholds are the bank's. Errors are those of Score.
func OpenInspector(ctx context.Context, job Config, observer Observer) (*Inspector, error) {
	if job.Bank == nil {
		return nil, fault.New(fault.Usage, "an inspector scores by a bank")
	}
	if err := job.Check(); err != nil {
		return nil, err
	}
	p, err := Open(ctx, job, 1, observer)
	if err != nil {
		return nil, err
	}
	s := &Inspector{pipeline: p, turn: make(chan struct{}, 1),
		thresholds: &job.Bank.Header().Calibration.Thresholds,
		set:        scoredSet{frame: p.job.Frame, model: FrameModel(&p.info)}}
	s.set.references = p.references.grids(p.job.Frame.Views())
	height, width := p.job.Frame.Canvas(s.set.model)
	s.maxima = newMapMaxima(&p.info, p.job.Scoring.MapSide(p.info), height, width)
	if err := s.prepare(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// prepare makes the photos of the bank ready, within the bound on memory.
func (s *Inspector) prepare(ctx context.Context) error {
	p := s.pipeline
	if mutual.OnGPU(p.job.scorer) {
		return nil
	}
	s.set.images = s.set.references // a problem has images; their shape is all that counts
	problems := s.set.problems(&p.job.Scoring, []int{0})
	p.clock.begin(StepPrepare, len(problems))
	defer p.clock.end()
	for tile := range problems {
		room := max(0, p.job.Memory-memory.Resident()) / int64(len(problems)-tile)
		prepared, err := mutual.NewPrepared(ctx, &problems[tile], p.job.Threads, room, nil)
		if err != nil {
			return err
		}
		s.prepared = append(s.prepared, prepared)
		p.observer.Advance(1)
	}
	if !slices.ContainsFunc(s.prepared, func(p *mutual.Prepared) bool { return !p.Whole() }) {
		p.references.close() // the search has its own
		p.references.store, s.set.references = nil, nil
	}
	return nil
}

// Inspect scores a photo. It may be called from several goroutines: decoding overlaps, backbone and
// search take turns. A photo that cannot be read is of kind fault.Input; the inspector stays of use.
func (s *Inspector) Inspect(ctx context.Context, photo Photo) (*Inspection, error) {
	found := &Inspection{}
	item := dataset.Item{Name: photo.Name, Path: photo.Path}
	if item.Name == "" {
		item.Name = photo.Path
	}
	begun := time.Now()
	image, err := s.read(item, photo.Data)
	if err != nil {
		return nil, err
	}
	found.Warnings = image.warnings
	found.took(StepDecode, begun)
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.turn }()
	if err := s.score(ctx, item, image, found); err != nil {
		return nil, err
	}
	begun = time.Now()
	found.Verdict = s.thresholds.Of(found.ScoreBefore)
	if found.Verdict == verdict.Defective {
		drawing := &Drawing{Thresholds: *s.thresholds, Height: s.Height(), Width: s.Width()}
		found.Regions, err = drawing.regions(&Order{Image: &found.Image, Regions: true})
	}
	found.took(StepVerdict, begun)
	return found, err
}

// read decodes a photo and cuts it into views.
func (s *Inspector) read(item dataset.Item, data []byte) (image prepared, err error) {
	p := s.pipeline
	var photo *imageio.RGB
	var warnings []string
	digest := ""
	if data != nil {
		sum := sha256.Sum256(data)
		digest = hex.EncodeToString(sum[:])
		photo, warnings, err = imageio.DecodeBytes(item.Name, data, p.job.Decode)
	} else {
		photo, warnings, err = imageio.Decode(item.Path, p.job.Decode)
		if err == nil {
			digest, err = Digest(item.Path)
		}
	}
	if err != nil {
		return image, err
	}
	image, err = p.job.cut(photo, &p.info, &item)
	image.digest, image.warnings = digest, warnings
	return image, err
}

// score fills in the scores of a photo.
func (s *Inspector) score(ctx context.Context, item dataset.Item, image prepared, found *Inspection) error {
	p, begun := s.pipeline, time.Now()
	x := newExtractor(&p.job, []dataset.Item{item}, &clock{observer: Silent{}}, p.info, p.lanes)
	strict := p.job
	strict.Strict = true // the reason is the answer
	x.job = &strict
	x.one = func(int) prepared { return image }
	x.allocate = func(images int) (*features.Store, error) {
		return newStore(p.shape(images), false, "")
	}
	defer x.found.close()
	if err := x.run(ctx); err != nil {
		return err
	}
	found.Image = x.found.images[0]
	found.took(StepBackbone, begun)
	begun = time.Now()
	scores, err := s.search(ctx, x.found.grids(p.job.Frame.Views()), found)
	if err != nil {
		return err
	}
	set := s.set
	set.images = x.found.grids(p.job.Frame.Views())
	found.PatchScores = set.stitch([]int{0}, scores)[0]
	if found.ScoreBefore, err = s.maxima.of(found.PatchScores, found.Place); err != nil {
		return err
	}
	found.Score = found.ScoreBefore
	found.took(StepMutual, begun)
	return nil
}

// search gives the patch scores of a photo by tile. One that is in the bank is not scored by itself.
func (s *Inspector) search(ctx context.Context, images grids, found *Inspection) ([][]float64, error) {
	p := s.pipeline
	of := ownOfBank([]Image{found.Image}, p.job.Bank)
	own := of[0]
	if len(own) > 0 {
		found.Warnings = append(slices.Clip(found.Warnings), fmt.Sprintf("%s is in the bank, as %s: it is "+
			"scored by the other photos", found.Name, p.references.images[own[0]].Name))
		if err := checkOwn([]dataset.Item{found.Item}, of, len(p.references.images)); err != nil {
			return nil, err
		}
	}
	if s.prepared == nil {
		set := s.set
		set.images, set.own = images, of
		problems := set.problems(&p.job.Scoring, []int{0})
		for tile := range problems {
			problems[tile].Progress = func(int, int) {}
		}
		return scoreTiles(ctx, p.job.scorer, problems, set.own)
	}
	scores := make([][]float64, len(s.prepared))
	for tile, prepared := range s.prepared {
		var err error
		if scores[tile], err = prepared.PatchScores(ctx, images[tile], own); err != nil {
			return nil, err
		}
	}
	return scores, nil
}

// Bank is what the photos are scored by.
func (s *Inspector) Bank() *bank.Bank { return s.pipeline.job.Bank }

// Thresholds are the bank's.
func (s *Inspector) Thresholds() *verdict.Thresholds { return s.thresholds }

// Height is the number of patch rows of the canvas.
func (s *Inspector) Height() int { return s.maxima.height }

// Width is the number of patch columns of the canvas.
func (s *Inspector) Width() int { return s.maxima.width }

// Close gives all memory back. The bank stays open: it is the caller's.
func (s *Inspector) Close() {
	for _, prepared := range s.prepared {
		prepared.Close()
	}
	s.prepared = nil
	s.pipeline.Close()
}

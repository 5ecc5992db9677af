package engine

import (
	"context"

	"musc/engine/backbone"
	"musc/engine/bank"
	"musc/engine/frame"
	"musc/engine/memory"
	"musc/engine/mutual"
)

// bankSet are photos of a bank, ready to score and be scored.
type bankSet struct {
	job    Config // with the bank's settings; its scorer is chosen
	header *bank.Header
	photos []int // of the bank
	grids  grids
	plan   mutual.Plan
}

// amongThemselves is the job with the settings of a bank, for photos that score each other.
func (job Config) amongThemselves(b *bank.Bank) (Config, error) {
	job, err := job.WithBank(b)
	job.Bank = nil
	scoring := &job.Scoring
	scoring.ReferencesOnly, scoring.ReferencesInterval, scoring.Shared = false, false, SharedOff
	if b.Header().Settings.Nearest { // the smallest of any number of distances
		scoring.Interval, scoring.Average = mutual.Interval{}, mutual.Mean
	}
	return job, err
}

// openBankSet decodes some photos of a bank. The job is that of amongThemselves.
func openBankSet(ctx context.Context, job Config, b *bank.Bank, photos []int) (*bankSet, error) {
	s := &bankSet{job: job, header: b.Header(), photos: photos}
	views := job.Frame.Views()
	sizes := sizesOf(&s.job, s.header.Shape.Features(len(photos)*views), len(photos))
	plan := mutual.NewPlan(job.Memory-memory.Resident(), sizes)
	store, err := newStore(sizes.Shape, plan.Spill, job.SpillInto)
	if err != nil {
		return nil, err
	}
	s.grids = split(store, views, len(photos))
	err = inParallel(ctx, len(photos), job.Threads, func(k int) {
		for view := range views {
			at := view*len(photos) + k
			if active := b.Active(photos[k], view); active != nil {
				store.SetActive(at, active)
			}
			for stage := range sizes.Shape.Stages {
				b.Tokens(store.Tokens(stage, at), photos[k], view, stage)
				store.Release(stage, at)
			}
		}
	})
	if err != nil {
		s.close()
		return nil, err
	}
	if sizes.Stored = mutual.StoredInMemory; store.Spilled() {
		sizes.Stored = mutual.StoredOnDisk
	}
	s.plan = mutual.NewPlan(job.Memory-memory.Resident(), sizes)
	s.plan.Folder = job.SpillInto
	return s, nil
}

func (s *bankSet) close() { s.grids[0].Close() } // unmapping: nothing is lost by a failure

// info is what the geometry needs of the backbone.
func (s *bankSet) info() backbone.Info {
	of := &s.header.Model
	return backbone.Info{ImageSize: of.ImageSize, GridHeight: of.GridHeight, GridWidth: of.GridWidth,
		Patch: of.ImageSize / max(1, of.GridHeight), Channels: of.Channels, ClassDim: of.ClassDim}
}

// scores are the image scores of members, places of photos, by each other or by references. told hears of
// how many of total it is done.
func (s *bankSet) scores(ctx context.Context, members []int, references grids,
	told func(done, total int)) ([]float64, error) {

	info := s.info()
	scoring := s.job.Scoring
	if references != nil {
		scoring.ReferencesOnly = true
		scoring.ReferencesInterval = !s.header.Settings.Nearest
	}
	set := scoredSet{images: s.grids, references: references, frame: s.job.Frame, model: FrameModel(&info)}
	problems := set.problems(&scoring, members)
	tiles := make([][]float64, len(problems))
	for tile := range problems {
		of := &problems[tile]
		of.Plan = s.plan
		of.Progress = func(done, total int) { told(tile*total+done, len(problems)*total) }
		var err error
		if tiles[tile], err = s.job.scorer.PatchScores(ctx, of); err != nil {
			return nil, err
		}
	}
	height, width := s.job.Frame.Canvas(set.model)
	maxima := newMapMaxima(&info, scoring.MapSide(info), height, width)
	scores := make([]float64, len(members))
	for k, canvas := range set.stitch(members, tiles) {
		place, err := s.place(members[k])
		if err != nil {
			return nil, err
		}
		if scores[k], err = maxima.of(canvas, place); err != nil {
			return nil, err
		}
	}
	return scores, nil
}

// place is where on the canvas a photo lies.
func (s *bankSet) place(member int) (frame.Place, error) {
	info, photo := s.info(), &s.header.Photos[s.photos[member]]
	return s.job.Frame.Place(FrameModel(&info), photo.Width, photo.Height)
}

// ready chooses what scores the photos of a bank, and tells of it.
func (job *Config) ready(ctx context.Context, observer Observer) error {
	*job = job.WithDefaults()
	return job.chooseScorer(ctx, observer.Note, observer.Note)
}

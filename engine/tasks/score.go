package tasks

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"musc/engine"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/health"
	"musc/engine/report"
)

// scoring is the scoring of some subsets by one pipeline, one after the other.
type scoring struct {
	*Worker
	pipeline *engine.Pipeline
	from     engine.Provenance
	scoring  engine.Scoring
	photos   *Listing
	left     int  // subsets not yet scored
	told     bool // how long mutual scoring is expected to take
}

// score scores the subsets [first,last) whose parts are not there: patch tokens of one subset are held
// at a time, and the model stays open over all of them.
func (w *Worker) score(ctx context.Context, first, last int) error {
	var todo []int
	var skipped []About // by subsets that are done
	for subset := first; subset < last; subset++ {
		part, err := w.Plan.ReadPart(w.Folder, subset, Whole)
		if err != nil {
			todo = append(todo, subset)
		} else {
			skipped = append(skipped, part.Skipped...)
			w.forgetKept(subset) // by who was killed before
		}
	}
	if done := last - first - len(todo); done > 0 {
		w.tellDone(done, last-first, skipped)
	}
	if len(todo) == 0 {
		return nil
	}
	listing, err := w.listed()
	if err != nil {
		return err
	}
	members := listing.Members(first, last)
	images, largest := 0, 0
	for _, subset := range todo {
		images += len(members[subset-first])
		largest = max(largest, len(members[subset-first]))
	}
	job, err := w.job()
	if err != nil {
		return err
	}
	var notes []string
	if job.Decode.Depth, notes, err = w.Depth(ctx, "score"); err != nil {
		return err
	}
	for _, note := range notes {
		w.Observer.Note(note)
	}
	if _, err := os.Stat(job.Model); errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Setup, "the plan's model is not on this machine: %w; copy it here, or say "+
			"where it is with --model", err)
	}
	if job.Bank == nil {
		job.References = w.located(listing.References)
	}
	job.Keep = engine.Keep{Folder: w.Folder.Path("tokens", "references"), Always: w.KeepTokens}
	s := &scoring{Worker: w, photos: listing, left: len(todo), scoring: job.Scoring}
	turns := newTurns(w.Observer, map[engine.Step]int{engine.StepMutual: images, engine.StepShared: images,
		engine.StepImage: images, engine.StepEvidence: images,
		engine.StepBackbone: images + len(listing.References)})
	if s.pipeline, err = engine.Open(ctx, job, largest, turns); err != nil {
		return err
	}
	defer s.pipeline.Close()
	if s.from, err = s.pipeline.Provenance(); err != nil {
		return err
	}
	if err := w.Plan.checkModel(s.from); err != nil {
		return err
	}
	for _, subset := range todo {
		if err := s.subset(ctx, subset, members[subset-first]); err != nil {
			return err
		}
		s.left--
	}
	return nil
}

// checkModel refuses a model of other bytes than the plan's.
func (p *Plan) checkModel(from engine.Provenance) error {
	if !slices.Equal(report.Sums(from.Model.Files), report.Sums(p.Model.Files)) {
		return fault.New(fault.Setup, "the model here, %s, has other bytes than the one that the plan was "+
			"made with; copy that one here", from.Model.Files[0].Path)
	}
	return nil
}

// subset scores the images of one subset and writes its part.
func (s *scoring) subset(ctx context.Context, subset int, members []int) error {
	started := time.Now().UTC()
	items := make([]dataset.Item, len(members))
	for k, index := range members {
		items[k] = s.photos.Images[index]
	}
	items = s.located(items)
	if err := checkThere(items); err != nil {
		return err
	}
	kept := s.subsetFolder(subset)
	if names, err := namesIn(kept); err == nil && len(names) > 0 {
		s.Observer.Note("what an earlier run kept of the backbone and of mutual scoring is used")
	}
	batch, err := s.pipeline.Extract(ctx, items, engine.Keep{Folder: kept, Always: s.KeepTokens})
	if err != nil {
		return err
	}
	defer batch.Close()
	if s.left == 1 {
		s.pipeline.FreeBackbone()
	}
	part := &Part{PartRecord: PartRecord{Plan: s.Plan.ID, Subset: subset, Provenance: s.from,
		Host: host(), Version: s.Version, Started: started, Own: batch.Own()}}
	index := make(map[string]int, len(items)) // in the listing
	for k, item := range items {
		index[item.Path] = members[k]
	}
	warnings, about := batch.Warnings()
	for k, warning := range warnings {
		part.Warnings = append(part.Warnings, About{Index: members[about[k]], Text: warning})
	}
	if err := s.fill(ctx, part, batch, index); err != nil {
		return err
	}
	if err := s.Folder.WritePart(part); err != nil {
		return err
	}
	s.forgetKept(subset)
	return nil
}

// checkThere refuses photos none of which is there: this machine does not see their folder, or sees an
// empty one, and another may. It looks no further than the first that is there.
func checkThere(items []dataset.Item) error {
	for _, item := range items {
		if _, err := os.Stat(item.Path); !errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	return fault.New(fault.Setup, "none of %d photos is there, as %s: does this machine have the folder of "+
		"the photos? Mount it where the plan says, and run the task again", len(items), items[0].Path)
}

// forgetKept removes what was kept of a subset whose part is safe.
func (w *Worker) forgetKept(subset int) {
	if err := os.RemoveAll(w.subsetFolder(subset)); err != nil {
		w.Observer.Note(fmt.Sprintf("cannot remove what was kept of subset %d: %v", subset, err))
	}
}

// fill scores a batch and fills in the part. Where no image can be read, or one alone, it is empty.
func (s *scoring) fill(ctx context.Context, part *Part, batch *engine.Batch, index map[string]int) error {
	references, missing, _ := s.pipeline.References()
	read, skipped := batch.Read()
	if len(read) == 1 && len(references) == 0 {
		alone := dataset.Skipped{Path: read[0].Path, Reason: engine.AloneReason}
		if s.Plan.Strict {
			return fault.New(fault.Input, "%s: %s", alone.Path, alone.Reason)
		}
		s.Observer.Skipped(alone.Path, alone.Reason)
		skipped = append(slices.Clip(skipped), alone)
		read = nil
	}
	for _, image := range skipped {
		part.Skipped = append(part.Skipped, About{Index: index[image.Path], Path: image.Path,
			Text: image.Reason})
	}
	slices.SortStableFunc(part.Skipped, func(a, b About) int { return cmp.Compare(a.Index, b.Index) })
	if part.Subset == 0 && s.Plan.Bank == nil {
		part.References = s.referenceDigests()
	}
	for k, reference := range missing {
		part.Skipped = append(part.Skipped, About{Reference: true, Index: k, Path: reference.Path,
			Text: reference.Reason})
	}
	if len(read) == 0 {
		part.take(batch.Bare(), index)
		return nil
	}
	if err := s.tellExpected(ctx, batch); err != nil {
		return err
	}
	result, err := batch.Score(ctx, s.scoring, len(references))
	if err != nil {
		return err
	}
	part.take(result, index)
	part.nameReferences(references, s.photos.References, s.Plan)
	return nil
}

// referenceDigests are those of the listed references, nil without any.
func (s *scoring) referenceDigests() []string {
	known := s.pipeline.ReferenceDigests()
	if len(known) == 0 {
		return nil
	}
	digests := make([]string, len(s.photos.References))
	for k, item := range s.located(s.photos.References) {
		digests[k] = known[item.Path]
	}
	return digests
}

// take fills in what scoring found out.
func (part *Part) take(result *engine.Result, index map[string]int) {
	part.Model, part.MemoryPlan, part.Timings = result.Model, result.Plan, result.Timings
	part.Height, part.Width = result.Height, result.Width
	for _, image := range result.Images {
		digest, _ := hex.DecodeString(image.Digest) // as engine.Digest wrote it
		of := PartImage{Index: index[image.Path], Width: image.Width, Height: image.Height,
			Before: image.ScoreBefore, Summary: image.Summary(),
			Brightness: image.Brightness, Sharpness: image.Sharpness}
		copy(of.Digest[:], digest)
		part.Images = append(part.Images, of)
		part.Scores = append(part.Scores, image.PatchScores...)
		part.Class = append(part.Class, image.ClassToken...)
	}
	part.Evidence = result.Evidence
	part.Shared = health.Groups(result.Partners)
	for image, rise := range result.Rises {
		if len(result.Partners[image]) > 0 {
			if part.Rises == nil {
				part.Rises = map[int]float64{}
			}
			part.Rises[image] = rise
		}
	}
}

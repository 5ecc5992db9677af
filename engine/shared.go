package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/health"
	"musc/engine/mutual"
)

// What Scoring.Shared can say of a defect that several images share, which hides it: they score each
// other. Where only references score there is nothing to be hidden, and nothing is done.
const (
	SharedOff     = ""        // nothing is done, and nothing is known
	SharedWarn    = "warn"    // Result.Partners says who shares one, if memory allows; no score changes
	SharedExclude = "exclude" // then those with partners are scored again without them
	SharedTrust   = "trust"   // Partners as for warn; all are scored by the less anomalous half of them
)

// leastShared is how many images it takes to tell who shares a defect: with fewer nothing is done.
const leastShared = 8

// trustInterval is where SharedTrust tells the halves apart: at the distances to more images than are
// likely to share a defect.
var trustInterval = mutual.Interval{Low: 0.5, High: 0.7}

// checkShared refuses what Shared cannot be.
func (s *Scoring) checkShared() error {
	switch s.Shared {
	case SharedOff, SharedWarn:
		return nil
	case SharedExclude, SharedTrust:
		if s.ReferencesOnly {
			return fault.New(fault.Usage, "--shared %s leaves out images that score others, and with "+
				"--references-only none does: leave one of the two out", s.Shared)
		}
		return nil
	}
	return fault.New(fault.Usage, "what is done about defects that images share is warn, exclude, "+
		"trust or off, not %q", s.Shared)
}

// leavesOut says that some images are not to score others, which a GPU cannot do.
func (s *Scoring) leavesOut() bool { return s.Shared == SharedExclude || s.Shared == SharedTrust }

// looksForShared says whether something is to be found out about a set of so many images.
func (s *Scoring) looksForShared(images int) bool {
	return s.Shared != SharedOff && !s.ReferencesOnly && images >= leastShared
}

// scoreSubset gives the patch scores of the problems' members by tile, as Scoring.Shared says, and who was
// excluded for that; pairs says that there is memory for the distances of pairs.
func (b *Batch) scoreSubset(ctx context.Context, job *Config, set *scoredSet, problems []mutual.Problem,
	pairs bool, result *Result) (scores [][]float64, exclude [][]int, err error) {

	scoring, members := &job.Scoring, problems[0].Members
	if !scoring.looksForShared(len(members)) {
		if scoring.leavesOut() {
			b.pipeline.noteOnce(fmt.Sprintf("--shared %s needs %d photos that score each other: %d are "+
				"scored as they are", scoring.Shared, leastShared, len(members)))
		}
		scores, err = scoreTiles(ctx, job.scorer, problems, set.own)
		return scores, nil, err
	}
	again := slices.Clone(problems)
	if scoring.Shared == SharedTrust {
		for tile := range problems {
			problems[tile].Interval, problems[tile].Average = trustInterval, mutual.Mean
		}
	}
	if len(problems) > 1 {
		scores, err = scoreTiles(ctx, job.scorer, problems, set.own)
	} else {
		var found compared
		var first []float64
		first, found, err = scoreAndCompare(ctx, job.scorer, problems[0], set.own, pairs)
		scores = [][]float64{first}
		result.takePartners(members, found)
		if err == nil && scoring.Shared == SharedExclude {
			b.leaveOutPartners(&again[0], found.partners, set.own)
		}
	}
	switch {
	case err != nil:
		return nil, nil, err
	case scoring.Shared == SharedTrust:
		if err := b.leaveOutSuspects(again, set, scores, result); err != nil {
			return nil, nil, err
		}
	case !slices.Contains(again[0].Scored, true):
		return scores, nil, nil
	}
	return scores, again[0].Exclude, scoreAgain(ctx, job.scorer, again, set.own, scores, result.clock)
}

// scoreTiles is scoreMembers of each tile.
func scoreTiles(ctx context.Context, scorer mutual.Scorer, problems []mutual.Problem, own [][]int) (
	scores [][]float64, err error) {

	scores = make([][]float64, len(problems))
	for tile, problem := range problems {
		if scores[tile], err = scoreMembers(ctx, scorer, problem, own); err != nil {
			return nil, err
		}
	}
	return scores, nil
}

// scoreAgain brings those scores up to date that the problems ask for. The Checkpoint is that of the
// first time, whose scores it gives at once to a later run: the second begins anew.
func scoreAgain(ctx context.Context, scorer mutual.Scorer, problems []mutual.Problem, own [][]int,
	scores [][]float64, clock *clock) error {

	n, patches := len(problems[0].Members), problems[0].Images.Shape().Patches()
	clock.begin(StepShared, n)
	defer clock.resume(StepMutual)
	told := advance(clock, n)
	for tile := range problems {
		problems[tile].Checkpoint = nil
		problems[tile].Progress = func(done, total int) { told(tile*total+done, len(problems)*total) }
	}
	rescored, err := scoreTiles(ctx, scorer, problems, own)
	if err != nil {
		return err
	}
	for tile := range rescored {
		for k := range n {
			if problems[tile].Scored == nil || problems[tile].Scored[k] {
				copy(scores[tile][k*patches:(k+1)*patches], rescored[tile][k*patches:])
			}
		}
	}
	return nil
}

// compared is what the distances of pairs tell, by position among the members; nil where it is unknown.
type compared struct {
	partners [][]int
	rises    []float64 // of the score before RsCIN, without the partners
}

// scoreAndCompare scores, and says who shares a defect if there is memory for that.
func scoreAndCompare(ctx context.Context, scorer mutual.Scorer, problem mutual.Problem, own [][]int,
	pairs bool) (scores []float64, found compared, err error) {

	if !pairs {
		scores, err = scoreMembers(ctx, scorer, problem, own)
		return scores, found, err
	}
	n, patches := len(problem.Members), problem.Images.Shape().Patches()
	room, err := features.NewArray(int64(n)*int64(patches)*int64(n), "")
	if err != nil {
		return nil, found, err
	}
	defer room.Close()
	problem.Pairs = room.Slice(0, room.Len())
	if scores, err = scoreMembers(ctx, scorer, problem, own); err != nil {
		return nil, found, err
	}
	found.partners = health.Partners(problem.Pairs, n, patches)
	if problem.References == nil {
		found.rises = rises(&problem, found.partners)
	}
	return scores, found, nil
}

// rises are how much larger the largest patch score of each image would be if its partners did not score
// it: Eq. 2 of the mean distances M of pairs, which is close to Eq. 3.
func rises(problem *mutual.Problem, partners [][]int) []float64 {
	n, patches := len(partners), problem.Images.Shape().Patches()
	rises, row, without := make([]float64, n), make([]float64, 0, n), make([]float64, 0, n)
	for i, of := range partners {
		if len(of) == 0 || len(of) == n-1 { // nobody would be left
			continue
		}
		var largest, larger float64
		for p := range patches {
			row, without = row[:0], without[:0]
			for j, distance := range problem.Pairs[(i*patches+p)*n:][:n] {
				if j == i {
					continue
				}
				row = append(row, float64(distance))
				if _, partner := slices.BinarySearch(of, j); !partner {
					without = append(without, float64(distance))
				}
			}
			largest = max(largest, problem.IntervalAverage(row))
			larger = max(larger, problem.IntervalAverage(without))
		}
		rises[i] = larger - largest
	}
	return rises
}

// takePartners fills in the partners of the members; nil leaves them unknown.
func (r *Result) takePartners(members []int, found compared) {
	if found.partners == nil {
		return
	}
	if r.Partners == nil {
		r.Partners = make([][]int, len(r.Images))
	}
	if r.Rises == nil && found.rises != nil {
		r.Rises = make([]float64, len(r.Images))
	}
	for k, rise := range found.rises {
		r.Rises[members[k]] = rise
	}
	for k, of := range found.partners {
		images := make([]int, len(of))
		for at, other := range of {
			images[at] = members[other]
		}
		slices.Sort(images)
		r.Partners[members[k]] = images
	}
}

// dropUnscored leaves out the images without patch scores, which are nobody's partners, and says which
// are left.
func (r *Result) dropUnscored() (scored []int) {
	places := make([]int, len(r.Images)) // in the images that are left
	var images []Image
	var partners [][]int
	var rises []float64
	for i, image := range r.Images {
		places[i] = len(images)
		if image.PatchScores == nil {
			continue
		}
		images, scored = append(images, image), append(scored, i)
		if r.Partners != nil {
			partners = append(partners, r.Partners[i])
		}
		if r.Rises != nil {
			rises = append(rises, r.Rises[i])
		}
	}
	for _, of := range partners {
		for k, other := range of {
			of[k] = places[other]
		}
	}
	r.Images, r.Partners, r.Rises = images, partners, rises
	return scored
}

// excluded says who does not score whom, and who is scored again: images that have partners, unless
// fewer than a quarter of their scorers would be left. kept is how many keep them for that.
func excluded(partners [][]int, scorers int) (exclude [][]int, scored []bool, kept int) {
	exclude, scored = make([][]int, len(partners)), make([]bool, len(partners))
	for i, of := range partners {
		switch {
		case len(of) == 0:
		case 4*(scorers-len(of)) < scorers:
			kept++
		default:
			exclude[i], scored[i] = of, true
		}
	}
	return exclude, scored, kept
}

// leaveOutPartners makes the problem that of the members with partners, who are left out.
func (b *Batch) leaveOutPartners(problem *mutual.Problem, partners, own [][]int) {
	scorers := len(problem.Members) - 1
	if problem.References != nil {
		scorers += problem.References.Shape().Images - len(referencesAmong(problem.Members, own))
	}
	var kept int
	problem.Exclude, problem.Scored, kept = excluded(partners, scorers)
	again := 0
	for _, is := range problem.Scored {
		if is {
			again++
		}
	}
	if again+kept == 0 {
		b.pipeline.noteOnce("--shared exclude: no photos seem to share a defect")
		return
	}
	text := fmt.Sprintf("--shared exclude: %d of %d photos seem to share a defect with others, and are "+
		"scored without these", again, len(partners))
	if kept > 0 {
		text += fmt.Sprintf("; %d share one with so many that they are scored as they are", kept)
	}
	b.pipeline.observer.Note(text)
}

// leaveOutSuspects makes the problems such whose members are scored by the less anomalous half of them.
func (b *Batch) leaveOutSuspects(problems []mutual.Problem, set *scoredSet, scores [][]float64,
	result *Result) error {

	members := problems[0].Members
	ofMap := newMapMaxima(&result.Model, b.pipeline.job.Scoring.MapSide(result.Model), result.Height, result.Width)
	maxima := make([]float64, len(members))
	for k, canvas := range set.stitch(members, scores) {
		var err error
		if maxima[k], err = ofMap.of(canvas, result.Images[members[k]].Place); err != nil {
			return err
		}
	}
	suspects := moreAnomalous(maxima)
	n := len(members)
	for tile := range problems {
		problems[tile].Exclude = slices.Repeat([][]int{suspects}, n)
	}
	b.pipeline.noteOnce(fmt.Sprintf("--shared trust: %d photos are scored by the %d least anomalous of "+
		"them", n, n-len(suspects)))
	return nil
}

// moreAnomalous are the images, by position, that are not among the less anomalous half by their scores,
// ascending; of equal ones the first are in that half, and so is the middle one.
func moreAnomalous(scores []float64) []int {
	order := upTo(len(scores))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	suspects := order[(len(order)+1)/2:]
	slices.Sort(suspects)
	return suspects
}

package engine

import (
	"cmp"
	"context"
	"slices"

	"musc/engine/evidence"
	"musc/engine/memory"
	"musc/engine/verdict"
)

// alwaysExplained is how many of the most anomalous images of a subset are explained even where none
// stands out.
const alwaysExplained = 3

// explain fills in the evidence of the most anomalous images of every subset, if the job asks for it.
// subsets are images of the store; scored says which of them each image of the result is. It runs on
// the CPU, wherever the images were scored: patch tokens are kept in its memory, or on disk.
func (b *Batch) explain(ctx context.Context, job *Config, set scoredSet, subsets [][]int, scored []int,
	clock *clock, result *Result) error {

	if job.Explain < 1 {
		return nil
	}
	clock.begin(StepEvidence, len(result.Images))
	for s, members := range subsets {
		images := make([]int, len(members)) // of the result
		for k, member := range members {
			images[k], _ = slices.BinarySearch(scored, member)
		}
		chosen, err := standOut(result, images, job.Explain)
		if err != nil {
			return err
		}
		var places []evidence.Place // on the canvas
		for _, i := range chosen {
			for _, patch := range peaks(result.Images[i].PatchScores, result.Height, result.Width) {
				places = append(places, evidence.Place{Image: scored[i], Patch: patch})
			}
		}
		problem := evidence.Problem{Stages: job.Scoring.Stages, Without: set.without(job, members),
			Threads: job.Threads, Memory: max(1, job.Memory-memory.Resident())}
		problem.Set.Exclude = result.excluded[s]
		found, err := set.explain(ctx, job, problem, members, places, result.tiles[s], clock)
		if err != nil {
			return err
		}
		for k := range found {
			renumber(&found[k], scored)
		}
		result.Evidence = append(result.Evidence, found...)
	}
	return nil
}

// explain looks for the evidence of places on the canvases of members, in their order, tile by tile;
// common is what the tiles' problems have in common, and scores are those of each.
func (set *scoredSet) explain(ctx context.Context, job *Config, common evidence.Problem, members []int,
	places []evidence.Place, scores [][]float64, clock *clock) ([]evidence.Evidence, error) {

	found := make([]evidence.Evidence, len(places))
	told := advance(clock, len(members))
	for tile, of := range set.problems(&job.Scoring, members) {
		problem := common
		problem.Set = of
		problem.Set.Exclude = common.Set.Exclude
		problem.Scores = scores[tile]
		var at []int // in places
		for k, place := range places {
			if in, patch := set.tileOf(place.Patch); in == tile {
				at = append(at, k)
				problem.Places = append(problem.Places, evidence.Place{Image: place.Image, Patch: patch})
			}
		}
		problem.Progress = func(done, total int) { told(tile*total+done, len(scores)*total) }
		part, err := evidence.Search(ctx, &problem)
		if err != nil {
			return nil, err
		}
		for k := range part {
			set.toCanvas(&part[k], tile)
			found[at[k]] = part[k]
		}
	}
	return found, nil
}

// renumber makes images of the store those of the result.
func renumber(e *evidence.Evidence, scored []int) {
	of := func(image *int) {
		if *image >= 0 {
			*image, _ = slices.BinarySearch(scored, *image)
		}
	}
	of(&e.Image)
	of(&e.Typical)
	for _, stage := range e.Stages {
		for k := range stage.Nearest {
			if !stage.Nearest[k].Reference {
				of(&stage.Nearest[k].Image)
			}
		}
	}
}

// without lists by image of the set the references that do not score it: where only references score,
// its own; else all that are members, which are left out for every member (scoreMembers).
func (set *scoredSet) without(job *Config, members []int) [][]int {
	if job.Scoring.ReferencesOnly {
		return set.own
	}
	var shared []int
	for _, i := range members {
		shared = append(shared, set.own[i]...)
	}
	return slices.Repeat([][]int{shared}, len(set.own))
}

// standOut chooses images of a subset, the most anomalous first: those whose scores before RsCIN reach
// the review level that these scores give, at most as many as said, and the first few in any case.
func standOut(result *Result, subset []int, most int) ([]int, error) {
	scores, names := make([]float64, len(subset)), make([]string, len(subset))
	for k, i := range subset {
		scores[k], names[k] = result.Images[i].ScoreBefore, result.Images[i].Name
	}
	estimator, err := verdict.New("auto", nil)
	if err != nil {
		return nil, err
	}
	levels, err := estimator.Estimate(scores, names)
	if err != nil {
		return nil, err
	}
	chosen := slices.Clone(subset)
	slices.SortStableFunc(chosen, func(a, b int) int {
		return cmp.Compare(result.Images[b].ScoreBefore, result.Images[a].ScoreBefore)
	})
	count := 0
	for count < min(most, len(chosen)) && (count < alwaysExplained ||
		levels.Known() && result.Images[chosen[count]].ScoreBefore >= levels.Review) {
		count++
	}
	return chosen[:count], nil
}

// The peaks of an image: so many at most, this far from each other in patches along an axis, and this
// much of how far the highest is above the image's median.
const (
	mostPeaks   = 3
	peakRadius  = 2
	leastOfPeak = 0.5
)

// peaks are the local maxima of patch scores [H,W], the highest first: none has a higher score within
// peakRadius, or the same at a patch before it.
func peaks(scores []float64, height, width int) []int {
	var all []int
	for p := range scores {
		if isPeak(scores, height, width, p) {
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	sorted := slices.Sorted(slices.Values(scores))
	median := sorted[(len(sorted)-1)/2]
	for k, p := range all {
		above, highest := scores[p]-median, scores[all[0]]-median
		if k == mostPeaks || k > 0 && (above < leastOfPeak*highest || above <= 0) {
			return all[:k]
		}
	}
	return all
}

func isPeak(scores []float64, height, width, p int) bool {
	y, x := p/width, p%width
	for i := max(y-peakRadius, 0); i <= min(y+peakRadius, height-1); i++ {
		for j := max(x-peakRadius, 0); j <= min(x+peakRadius, width-1); j++ {
			q := i*width + j
			if scores[q] > scores[p] || scores[q] == scores[p] && q < p {
				return false
			}
		}
	}
	return true
}

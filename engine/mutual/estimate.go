package mutual

import (
	"context"
	"time"
)

// Estimate is about how long PatchScores of a scorer will take: for a CPU what CPU.Estimate says, 0
// for one that must be waited for to know, such as a GPU.
func Estimate(ctx context.Context, scorer Scorer, problem *Problem) (time.Duration, error) {
	if c, is := scorer.(CPU); is {
		return c.Estimate(ctx, problem)
	}
	return 0, ctx.Err()
}

// EstimateSubsets is about how long mutual scoring takes if the images are dealt into subsets of
// equal size, give or take one, from the time that all of them take at once. Every image of a
// subset is compared with all others of it and with the references: the pairs say how the time
// shrinks.
func EstimateSubsets(total time.Duration, of Counts, subsets int) time.Duration {
	all := of.pairs()
	if all == 0 {
		return total
	}
	return time.Duration(float64(total) * float64(of.pairsOfSubsets(subsets)) / float64(all))
}

// pairsOfSubsets is the sum of pairs over subsets of equal size, give or take one.
func (c Counts) pairsOfSubsets(subsets int) int {
	subsets = max(1, min(subsets, c.Images))
	size, larger := c.Images/subsets, c.Images%subsets
	c.Images = size
	pairs := (subsets - larger) * c.pairs()
	c.Images = size + 1
	return pairs + larger*c.pairs()
}

// Estimate is about how long PatchScores will take from where the problem's Checkpoint has come to.
// It prepares and compares images of the problem, and averages distances of as many scorers, on all
// threads for less than a second a group of windows; what one of each takes is multiplied by their
// number under the Plan. What spilled tokens and distances wait for the disk is not in it, and that
// a journal holds part of the first step neither. Its errors are those of PatchScores.
func (c CPU) Estimate(ctx context.Context, problem *Problem) (time.Duration, error) {
	b, err := problem.check()
	if err != nil {
		return 0, err
	}
	threads := threadsOf(c.Threads)
	tile, _ := b.division(threads)
	groups := windowsOf(b.shape, b.Degrees)
	done := b.stepsDone(c.Name(), b.shape.Stages*len(groups))
	seconds := 0.0
	for k, group := range groups {
		stages := b.shape.Stages - min(max(done-k*b.shape.Stages, 0), b.shape.Stages)
		if stages == 0 {
			continue
		}
		costs, err := b.measure(ctx, group, threads)
		if err != nil {
			return 0, err
		}
		averages := len(b.members) * len(group) * b.patches
		further := b.pairs() - b.pairsOfFirst()
		seconds += float64(stages) * (costs.load*float64(b.loads(tile)) +
			costs.pair*float64(b.pairsOfFirst()) + costs.further*float64(further) +
			costs.average*float64(averages))
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// loads is how many images and references are prepared for one stage with tiles of so many images:
// every image in its tile, and again for each tile that it, a reference or a further view passes by.
func (b *batch) loads(tile int) (loads int) {
	n := len(b.members)
	for first := 0; first < n; first += tile {
		end := min(first+tile, n)
		loads += end - first + b.references + b.furtherViews()
		if !b.ReferencesOnly {
			loads += n - end
		}
	}
	return loads
}

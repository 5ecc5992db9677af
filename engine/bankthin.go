package engine

import (
	"context"
	"slices"

	"musc/engine/atomicfile"
	"musc/engine/bank"
	"musc/engine/fault"
)

// StepThin is the comparison of a bank's photos for which to keep.
const StepThin Step = "choosing photos"

// Thinning says what a thinned bank costs.
type Thinning struct {
	Change        *BankChange
	Before, After bank.Calibration
	BytesBefore   int64
	// LeftOut are the scores of the photos that were left out, Change.Removed, by those that were kept, and
	// LeftOutBefore by all others: good photos that the thinned bank has never seen.
	LeftOutBefore, LeftOut []float64
}

// ThinBank keeps the photos of a bank that stand best for all, and writes them to another file, or to the
// same one with overwrite. The choice is greedy, the same in every run: each photo has a distance to every
// other, what its map would have as its maximum by that photo alone; the next that is kept is the one that
// is farthest from all that are kept so far. Of the job counts the machine; threshold is as in AddToBank.
func ThinBank(ctx context.Context, path, output string, keep int, job Config, overwrite bool,
	threshold, version string, observer Observer) (*Thinning, error) {

	old, threshold, release, err := takeBank(path, threshold)
	if err != nil {
		return nil, err
	}
	defer release()
	photos := old.Header().Photos
	if keep < 1 || keep >= len(photos) {
		return nil, fault.New(fault.Usage, "the bank %s has %d photos: --keep is less than that, and at "+
			"least 1, not %d", path, len(photos), keep)
	}
	if err := atomicfile.Check(output, overwrite); err != nil {
		return nil, err
	}
	if err := job.ready(ctx, observer); err != nil {
		return nil, err
	}
	clock := &clock{observer: observer}
	among, err := job.amongThemselves(old)
	if err != nil {
		return nil, err
	}
	left, scores, err := chooseKept(ctx, among, old, keep, clock)
	if err != nil {
		return nil, err
	}
	found := &Thinning{Before: old.Header().Calibration, BytesBefore: old.Bytes(), LeftOut: scores}
	change := &BankChange{}
	for _, place := range left {
		change.Removed = append(change.Removed, photos[place])
		if found.Before.Scores != nil {
			found.LeftOutBefore = append(found.LeftOutBefore, found.Before.Scores[place])
		}
	}
	w, err := again(old, output, version, left)
	if err != nil {
		return nil, err
	}
	defer w.Abort()
	if found.Change, err = commitBank(ctx, job, w, threshold, scores, change, clock); err != nil {
		return nil, err
	}
	found.After = found.Change.Header.Calibration
	return found, nil
}

// chooseKept are the places that are left out, ascending, and what they score by the kept ones.
func chooseKept(ctx context.Context, job Config, b *bank.Bank, keep int, clock *clock) (left []int,
	scores []float64, err error) {

	count := len(b.Header().Photos)
	clock.begin(StepThin, count)
	defer clock.end()
	set, err := openBankSet(ctx, job, b, upTo(count))
	if err != nil {
		return nil, nil, err
	}
	defer set.close()
	distances := make([][]float64, count) // [j][i]: of photo i to photo j alone
	for j := range count {
		if distances[j], err = set.scores(ctx, upTo(count), set.grids.part(j, 1), unheard); err != nil {
			return nil, nil, err
		}
		clock.observer.Advance(1)
	}
	kept := representatives(distances, keep)
	for i := range count {
		if !slices.Contains(kept, i) {
			left = append(left, i)
		}
	}
	few, err := openBankSet(ctx, job, b, kept)
	if err != nil {
		return nil, nil, err
	}
	defer few.close()
	scores, err = set.scores(ctx, left, few.grids, unheard)
	return left, scores, err
}

func unheard(int, int) {}

// part are so many photos from the first on.
func (g grids) part(first, count int) grids {
	parts := make(grids, len(g))
	for v, store := range g {
		parts[v] = store.Part(first, count)
	}
	return parts
}

package engine

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"
	"sync"

	"musc/engine/backbone"
	"musc/engine/frame"
	"musc/engine/imageio"
)

// sizesLookedAt is how many photos are looked at to choose tiles: of a million, all take long to open.
const sizesLookedAt = 200

// ResolveFrame checks the job's framing against its model, before any work, and chooses tiles that are
// left open; why says how, for people, "" where nothing was. Errors are those of frame.Options.Check and
// of kind fault.Input about the model.
func (job *Config) ResolveFrame(ctx context.Context) (why string, err error) {
	if job.Frame == (frame.Options{}) {
		return "", nil
	}
	info, err := backbone.Describe(job.Model)
	if err != nil {
		return "", err
	}
	if err := job.Frame.Check(FrameModel(&info)); err != nil {
		return "", err
	}
	if !job.Frame.Tiles.Auto {
		return "", nil
	}
	step := max(1, len(job.Images)/sizesLookedAt)
	var sizes []image.Point
	var mutex sync.Mutex
	err = inParallel(ctx, (len(job.Images)+step-1)/step, job.WithDefaults().Threads, func(k int) {
		width, height, err := imageio.Size(job.Images[k*step].Path)
		if err != nil {
			return // told when it is read
		}
		mutex.Lock()
		defer mutex.Unlock()
		sizes = append(sizes, image.Pt(width, height))
	})
	job.Frame, why = frame.Resolve(job.Frame, sizes, FrameModel(&info))
	return why, err
}

// FrameCosts say in words what each option of framing, and Scoring.Near, costs, compared with the photo as
// one view.
func FrameCosts(of *frame.Options, scoring *Scoring, model frame.Model) (costs []string) {
	tiles, turns := of.Count(), max(of.Turns, 1)
	compared := func(views int) int { // two photos are compared once for both, further views for one
		if scoring.ReferencesOnly {
			return views
		}
		return 2*views - 1
	}
	if tiles > 1 {
		comparisons := tiles
		scope := "the same place"
		if of.Tiles.All {
			comparisons, scope = tiles*compared(tiles), "all places"
		}
		costs = append(costs, fmt.Sprintf("tiles %s, of %s: %d x the backbone, %d x the comparisons",
			of.Tiles, scope, tiles, comparisons))
	}
	if turns > 1 {
		costs = append(costs, fmt.Sprintf("%d turns: %d x the backbone, %d x the comparisons", turns, turns,
			compared(turns)))
	}
	if near := scoring.Near; near > 0 {
		// Two windows reach beyond the bound, and a row of patches is compared with a row as a whole.
		share := 100 * nearShare(model.Height, near+slices.Max(scoring.Degrees)-1)
		costs = append(costs, fmt.Sprintf("near %d: about %.0f %% of the time of the comparisons", near,
			math.Ceil(share)))
	}
	if of.Crop != (frame.Rect{}) {
		costs = append(costs, "crop "+of.Crop.String()+": costs nothing")
	}
	if of.KeepAspect {
		costs = append(costs, "the aspect is kept: costs nothing, the padding takes no part")
	}
	return costs
}

// nearShare is the part of the pairs of an axis of so many patches that are at most near apart.
func nearShare(size, near int) float64 {
	pairs := 0
	for p := range size {
		pairs += min(p+near, size-1) - max(p-near, 0) + 1
	}
	return float64(pairs) / float64(max(1, size*size))
}

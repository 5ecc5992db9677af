package mutual

import (
	"context"
	"math"
	"slices"

	"musc/engine/features"
	"musc/engine/lnamd"
)

// Definition is the specification of every Scorer: Eq. 1 to 3 in float64, one distance after the
// other. It takes N^2 P^2 C steps a stage, degree and view, and holds N*P*C float64 values a view.
type Definition struct{}

// Name implements Scorer.
func (Definition) Name() string { return "definition (float64)" }

// PatchScores implements Scorer. It keeps everything in memory, whatever the Plan says.
func (Definition) PatchScores(ctx context.Context, problem *Problem) ([]float64, error) {
	b, err := problem.check()
	if err != nil {
		return nil, err
	}
	progress := newProgress(b)
	n := len(b.members)
	scores, pairs := make([]float64, n*b.patches), make([]float64, len(b.Pairs))
	for stage := range b.shape.Stages {
		for _, degree := range b.Degrees {
			views := b.aggregateViews(stage, degree)
			for i := range n {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				if b.Scored != nil && !b.Scored[i] {
					continue
				}
				for p := range b.patches {
					var distances []float64
					for j := range views {
						if !b.isScoredBy(i, j) {
							continue
						}
						distance := b.nearestDistance(p, views[i][0], views[j])
						distances = append(distances, distance)
						if b.Pairs != nil && j < n {
							pairs[(i*b.patches+p)*n+j] += distance
						}
					}
					scores[i*b.patches+p] += b.IntervalAverage(distances)
				}
			}
			progress.add(b.pairs())
		}
	}
	b.finish(scores)
	for k, sum := range pairs {
		b.Pairs[k] = float32(sum / float64(b.shape.Stages*len(b.Degrees)))
	}
	b.settlePairs()
	return scores, nil
}

// isScoredBy tells whether member i is scored by entry j: all references score, and the other
// members that are not excluded.
func (b *batch) isScoredBy(i, j int) bool {
	switch {
	case j >= len(b.members):
		return true
	case b.ReferencesOnly || i == j:
		return false
	}
	return b.Exclude == nil || !slices.Contains(b.Exclude[i], j)
}

// grid is the aggregated patch tokens of one view of an image.
type grid struct {
	tokens []float64 // [P,C]
	active []bool    // [P]; nil: all patches take part
}

func (g grid) isActive(patch int) bool { return g.active == nil || g.active[patch] }

// nearestDistance is Eq. 1: the Euclidean distance from a patch of an image to the nearest one that
// counts of another image's views; infinite if there is none, or the patch takes no part.
func (b *batch) nearestDistance(p int, image grid, views []grid) float64 {
	nearest := math.Inf(1)
	if !image.isActive(p) {
		return nearest
	}
	channels := b.shape.Channels
	token := image.tokens[p*channels:][:channels]
	for _, view := range views {
		for q := range b.patches {
			if view.isActive(q) && b.isNear(p, q) {
				squared := 0.0
				for c, x := range view.tokens[q*channels:][:channels] {
					squared += (token[c] - x) * (token[c] - x)
				}
				nearest = math.Min(nearest, squared) // NaN if any is
			}
		}
	}
	return math.Sqrt(nearest)
}

// aggregateViews is LNAMD of one stage and degree for all views of every entry: the members, then
// the references.
func (b *batch) aggregateViews(stage, degree int) [][]grid {
	entries := make([][]grid, len(b.members)+b.references)
	for _, store := range slices.Concat([]*features.Store{b.Images}, b.Views) {
		for k, view := range aggregateAll(store, stage, b.members, degree) {
			entries[k] = append(entries[k], view)
		}
	}
	if b.references > 0 {
		for _, store := range slices.Concat([]*features.Store{b.References}, b.ReferenceViews) {
			for k, view := range aggregateAll(store, stage, upTo(b.references), degree) {
				entries[len(b.members)+k] = append(entries[len(b.members)+k], view)
			}
		}
	}
	return entries
}

// aggregateAll is LNAMD of one stage and degree for the listed images. Patches that take no part are
// zeros, as beyond the grid, and not among the values that are normalised.
func aggregateAll(store *features.Store, stage int, images []int, degree int) []grid {
	all := make([]grid, len(images))
	for k, image := range images {
		shape, active := store.Shape(), store.Active(image)
		tokens := store.Tokens(stage, image)
		var values []float64
		for at, x := range tokens {
			if active == nil || active[at/shape.Channels] {
				values = append(values, float64(x))
			}
		}
		store.Release(stage, image)
		lnamd.NormaliseDefinition(values, values)
		normalised := make([]float64, len(tokens))
		for at := range normalised {
			if active == nil || active[at/shape.Channels] {
				normalised[at], values = values[0], values[1:]
			}
		}
		all[k] = grid{make([]float64, len(tokens)), active}
		lnamd.AggregateDefinition(all[k].tokens, normalised, shape.Height, shape.Width, shape.Channels,
			degree)
	}
	return all
}

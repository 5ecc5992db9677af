package mutual

import (
	"context"
	"math"
	"slices"

	"musc/engine/features"
	"musc/engine/lnamd"
)

// Definition is the specification of every Scorer: Eq. 1 to 3 in float64, one distance after the
// other. It takes N^2 P^2 C steps a stage and degree, and holds N*P*C float64 values.
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
			images := aggregateAll(b.Images, stage, b.members, degree)
			references := aggregateAll(b.References, stage, upTo(b.references), degree)
			scorers := slices.Concat(images, references)
			for i, image := range images {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				if b.Scored != nil && !b.Scored[i] {
					continue
				}
				for p := range b.patches {
					token := image[p*b.shape.Channels:][:b.shape.Channels]
					var distances []float64
					for j, scorer := range scorers {
						if !b.isScoredBy(i, j) {
							continue
						}
						distance := nearestDistance(token, scorer)
						distances = append(distances, distance)
						if b.Pairs != nil && j < n {
							pairs[(i*b.patches+p)*n+j] += distance
						}
					}
					start, stop, average := b.selection(len(distances))
					scores[i*b.patches+p] += intervalAverage(distances, start, stop, average)
				}
			}
			progress.add(b.pairs())
		}
	}
	b.finish(scores)
	for k, sum := range pairs {
		b.Pairs[k] = float32(sum / float64(b.shape.Stages*len(b.Degrees)))
	}
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

// nearestDistance is Eq. 1: the Euclidean distance from a token [C] to the nearest one of image
// [P,C].
func nearestDistance(token, image []float64) float64 {
	nearest := math.Inf(1)
	for ; len(image) > 0; image = image[len(token):] {
		squared := 0.0
		for c, x := range token {
			squared += (x - image[c]) * (x - image[c])
		}
		nearest = math.Min(nearest, squared) // NaN if any is
	}
	return math.Sqrt(nearest)
}

// aggregateAll is LNAMD of one stage and degree for the listed images: a slice of [P,C] each.
func aggregateAll(store *features.Store, stage int, images []int, degree int) [][]float64 {
	all := make([][]float64, len(images))
	for k, image := range images {
		shape := store.Shape()
		tokens := store.Tokens(stage, image)
		normalised := make([]float64, len(tokens))
		for at, x := range tokens {
			normalised[at] = float64(x)
		}
		store.Release(stage, image)
		lnamd.NormaliseDefinition(normalised, normalised)
		all[k] = make([]float64, len(tokens))
		lnamd.AggregateDefinition(all[k], normalised, shape.Height, shape.Width, shape.Channels,
			degree)
	}
	return all
}

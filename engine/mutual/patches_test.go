package mutual

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"musc/engine/features"
)

// Images of one patch are compared in blocks of 96 by 192: about as many as a block, and few enough that
// a strip of them passes by.
func TestImagesOfOnePatchInBlocks(t *testing.T) {
	for _, images := range []int{1, 2, 3, 7, 95, 96, 97, 193, 383, 385, 401} {
		shape := features.Shape{Stages: 1, Images: images, Height: 1, Width: 1, Channels: 4}
		problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1, 3}, Interval: everyScorer}
		for _, references := range []int{2, 0, 99} {
			shape.Images, problem.References = references, nil
			if references > 0 {
				problem.References = look(t, shape, 2)
			} else if images == 1 {
				continue
			}
			for _, problem.ReferencesOnly = range []bool{false, true}[:min(2, 1+references)] {
				scoresOfOnePatch(t, fmt.Sprint(images, " images, ", references, " references"), problem)
			}
		}
	}
}

// scoresOfOnePatch compares with the definition, and the bytes of one plan with those of others.
func scoresOfOnePatch(t *testing.T, name string, problem *Problem) {
	t.Helper()
	want, err := Definition{}.PatchScores(context.Background(), problem)
	if err != nil {
		t.Fatal(err)
	}
	var whole []float64
	for _, plan := range []Plan{{}, {TileImages: 100, StripImages: 9}, {TileImages: 7},
		{TileImages: 60, SpillDistances: true, Folder: t.TempDir()}} {
		problem.Plan = plan
		got, err := CPU{Threads: 3}.PatchScores(context.Background(), problem)
		if err != nil {
			t.Fatal(err)
		}
		within(t, name, got, want, 2e-6, 0)
		if whole == nil {
			whole = got
		}
		within(t, fmt.Sprint(name, ", ", plan), got, whole, 0, 0)
	}
}

// A score is the same bytes in whatever order the images come, at every level, also where several are
// the same and some take no part.
func TestImagesOfOnePatchInAnyOrder(t *testing.T) {
	const images, channels = 137, 50
	shape := features.Shape{Stages: 2, Images: images, Height: 1, Width: 1, Channels: channels}
	random := rand.New(rand.NewPCG(5, 1))
	store := look(t, shape, 3)
	for stage := range shape.Stages {
		for image := 0; image < images; image += 10 {
			copy(store.Tokens(stage, image), store.Tokens(stage, images-1-image))
		}
		for c := range channels {
			store.Tokens(stage, 5)[c] = float32(math.NaN()) // and takes no part
		}
	}
	eachLevel(t, func() {
		var want []float64
		for round := range 3 {
			order := upTo(images)
			if round > 0 {
				random.Shuffle(images, func(i, j int) { order[i], order[j] = order[j], order[i] })
			}
			other := newStore(t, shape)
			for k, image := range order {
				for stage := range shape.Stages {
					copy(other.Tokens(stage, k), store.Tokens(stage, image))
				}
				other.SetActive(k, []bool{image != 5})
			}
			got, err := CPU{Threads: 2}.PatchScores(context.Background(), &Problem{Images: other,
				Degrees: []int{1}, Interval: lowest})
			if err != nil {
				t.Fatal(err)
			}
			inOrder := make([]float64, images)
			for k, image := range order {
				inOrder[image] = got[k]
			}
			if round == 0 {
				want = inOrder
			}
			if !slices.Equal(inOrder, want) {
				t.Fatalf("round %d: the scores depend on the order of the images", round)
			}
		}
	})
}

package mutual

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"musc/engine/fault"
	"musc/engine/features"
)

// specified are the scorers that must do what these tests say.
var specified = []Scorer{Definition{}, CPU{}, CPU{Threads: 3}}

// scoresBy fails unless the problem can be scored.
func scoresBy(t *testing.T, scorer Scorer, problem *Problem) []float64 {
	t.Helper()
	scores, err := scorer.PatchScores(context.Background(), problem)
	if err != nil {
		t.Fatal(err)
	}
	return scores
}

// An image of which a margin takes no part scores as one of the smaller grid does, whatever is there:
// beyond the grid there are zeros, and what is normalised is the smaller grid.
func TestMarginThatTakesNoPart(t *testing.T) {
	const height, width, channels = 3, 4, 6
	small := features.Shape{Stages: 2, Images: 4, Height: height, Width: width, Channels: channels}
	large := small
	large.Height, large.Width = height+2, width+3
	cut, whole := look(t, small, 1), newStore(t, large)
	inner := func(p int) int { return (p/width+1)*large.Width + p%width + 2 }
	active := make([]bool, large.Patches())
	for p := range small.Patches() {
		active[inner(p)] = true
	}
	for image := range 4 {
		whole.SetActive(image, active)
		for stage := range 2 {
			tokens := whole.Tokens(stage, image)
			for k := range tokens {
				tokens[k] = float32(1 + k%5)
			}
			for p := range small.Patches() {
				copy(tokens[inner(p)*channels:][:channels], cut.Tokens(stage, image)[p*channels:])
			}
		}
	}
	for _, scorer := range specified {
		problem := &Problem{Images: cut, Degrees: []int{1, 3, 5}, Interval: Interval{0, 0.5}}
		want := scoresBy(t, scorer, problem)
		problem.Images = whole
		got, inside := scoresBy(t, scorer, problem), []float64{}
		for k, score := range got {
			if active[k%large.Patches()] {
				inside = append(inside, score)
			} else if score != 0 {
				t.Fatalf("%s: value %d, which takes no part, is %v", scorer.Name(), k, score)
			}
		}
		within(t, scorer.Name(), inside, want, 1e-5, 0)
	}
}

// An image of which nothing takes part scores nobody and has no score; one is scored by those that
// have a patch.
func TestImageThatTakesNoPart(t *testing.T) {
	shape := features.Shape{Stages: 2, Images: 5, Height: 2, Width: 3, Channels: 4}
	for _, scorer := range specified {
		images := look(t, shape, 1)
		problem := withRoom(&Problem{Images: images, Degrees: []int{1, 3}, Interval: Interval{0, 0.5}})
		problem.Members = []int{0, 1, 3, 4}
		withRoom(problem)
		want := scoresBy(t, scorer, problem)
		pairs := problem.Pairs
		images.SetActive(2, make([]bool, 6))
		problem.Members = nil
		got := scoresBy(t, scorer, withRoom(problem))
		within(t, scorer.Name(), slices.Concat(got[:12], got[18:]), want, 1e-9, 0)
		within(t, "nothing", got[12:18], make([]float64, 6), 0, 0)
		for i, image := range []int{0, 1, 3, 4} {
			for p := range 6 {
				sum := float32(0)
				for j, other := range []int{0, 1, 3, 4} {
					distance := pairs[(i*6+p)*4+j]
					if got := problem.Pairs[(image*6+p)*5+other]; got != distance {
						t.Fatalf("pair (%d,%d), patch %d: %v, was %v", image, other, p, got, distance)
					}
					sum += distance
				}
				if got := problem.Pairs[(image*6+p)*5+2]; max(got-sum/3, sum/3-got) > 1e-5 {
					t.Errorf("no pair (%d,2), patch %d: %v, want the mean %v", image, p, got, sum/3)
				}
			}
		}
		for _, distance := range problem.Pairs[2*6*5:][:6*5] {
			if distance != 0 {
				t.Errorf("a distance of nothing is %v", distance)
			}
		}
		for image := range 5 {
			images.SetActive(image, make([]bool, 6))
		}
		within(t, "nobody", scoresBy(t, scorer, problem), make([]float64, 30), 0, 0)
	}
}

// One image alone that references score, too, is scored by them as where only references score, if
// Eq. 2 is to be taken over them.
func TestIntervalOverReferences(t *testing.T) {
	shape := features.Shape{Stages: 2, Images: 3, Height: 2, Width: 2, Channels: 5}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1, 3}, Interval: Interval{0.2, 0.7}}
	for _, references := range []int{1, 2, 6} {
		shape.Images = references
		problem.References = look(t, shape, 2)
		for _, average := range []Average{Mean, Min, Max} {
			for _, scorer := range []Scorer{Definition{}, CPU{}} {
				problem.Average, problem.Members = average, nil
				problem.ReferencesOnly, problem.ReferencesInterval = true, true
				got := scoresBy(t, scorer, problem)
				problem.ReferencesOnly, problem.ReferencesInterval = false, false
				for image := range 3 {
					problem.Members = []int{image}
					within(t, fmt.Sprint(scorer.Name(), references, average, image),
						got[4*image:][:4], scoresBy(t, scorer, problem), 1e-6, 0)
				}
			}
		}
	}
}

// The patches that count by their place are those of the square around a patch, of the grid.
func TestPatchesNearOneAnother(t *testing.T) {
	const height, width = 4, 5
	shape := features.Shape{Stages: 1, Images: 2, Height: height, Width: width, Channels: 3}
	images := aggregateAll(look(t, shape, 1), 0, []int{0, 1}, 1)
	for _, near := range []int{0, 1, 2, 3, 4, 100} {
		b, err := (&Problem{Images: newStore(t, shape), Degrees: []int{1}, Near: near}).check()
		if err != nil {
			t.Fatal(err)
		}
		far := &batch{shape: shape, patches: height * width}
		for p := range height * width {
			square := make([]bool, height*width)
			reach := near
			if near == 0 {
				reach = 100
			}
			for row := max(0, p/width-reach); row <= min(height-1, p/width+reach); row++ {
				for column := max(0, p%width-reach); column <= min(width-1, p%width+reach); column++ {
					square[row*width+column] = true
				}
			}
			got := b.nearestDistance(p, images[0], []grid{images[1]})
			want := far.nearestDistance(p, images[0], []grid{{images[1].tokens, square}})
			if got != want {
				t.Errorf("%d away, patch %d: %v, want %v", near, p, got, want)
			}
		}
	}
}

// Of an image's views the nearest counts: the minimum over references of two views is the lower of what
// either gives, and a view that is there twice changes nothing.
func TestNearestOfTheViews(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 3, Height: 3, Width: 3, Channels: 4}
	images := look(t, shape, 1)
	shape.Images = 2
	one, other := look(t, shape, 2), look(t, shape, 3)
	other.SetActive(1, []bool{true, false, true, true, false, false, true, true, true})
	problem := &Problem{Images: images, ReferencesOnly: true, Degrees: []int{3}}
	by := func(scorer Scorer, first *features.Store, views ...*features.Store) []float64 {
		problem.References, problem.ReferenceViews = first, views
		return scoresBy(t, scorer, problem)
	}
	for _, scorer := range specified {
		lower := by(scorer, one)
		for k, score := range by(scorer, other) {
			lower[k] = min(lower[k], score)
		}
		within(t, "two views", by(scorer, one, other), lower, 0, 0)
		within(t, "and a third", by(scorer, other, one, other), lower, 0, 0)
	}
	mutually := &Problem{Images: images, Degrees: []int{1, 3}, Interval: everyScorer}
	turned := look(t, images.Shape(), 4)
	for _, scorer := range specified {
		mutually.Views = nil
		want := scoresBy(t, scorer, mutually)
		mutually.Views = []*features.Store{images, images}
		within(t, "the same view", scoresBy(t, scorer, mutually), want, 0, 0)
		mutually.Views = []*features.Store{turned}
		got := scoresBy(t, scorer, mutually)
		for k := range got {
			if got[k] > want[k] {
				t.Errorf("%s: a further view raises score %d from %v to %v", scorer.Name(), k, want[k], got[k])
			}
		}
		if slices.Equal(got, want) {
			t.Errorf("%s: a further view changes nothing", scorer.Name())
		}
	}
}

func TestViewsThatMakeNoSense(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 3, Height: 1, Width: 2, Channels: 3}
	images := look(t, shape, 1)
	shape.Images = 2
	references := look(t, shape, 2)
	for name, c := range map[string]struct {
		change func(*Problem)
		kind   fault.Kind
	}{
		"a negative distance": {func(p *Problem) { p.Near = -1 }, fault.Usage},
		"no store":            {func(p *Problem) { p.Views = make([]*features.Store, 1) }, fault.Internal},
		"fewer images": {func(p *Problem) { p.Views = []*features.Store{images, references} },
			fault.Internal},
		"more references": {func(p *Problem) { p.ReferenceViews = []*features.Store{images} },
			fault.Internal},
		"an interval of all": {func(p *Problem) { p.ReferencesInterval = true }, fault.Internal},
		"views of no references": {func(p *Problem) {
			p.ReferenceViews, p.References = []*features.Store{references}, nil
		}, fault.Internal},
	} {
		problem := &Problem{Images: images, References: references, Degrees: []int{1}, Interval: lowest}
		c.change(problem)
		for _, scorer := range []Scorer{CPU{}, Definition{}} {
			if _, err := scorer.PatchScores(context.Background(), problem); fault.KindOf(err) != c.kind {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// randomMasks leaves about a quarter of the patches of each image out.
func randomMasks(store *features.Store, random *rand.Rand) {
	for image := range store.Shape().Images {
		active := make([]bool, store.Shape().Patches())
		for p := range active {
			active[p] = random.IntN(4) > 0
		}
		store.SetActive(image, active)
	}
}

// A GPU refuses what it does not search.
func TestViewsAndMasksAreForTheCPU(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 3, Height: 1, Width: 2, Channels: 3}
	images, view := look(t, shape, 1), look(t, shape, 2)
	refused := func(problem *Problem) bool {
		problem.Images, problem.Degrees = images, []int{1}
		b, err := problem.check()
		if err != nil {
			t.Fatal(err)
		}
		return fault.KindOf(b.onlyOnCPU()) == fault.Usage
	}
	if refused(&Problem{}) {
		t.Error("refuses a plain problem")
	}
	if !refused(&Problem{Views: []*features.Store{view}}) ||
		!refused(&Problem{References: images, ReferenceViews: []*features.Store{view}}) {
		t.Error("takes views")
	}
	randomMasks(images, rand.New(rand.NewPCG(1, 2)))
	if !refused(&Problem{}) {
		t.Error("takes masks")
	}
	images.SetActive(0, []bool{true, false})
	if refused(&Problem{Members: []int{1, 2}}) != (images.Active(1) != nil || images.Active(2) != nil) {
		t.Error("minds the mask of an image that is no member")
	}
}

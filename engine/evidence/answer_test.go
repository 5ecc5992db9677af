package evidence

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"musc/engine/features"
	"musc/engine/lnamd"
	"musc/engine/mutual"
)

// The closest images are those of a search in float64, one distance after the other.
func TestClosestImages(t *testing.T) {
	shape := features.Shape{Stages: 2, Images: 7, Height: 3, Width: 4, Channels: 21}
	few := shape
	few.Images = 3
	set := mutual.Problem{Images: randomStore(t, 10, shape), References: randomStore(t, 11, few),
		Members: []int{6, 1, 0, 4, 3}, Degrees: []int{1, 3, 5}, Interval: mutual.Interval{High: 0.3}}
	asked := problem(t, set)
	asked.Stages = []int{2, 3}
	for _, e := range find(t, asked) {
		for stage, got := range e.Stages {
			if got.Stage != asked.Stages[stage] {
				t.Errorf("stage %d is said to be %d", asked.Stages[stage], got.Stage)
			}
			want := closestDefinition(&set, stage, Place{e.Image, e.Patch})[:3]
			if !slices.EqualFunc(got.Nearest, want, func(a, b Match) bool {
				return a.Image == b.Image && a.Reference == b.Reference && a.Patch == b.Patch &&
					math.Abs(a.Distance-b.Distance) < 1e-6
			}) {
				t.Fatalf("patch %d of image %d, stage %d: %+v, want %+v", e.Patch, e.Image, stage, got.Nearest,
					want)
			}
		}
	}
}

// closestDefinition are all scorers of a place, the closest first.
func closestDefinition(set *mutual.Problem, stage int, place Place) (all []Match) {
	add := func(store *features.Store, image int, reference bool) {
		match, votes := Match{Image: image, Reference: reference}, map[int]int{}
		var choice []int
		for _, degree := range set.Degrees {
			channels := store.Shape().Channels
			query := aggregated(set.Images, stage, place.Image, degree)[place.Patch*channels:]
			squared, patch := nearestDefinition(query[:channels],
				aggregated(store, stage, image, degree))
			match.Distance += math.Sqrt(squared) / float64(len(set.Degrees))
			choice = append(choice, patch)
			votes[patch]++
		}
		match.Patch = slices.MaxFunc(choice, func(a, b int) int { return votes[a] - votes[b] })
		all = append(all, match)
	}
	for _, image := range set.Members {
		if image != place.Image {
			add(set.Images, image, false)
		}
	}
	for image := range set.References.Shape().Images {
		add(set.References, image, true)
	}
	slices.SortStableFunc(all, func(a, b Match) int { return cmp.Compare(a.Distance, b.Distance) })
	return all
}

func aggregated(store *features.Store, stage, image, degree int) []float32 {
	shape, tokens := store.Shape(), store.Tokens(stage, image)
	wide, pooled := make([]float64, len(tokens)), make([]float64, len(tokens))
	for k, x := range tokens {
		wide[k] = float64(x)
	}
	lnamd.NormaliseDefinition(wide, wide)
	lnamd.AggregateDefinition(pooled, wide, shape.Height, shape.Width, shape.Channels, degree)
	narrow := make([]float32, len(pooled))
	for k, x := range pooled {
		narrow[k] = float32(x)
	}
	return narrow
}

func TestTypicalImage(t *testing.T) {
	for name, c := range map[string]struct {
		scores  []float64 // of one patch, by member
		members []int
		of      int // member
		image   int
		normal  float64
	}{
		"the middle of three":            {[]float64{9, 3, 1, 2}, []int{0, 1, 2, 3}, 0, 3, 2},
		"the lower of two middle ones":   {[]float64{9, 4, 1, 2, 3}, []int{0, 1, 2, 3, 4}, 0, 3, 2},
		"the other":                      {[]float64{5, 7}, []int{0, 1}, 0, 1, 7},
		"the lowest of equal ones":       {[]float64{2, 2, 2, 2}, []int{3, 2, 1, 0}, 1, 0, 2},
		"members are not images":         {[]float64{1, 2, 3}, []int{8, 4, 6}, 2, 8, 1},
		"its own score is left out":      {[]float64{2, 1, 5}, []int{0, 1, 2}, 0, 1, 1},
		"alone, there is no other image": {[]float64{3}, []int{2}, 0, -1, 0},
	} {
		store := newStore(t, features.Shape{Stages: 1, Images: 9, Height: 1, Width: 1, Channels: 1})
		s := newSearch(&Problem{Set: mutual.Problem{Images: store}, Scores: c.scores}, c.members)
		image, normal := s.typical(s.ask(Place{c.members[c.of], 0}))
		if image != c.image || normal != c.normal {
			t.Errorf("%s: image %d, %v; want %d, %v", name, image, normal, c.image, c.normal)
		}
	}
}

func TestStageThatMattered(t *testing.T) {
	for name, c := range map[string]struct {
		stages []Stage
		want   int
	}{
		"the largest ratio":              {[]Stage{{Score: 3, Normal: 2}, {Score: 2, Normal: 1}}, 1},
		"the first of equal ratios":      {[]Stage{{Score: 3, Normal: 3}, {Score: 5, Normal: 5}}, 0},
		"nothing is normal":              {[]Stage{{Score: 3, Normal: 1}, {Score: 2, Normal: 0}}, 1},
		"nothing is normal in the first": {[]Stage{{Score: 2, Normal: 0}, {Score: 3, Normal: 1}}, 0},
		"no normal at all":               {[]Stage{{Score: 2}, {Score: 4}, {Score: 3}}, 1},
		"nothing against something":      {[]Stage{{}, {Score: 1, Normal: 5}}, 1},
		"all zero":                       {[]Stage{{}, {}}, 0},
	} {
		if got := mattered(c.stages); got != c.want {
			t.Errorf("%s: stage %d, want %d", name, got, c.want)
		}
	}
}

func TestPatchThatDegreesAgreeOn(t *testing.T) {
	for name, c := range map[string]struct {
		patches []int32
		counts  []int
		want    int
	}{
		"all":                             {[]int32{4, 4, 4}, []int{1, 1, 1}, 4},
		"two of three":                    {[]int32{7, 4, 4}, []int{1, 1, 1}, 4},
		"none: the smallest degree's":     {[]int32{7, 4, 5}, []int{1, 1, 1}, 7},
		"a window that several stand for": {[]int32{7, 4}, []int{1, 2}, 4},
	} {
		s := &search{windows: c.counts}
		if got := s.agreed(c.patches); got != c.want {
			t.Errorf("%s: patch %d, want %d", name, got, c.want)
		}
	}
}

package evidence

import (
	"cmp"
	"math"
	"math/rand/v2"
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
	closestAre(t, set)
	for name, change := range viewsOf(t, set) {
		t.Run(name, func(t *testing.T) {
			set := set
			change(&set)
			closestAre(t, set)
		})
	}
}

// closestAre checks the closest images of a set against the definition.
func closestAre(t *testing.T, set mutual.Problem) {
	t.Helper()
	asked := problem(t, set)
	asked.Stages = []int{2, 3}
	for _, e := range find(t, asked) {
		for stage, got := range e.Stages {
			if got.Stage != asked.Stages[stage] {
				t.Errorf("stage %d is said to be %d", asked.Stages[stage], got.Stage)
			}
			want := closestDefinition(&set, stage, Place{e.Image, e.Patch})
			want = want[:min(3, len(want))]
			if !slices.EqualFunc(got.Nearest, want, func(a, b Match) bool {
				return a.Image == b.Image && a.Reference == b.Reference && a.Patch == b.Patch &&
					a.View == b.View && math.Abs(a.Distance-b.Distance) < 1e-6
			}) {
				t.Fatalf("patch %d of image %d, stage %d: %+v, want %+v", e.Patch, e.Image, stage, got.Nearest,
					want)
			}
		}
	}
}

// viewsOf are ways to score a set with references: with masks, near patches and further views.
func viewsOf(t *testing.T, set mutual.Problem) map[string]func(*mutual.Problem) {
	random := rand.New(rand.NewPCG(20, 21))
	masked := func(store *features.Store) *features.Store {
		shape := store.Shape()
		copied := newStore(t, shape)
		for image := range shape.Images {
			active := make([]bool, shape.Patches())
			for p := range active {
				active[p] = random.IntN(3) > 0
			}
			copied.SetActive(image, active)
			for stage := range shape.Stages {
				copy(copied.Tokens(stage, image), store.Tokens(stage, image))
			}
		}
		return copied
	}
	images, references := masked(set.Images), masked(set.References)
	blank := masked(set.Images)
	blank.SetActive(1, make([]bool, blank.Shape().Patches()))
	blank.SetActive(4, make([]bool, blank.Shape().Patches()))
	further := []*features.Store{randomStore(t, 30, images.Shape()), blank,
		randomStore(t, 31, images.Shape())}
	ofReferences := []*features.Store{randomStore(t, 32, references.Shape())}
	return map[string]func(*mutual.Problem){
		"near":            func(set *mutual.Problem) { set.Near = 1 },
		"masks":           func(set *mutual.Problem) { set.Images, set.References = images, references },
		"blank images":    func(set *mutual.Problem) { set.Images = blank },
		"views":           func(set *mutual.Problem) { set.Views = further },
		"reference views": func(set *mutual.Problem) { set.ReferenceViews = ofReferences },
		"all of it": func(set *mutual.Problem) {
			set.Images, set.References, set.Near = images, references, 2
			set.Views, set.ReferenceViews = further, ofReferences
		},
	}
}

// closestDefinition are all scorers of a place, the closest first.
func closestDefinition(set *mutual.Problem, stage int, place Place) (all []Match) {
	shape := set.Images.Shape()
	add := func(stores []*features.Store, image int, reference bool) {
		type found struct{ view, patch int }
		match, votes := Match{Image: image, Reference: reference}, map[found]int{}
		var choice []found
		for _, degree := range set.Degrees {
			query := aggregated(set.Images, stage, place.Image, degree)[place.Patch*shape.Channels:]
			least, at := math.Inf(1), found{}
			for view, store := range stores {
				tokens, active := aggregated(store, stage, image, degree), store.Active(image)
				for p := range shape.Patches() {
					rows := math.Abs(float64(p/shape.Width - place.Patch/shape.Width))
					columns := math.Abs(float64(p%shape.Width - place.Patch%shape.Width))
					if active != nil && !active[p] ||
						set.Near > 0 && max(rows, columns) > float64(set.Near) {
						continue
					}
					squared, _ := nearestDefinition(query[:shape.Channels],
						tokens[p*shape.Channels:][:shape.Channels])
					if squared < least {
						least, at = squared, found{view, p}
					}
				}
			}
			match.Distance += math.Sqrt(least) / float64(len(set.Degrees))
			choice = append(choice, at)
			votes[at]++
		}
		if math.IsInf(match.Distance, 1) {
			return
		}
		best := slices.MaxFunc(choice, func(a, b found) int { return votes[a] - votes[b] })
		match.View, match.Patch = best.view, best.patch
		all = append(all, match)
	}
	if active := set.Images.Active(place.Image); active != nil && !active[place.Patch] {
		return nil
	}
	for _, image := range set.Members {
		if image != place.Image {
			add(slices.Concat([]*features.Store{set.Images}, set.Views), image, false)
		}
	}
	for image := range set.References.Shape().Images {
		add(slices.Concat([]*features.Store{set.References}, set.ReferenceViews), image, true)
	}
	slices.SortStableFunc(all, func(a, b Match) int { return cmp.Compare(a.Distance, b.Distance) })
	return all
}

// aggregated is LNAMD of the patches that take part.
func aggregated(store *features.Store, stage, image, degree int) []float32 {
	shape, tokens, active := store.Shape(), store.Tokens(stage, image), store.Active(image)
	takesPart := func(k int) bool { return active == nil || active[k/shape.Channels] }
	var values []float64
	for k, x := range tokens {
		if takesPart(k) {
			values = append(values, float64(x))
		}
	}
	lnamd.NormaliseDefinition(values, values)
	wide, pooled := make([]float64, len(tokens)), make([]float64, len(tokens))
	for k := range wide {
		if takesPart(k) {
			wide[k], values = values[0], values[1:]
		}
	}
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

package mutual

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"musc/engine/features"
)

// viewProblems are problems with views, masks, a bound on how far patches are looked for, references
// with views, members that are excluded, and most of what goes together of these, by chance.
func viewProblems(t *testing.T, count int) map[string]*Problem {
	random := rand.New(rand.NewPCG(11, 12))
	one := func(of ...int) int { return of[random.IntN(len(of))] }
	problems := map[string]*Problem{}
	for k := range count {
		shape := features.Shape{Stages: one(1, 2), Images: []int{1, 2, 3, 5}[k%4], Height: one(1, 1, 3, 5),
			Width: one(1, 2, 4, 7), Channels: one(3, 5, 16)}
		masks := one(0, 0, 1, 2)
		store := func(images int) *features.Store {
			shape := shape
			shape.Images = images
			store := look(t, shape, random.Uint64())
			if masks > 0 {
				randomMasks(store, random)
				store.SetActive(random.IntN(images), nil)
			}
			if masks > 1 {
				store.SetActive(random.IntN(images), make([]bool, shape.Patches()))
			}
			return store
		}
		problem := &Problem{Images: store(shape.Images), Near: one(0, 0, 1, 2, 3),
			Degrees: [][]int{{1}, {3, 1}, {1, 3, 5}}[random.IntN(3)],
			Average: Average(one(0, 0, 1, 2)), Interval: Interval{[]float64{0, 0.2}[random.IntN(2)],
				[]float64{0.3, 0.6, 1}[random.IntN(3)]}}
		for range one(0, 1, 2, 3) {
			problem.Views = append(problem.Views, store(shape.Images))
		}
		references := one(0, 1, 3)
		if shape.Images == 1 {
			references = one(1, 3)
		}
		if references > 0 {
			problem.References = store(references)
			for range one(0, 1, 2) {
				problem.ReferenceViews = append(problem.ReferenceViews, store(references))
			}
			problem.ReferencesOnly = random.IntN(2) == 0
			problem.ReferencesInterval = problem.ReferencesOnly && random.IntN(2) == 0
		}
		if shape.Images > 2 && random.IntN(3) == 0 {
			problem.Members = random.Perm(shape.Images)[:shape.Images-1]
		}
		n := shape.Images
		if problem.Members != nil {
			n--
		}
		switch {
		case problem.ReferencesOnly || random.IntN(2) == 0:
		case random.IntN(2) == 0:
			problem.Pairs = make([]float32, n*shape.Patches()*n)
		default:
			problem.Exclude, problem.Scored = make([][]int, n), make([]bool, n)
			for i := range n {
				problem.Scored[i] = random.IntN(4) > 0
				for j := range n {
					if (references > 0 || j != (i+1)%n) && random.IntN(3) == 0 {
						problem.Exclude[i] = append(problem.Exclude[i], j)
					}
				}
			}
		}
		name := fmt.Sprintf("%d: %v, members %v, near %d, masks %d, %d views, %d references, "+
			"%d views, only %v, interval %v, excluded %v, scored %v", k, shape, problem.Members, problem.Near, masks,
			len(problem.Views), references, len(problem.ReferenceViews), problem.ReferencesOnly,
			problem.ReferencesInterval, problem.Exclude, problem.Scored)
		problems[name] = problem
	}
	return problems
}

// CPU gives the definition's scores, and the same bytes under every plan and on any number of threads.
func TestViewsAgreeWithDefinition(t *testing.T) {
	count := 120
	if testing.Short() {
		count = 40
	}
	for name, problem := range viewProblems(t, count) {
		want, err := Definition{}.PatchScores(context.Background(), problem)
		if err != nil {
			t.Fatal(name, err)
		}
		pairs := widen(problem.Pairs)
		got := everyPlan(t, problem)
		within(t, name, got, want, 1e-4, 0)
		within(t, name+", pairs", widen(problem.Pairs), pairs, 1e-4, 0)
		for k, x := range got {
			if math.IsInf(x, 0) || math.IsNaN(x) {
				t.Fatalf("%s: score %d is %v", name, k, x)
			}
		}
	}
}

// Progress ends with all that is compared: every two images, and what passes by of further views.
func TestProgressWithViews(t *testing.T) {
	for name, problem := range viewProblems(t, 40) {
		n := problem.Images.Shape().Images
		if problem.Members != nil {
			n = len(problem.Members)
		}
		want := 0
		for i := range n {
			if problem.References != nil {
				want += problem.References.Shape().Images * (1 + len(problem.ReferenceViews))
			}
			for j := range n {
				switch {
				case problem.ReferencesOnly || j == i:
				case j > i:
					want += 1 + len(problem.Views)
				default:
					want += len(problem.Views)
				}
			}
		}
		want *= problem.Images.Shape().Stages * len(problem.Degrees)
		for _, scorer := range []Scorer{CPU{Threads: 2}, Definition{}} {
			last, all := 0, 0
			problem.Progress = func(done, total int) { last, all = done, total }
			scoresBy(t, scorer, problem)
			if last != want || all != want {
				t.Errorf("%s, %s: %d of %d, want %d", scorer.Name(), name, last, all, want)
			}
		}
	}
}

// Prepared references give what CPU gives, also for problems by chance.
func TestPreparedAgreesWithViews(t *testing.T) {
	for name, problem := range viewProblems(t, 60) {
		if problem.References == nil {
			continue
		}
		only := *problem
		only.Members, only.Pairs, only.Exclude, only.Scored = nil, nil, nil, nil
		only.ReferencesOnly = true
		want := scoresBy(t, CPU{}, &only)
		got, err := prepare(t, problem, 2, 1<<16).PatchScores(context.Background(), problem.Images, nil)
		if err != nil {
			t.Fatal(name, err)
		}
		within(t, name, got, want, 0, 0)
	}
}

// A problem with views goes on after a break, by whole steps; one with masks within a step, too.
func TestScoringWithViewsGoesOnAfterBreaks(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	shape := features.Shape{Stages: 3, Images: 5, Height: 3, Width: 3, Channels: 6}
	images, view := look(t, shape, 1), look(t, shape, 2)
	shape.Images = 3
	references, ofReferences := look(t, shape, 3), look(t, shape, 4)
	for _, store := range []*features.Store{images, view, references, ofReferences} {
		randomMasks(store, random)
	}
	for name, problem := range map[string]*Problem{
		"masks": {Images: images, Near: 1},
		"views": {Images: images, Views: []*features.Store{view, images}, References: references,
			ReferenceViews: []*features.Store{ofReferences}},
		"references only": {Images: images, References: references, Near: 2, ReferencesOnly: true,
			ReferenceViews: []*features.Store{ofReferences}, ReferencesInterval: true},
		"pairs": withRoom(&Problem{Images: images, Views: []*features.Store{view}}),
	} {
		problem.Degrees, problem.Interval = []int{1, 3}, Interval{0, 0.5}
		want := scoresBy(t, CPU{}, problem)
		for _, loss := range []string{"none", "truncated", "former"} {
			for range 3 {
				t.Run(name+", "+loss, func(t *testing.T) {
					breakAndGoOn(t, *problem, want, loss, random)
				})
			}
		}
	}
}

// What was kept serves no problem with other views, masks or bounds.
func TestWhatIsKeptIsOfTheSameViews(t *testing.T) {
	shape := features.Shape{Stages: 2, Images: 3, Height: 3, Width: 3, Channels: 6}
	images, view := look(t, shape, 1), look(t, shape, 2)
	checkpoint := &Checkpoint{Folder: t.TempDir(), Every: always}
	goesOn := func(problem Problem) (goesOn bool) {
		t.Helper()
		problem.Images, problem.Degrees, problem.Checkpoint = images, []int{1}, checkpoint
		checkpoint.Note = func(string) { goesOn = true }
		scoresBy(t, CPU{}, &problem)
		return goesOn
	}
	only := Problem{References: view, ReferencesOnly: true}
	interval := only
	interval.ReferencesInterval = true
	ofReferences := only
	ofReferences.ReferenceViews = []*features.Store{images}
	for k, problem := range []Problem{{}, {Near: 1}, {Views: []*features.Store{view}},
		{Views: []*features.Store{view, view}}, only, interval, ofReferences} {
		if goesOn(problem) {
			t.Errorf("problem %d goes on from another one", k)
		}
		if !goesOn(problem) {
			t.Errorf("problem %d does not go on from itself", k)
		}
	}
	view.SetActive(2, []bool{true, true, true, true, false, true, true, true, true})
	if goesOn(ofReferences) {
		t.Error("goes on from other masks")
	}
}

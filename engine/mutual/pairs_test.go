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

// withRoom gives a problem room for the distances of pairs.
func withRoom(problem *Problem) *Problem {
	n := len(problem.Members)
	if problem.Members == nil {
		n = problem.Images.Shape().Images
	}
	problem.Pairs = make([]float32, n*problem.Images.Shape().Patches()*n)
	return problem
}

// The distances of pairs are the definition's, the same bytes under every plan, and leave the scores
// what they are.
func TestPairsAgreeWithDefinition(t *testing.T) {
	agreementProblems(t, func(t *testing.T, problem *Problem) {
		alone, err := CPU{}.PatchScores(context.Background(), problem)
		if err != nil {
			t.Fatal(err)
		}
		withRoom(problem)
		within(t, "scores", everyPlan(t, problem), alone, 0, 0)
		got := widen(problem.Pairs)
		if _, err := (Definition{}).PatchScores(context.Background(), problem); err != nil {
			t.Fatal(err)
		}
		within(t, "pairs", got, widen(problem.Pairs), 1e-4, 0)
	})
}

// Whoever is excluded does not score, and whose scores are not wanted has none.
func TestExclusionAgreesWithDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	agreementProblems(t, func(t *testing.T, problem *Problem) {
		b, err := problem.check()
		if err != nil {
			t.Fatal(err)
		}
		n := len(b.members)
		for _, share := range []int{0, 1, 2, 3} { // of 4 members, by chance
			problem.Exclude, problem.Scored = make([][]int, n), nil
			for i := range n {
				for j := range n {
					one := b.references == 0 && j == (i+1)%n // is left in any case
					if !one && random.IntN(4) < share {
						problem.Exclude[i] = append(problem.Exclude[i], j)
					}
				}
			}
			if share > 1 {
				problem.Scored = make([]bool, n)
				for i := range n {
					problem.Scored[i] = random.IntN(2) == 0
				}
			}
			want, err := Definition{}.PatchScores(context.Background(), problem)
			if err != nil {
				t.Fatal(err)
			}
			within(t, fmt.Sprint(problem.Exclude), everyPlan(t, problem), want, 1e-4, 0)
		}
	})
}

// agreementProblems runs body on the agreementCases, where not only references score.
func agreementProblems(t *testing.T, body func(*testing.T, *Problem)) {
	for k, c := range agreementCases {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			shape := features.Shape{Stages: 2, Images: c.images, Height: c.height,
				Width: c.width, Channels: c.channels}
			problem := &Problem{Images: look(t, shape, 1), Members: c.members,
				Degrees: c.degrees, Interval: c.interval, Average: c.average}
			if c.references > 0 {
				shape.Images = c.references
				problem.References = look(t, shape, 2)
			}
			body(t, problem)
		})
	}
}

// Distances that were laid down by hand come out as Pairs, and Eq. 2 of them without those that share
// a defect in patch 2, as computed elsewhere.
func TestSharedDefectOfKnownDistances(t *testing.T) {
	const n, patches, defect = 12, 4, 2
	shape := features.Shape{Stages: 1, Images: n, Height: 2, Width: 2, Channels: 3}
	problem := withRoom(&Problem{Images: newStore(t, shape), Degrees: []int{1}, Interval: lowest})
	distance := func(i, p, j int) float32 {
		if i < 4 && p == defect {
			if j < 4 {
				return .35
			}
			return .70
		}
		return .30 + .002*float32((3*i+5*p+7*j)%11)
	}
	scoresOf := func(problem *Problem) []float64 {
		b, err := problem.check()
		if err != nil {
			t.Fatal(err)
		}
		r := newTestRun(t, b, 2)
		for i := range n {
			for j := range n {
				for p := range patches {
					if i != j {
						r.distances.by(i, j)[p] = distance(i, p, j)
					}
				}
			}
		}
		scores := make([]float64, n*patches)
		if err := r.addAverages(scores); err != nil {
			t.Fatal(err)
		}
		b.finishPairs()
		return scores
	}
	scores := scoresOf(problem)
	within(t, "as the paper scores", scores[:patches], []float64{.302, .302, .35, .302}, 1e-6, 0)
	for i := range n {
		for p := range patches {
			for j := range n {
				want := distance(i, p, j)
				if i == j {
					want = 0
				}
				if got := problem.Pairs[(i*patches+p)*n+j]; got != want {
					t.Fatalf("pair (%d,%d), patch %d: %v, want %v", i, j, p, got, want)
				}
			}
		}
	}
	problem.Pairs, problem.Exclude = nil, make([][]int, n)
	for i := range 4 {
		problem.Exclude[i] = []int{0, 1, 2, 3}
	}
	scores = scoresOf(problem)
	within(t, "partners left out", scores[:patches], []float64{.301, .302, .70, .303}, 1e-6, 0)
}

func TestPairsAndExclusionsThatMakeNoSense(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 3, Height: 1, Width: 2, Channels: 3}
	images := look(t, shape, 1)
	for name, change := range map[string]func(*Problem){
		"too little room": func(p *Problem) { p.Pairs = p.Pairs[1:] },
		"pairs of some":   func(p *Problem) { p.Scored = []bool{true, true, false} },
		"pairs of references": func(p *Problem) {
			p.References, p.ReferencesOnly = images, true
		},
		"exclusion by references": func(p *Problem) {
			p.Pairs, p.References, p.ReferencesOnly, p.Exclude = nil, images, true, make([][]int, 3)
		},
		"nobody is left":   func(p *Problem) { p.Pairs, p.Exclude = nil, [][]int{{1, 2}, nil, nil} },
		"unknown member":   func(p *Problem) { p.Pairs, p.Exclude = nil, [][]int{{3}, nil, nil} },
		"a member too few": func(p *Problem) { p.Pairs, p.Exclude = nil, make([][]int, 2) },
		"one too many":     func(p *Problem) { p.Pairs, p.Scored = nil, make([]bool, 4) },
	} {
		problem := withRoom(&Problem{Images: images, Degrees: []int{1}, Interval: lowest})
		change(problem)
		for _, scorer := range []Scorer{CPU{}, Definition{}} {
			_, err := scorer.PatchScores(context.Background(), problem)
			if fault.KindOf(err) != fault.Internal {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A GPU refuses what it does not compute.
func TestPairsAndExclusionsAreForTheCPU(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 3, Height: 1, Width: 2, Channels: 3}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1}, Interval: lowest}
	refused := func() error {
		b, err := problem.check()
		if err != nil {
			t.Fatal(err)
		}
		return b.onlyOnCPU()
	}
	if err := refused(); err != nil {
		t.Errorf("neither: %v", err)
	}
	withRoom(problem)
	if err := refused(); fault.KindOf(err) != fault.Usage {
		t.Errorf("pairs: %v", err)
	}
	problem.Pairs, problem.Exclude = nil, [][]int{{1}, nil, nil}
	if err := refused(); fault.KindOf(err) != fault.Usage {
		t.Errorf("exclusions: %v", err)
	}
	problem.Exclude, problem.Scored = nil, []bool{true, false, true}
	if err := refused(); fault.KindOf(err) != fault.Usage {
		t.Errorf("only some: %v", err)
	}
}

// What was kept with the distances of pairs serves a run that does without; the other way around nothing
// is used.
func TestPairsAreKept(t *testing.T) {
	shape := features.Shape{Stages: 2, Images: 4, Height: 2, Width: 2, Channels: 8}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1}, Interval: everyScorer}
	run := func() (goesOn bool) {
		problem.Checkpoint.Note = func(string) { goesOn = true }
		if _, err := (CPU{}).PatchScores(context.Background(), problem); err != nil {
			t.Fatal(err)
		}
		return goesOn
	}
	problem.Checkpoint = &Checkpoint{Folder: t.TempDir(), Every: always}
	if run() {
		t.Error("goes on from nothing")
	}
	if withRoom(problem); run() {
		t.Error("goes on without the distances of pairs")
	}
	want := slices.Clone(problem.Pairs)
	if clear(problem.Pairs); !run() || !slices.Equal(problem.Pairs, want) {
		t.Error("the distances of pairs are not kept")
	}
	if problem.Pairs = nil; !run() {
		t.Error("what was kept with pairs is not used without")
	}
}

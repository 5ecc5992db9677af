package evidence

import (
	"context"
	"errors"
	"math"
	"reflect"
	"testing"

	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/mutual"
)

// explains checks that the parts of the stages are the score of mutual scoring, of the place itself
// and of the typical image.
func explains(t *testing.T, problem *Problem) {
	t.Helper()
	patches := problem.Set.Images.Shape().Patches()
	byImage := map[int][]float64{}
	members, err := problem.check()
	if err != nil {
		t.Fatal(err)
	}
	for k, image := range members {
		byImage[image] = problem.Scores[k*patches:][:patches]
	}
	for k, e := range find(t, problem) {
		if place := problem.Places[k]; e.Image != place.Image || e.Patch != place.Patch {
			t.Fatalf("evidence %d is of %d, %d, not of %v", k, e.Image, e.Patch, place)
		}
		score, normal := 0.0, 0.0
		for _, stage := range e.Stages {
			score += stage.Score / float64(len(e.Stages))
			normal += stage.Normal / float64(len(e.Stages))
		}
		if e.Score != byImage[e.Image][e.Patch] || !(math.Abs(score-e.Score) <= 1e-5) {
			t.Fatalf("patch %d of image %d: stages give %v, evidence says %v, mutual scoring %v", e.Patch,
				e.Image, score, e.Score, byImage[e.Image][e.Patch])
		}
		if e.Typical < 0 {
			continue
		}
		if e.Typical == e.Image || e.Normal != byImage[e.Typical][e.Patch] ||
			!(math.Abs(normal-e.Normal) <= 1e-5) {
			t.Fatalf("patch %d of typical image %d: stages give %v, evidence says %v, mutual scoring %v",
				e.Patch, e.Typical, normal, e.Normal, byImage[e.Typical][e.Patch])
		}
	}
}

func TestStagesExplainTheScore(t *testing.T) {
	eachFixture(t, func(t *testing.T, set mutual.Problem) {
		explains(t, problem(t, set))
		if set.References != nil {
			set.ReferencesOnly = true
			explains(t, problem(t, set))
		}
	})
}

func TestSettingsOfTheScore(t *testing.T) {
	shape := features.Shape{Stages: 2, Images: 9, Height: 3, Width: 5, Channels: 35}
	few := shape
	few.Images = 4
	images, references := randomStore(t, 1, shape), randomStore(t, 1, few)
	plain := mutual.Problem{Images: images, Degrees: []int{1, 3, 5}, Interval: mutual.Interval{High: 0.3}}
	for name, change := range map[string]func(*mutual.Problem){
		"one degree":               func(set *mutual.Problem) { set.Degrees = []int{3} },
		"degrees in another order": func(set *mutual.Problem) { set.Degrees = []int{5, 1, 3} },
		"degrees beyond the grid":  func(set *mutual.Problem) { set.Degrees = []int{1, 9, 11, 13} },
		"many degrees": func(set *mutual.Problem) {
			set.Degrees = []int{1, 1, 3, 3, 5, 5, 7, 7, 9, 11}
		},
		"all distances":    func(set *mutual.Problem) { set.Interval.High = 1 },
		"inner interval":   func(set *mutual.Problem) { set.Interval = mutual.Interval{Low: 0.4, High: 0.7} },
		"minimum":          func(set *mutual.Problem) { set.Average = mutual.Min },
		"maximum":          func(set *mutual.Problem) { set.Average = mutual.Max },
		"a subset":         func(set *mutual.Problem) { set.Members = []int{7, 2, 3, 5} },
		"references":       func(set *mutual.Problem) { set.References = references },
		"one of the store": func(set *mutual.Problem) { set.References = references.Head(1) },
		"references only": func(set *mutual.Problem) {
			set.References, set.ReferencesOnly = references, true
		},
		"one image and references": func(set *mutual.Problem) {
			set.References, set.Members = references, []int{4}
		},
		"partners are left out": func(set *mutual.Problem) {
			set.Members = []int{8, 0, 1, 2, 3, 5}
			set.Exclude = [][]int{{1, 2}, nil, {5, 0}, {3}, nil, {0, 1, 2, 3}}
		},
		"two images": func(set *mutual.Problem) { set.Members = []int{8, 0} },
	} {
		t.Run(name, func(t *testing.T) {
			set := plain
			change(&set)
			explains(t, problem(t, set))
		})
	}
}

// The score is explained whatever takes part in it, by references alone, too, with either average.
func TestViewsOfTheScore(t *testing.T) {
	shape := features.Shape{Stages: 2, Images: 7, Height: 3, Width: 4, Channels: 21}
	few := shape
	few.Images = 4
	plain := mutual.Problem{Images: randomStore(t, 10, shape), References: randomStore(t, 10, few),
		Degrees: []int{1, 3, 5}, Interval: mutual.Interval{High: 0.5}}
	for name, change := range viewsOf(t, plain) {
		t.Run(name, func(t *testing.T) {
			set := plain
			change(&set)
			explains(t, problem(t, set))
			set.Exclude = [][]int{{1, 2}, nil, {5, 0}, {3}, nil, {0, 1, 2, 3, 4, 6}, nil}
			explains(t, problem(t, set))
			set.Exclude = nil
			for _, interval := range []bool{false, true} {
				set.ReferencesOnly, set.ReferencesInterval = true, interval
				explains(t, problem(t, set))
			}
		})
	}
}

// A reference that is the image itself is none, whatever other images it scores.
func TestOwnReferencesDoNotCount(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 5, Height: 4, Width: 4, Channels: 20}
	images := randomStore(t, 2, shape)
	set := mutual.Problem{Images: images, References: images, ReferencesOnly: true, Degrees: []int{1, 3}}
	asked := problem(t, set, Place{3, 6})
	asked.Without = [][]int{{0}, {1}, {2}, {3}, {4}}
	for _, match := range find(t, asked)[0].Stages[0].Nearest {
		if match.Image == 3 || !match.Reference || match.Distance == 0 {
			t.Errorf("nearest to image 3 is %+v", match)
		}
	}
	asked.Without = nil
	if match := find(t, asked)[0].Stages[0].Nearest[0]; match.Image != 3 || match.Distance != 0 {
		t.Errorf("a reference like any other: %+v", match)
	}
}

// Two equal images are at a distance of exactly 0.
func TestDuplicate(t *testing.T) {
	store := randomStore(t, 3, features.Shape{Stages: 2, Images: 6, Height: 7, Width: 5, Channels: 48})
	for stage := range 2 {
		copy(store.Tokens(stage, 4), store.Tokens(stage, 1))
	}
	set := mutual.Problem{Images: store, Degrees: []int{1, 3, 5}}
	for _, stage := range find(t, problem(t, set, Place{1, 17}))[0].Stages {
		if stage.Score != 0 || !reflect.DeepEqual(stage.Nearest[0], Match{Image: 4, Patch: 17}) {
			t.Errorf("stage %d: %+v", stage.Stage, stage)
		}
	}
}

// An image of one colour has tokens of length zero: they are at 1 from every other, and at 0 from
// another such image.
func TestTokensWithoutDirection(t *testing.T) {
	store := randomStore(t, 4, features.Shape{Stages: 1, Images: 4, Height: 3, Width: 3, Channels: 16})
	clear(store.Tokens(0, 0))
	set := mutual.Problem{Images: store, Degrees: []int{1, 3}}
	explains(t, problem(t, set))
	if score := find(t, problem(t, set, Place{0, 4}))[0].Stages[0].Score; math.Abs(score-1) > 1e-6 {
		t.Errorf("a token of length zero scores %v", score)
	}
	clear(store.Tokens(0, 2))
	explains(t, problem(t, set))
}

func TestThreadsMemoryAndDiskChangeNothing(t *testing.T) {
	shape := features.Shape{Stages: 3, Images: 11, Height: 5, Width: 4, Channels: 33}
	set := mutual.Problem{Images: randomStore(t, 5, shape), Degrees: []int{1, 3, 5},
		Interval: mutual.Interval{High: 0.3}}
	asked := problem(t, set)
	want := find(t, asked)
	spilled, err := features.NewSpilled(shape, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer spilled.Close()
	for stage := range shape.Stages {
		for image := range shape.Images {
			copy(spilled.Tokens(stage, image), set.Images.Tokens(stage, image))
		}
	}
	for name, change := range map[string]func(*Problem){
		"no thread":     func(p *Problem) { p.Threads = 0 },
		"seven threads": func(p *Problem) { p.Threads = 7 },
		"a byte":        func(p *Problem) { p.Threads, p.Memory = 7, 1 },
		"spilled":       func(p *Problem) { p.Set.Images = spilled },
	} {
		other := *asked
		if change(&other); !reflect.DeepEqual(find(t, &other), want) {
			t.Errorf("%s: other evidence", name)
		}
	}
}

func TestMemoryBoundsThreads(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 3, Height: 5, Width: 4, Channels: 33}
	asked := problem(t, mutual.Problem{Images: randomStore(t, 5, shape), Degrees: []int{1, 3}},
		Place{0, 1}, Place{1, 1})
	asked.Threads = 9
	one := mutual.NewAggregation(shape, []int{1, 3}).Bytes() + 4*2*20
	for threads, memory := range map[int]int64{9: 0, 1: one - 1, 2: 3*one - 1, 3: 3 * one} {
		s := newSearch(asked, []int{0, 1, 2})
		s.ask(asked.Places[0])
		s.ask(asked.Places[1])
		if s.Memory = memory; s.begin() != nil || len(s.workers) != threads {
			t.Errorf("%d bytes are for %d threads, want %d", memory, len(s.workers), threads)
		}
	}
}

func TestProgressAndCancel(t *testing.T) {
	shape := features.Shape{Stages: 2, Images: 5, Height: 2, Width: 2, Channels: 4}
	asked := problem(t, mutual.Problem{Images: randomStore(t, 6, shape), Degrees: []int{1}}, Place{0, 1})
	last := 0
	asked.Progress = func(done, total int) {
		if done != last+1 || total != 10 {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		last = done
	}
	if find(t, asked); last != 10 {
		t.Errorf("the last number was %d", last)
	}
	ctx, cancel := context.WithCancel(t.Context())
	asked.Progress = func(done, total int) { cancel() }
	if _, err := Search(ctx, asked); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestQuestionsThatMakeNoSense(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 3, Height: 2, Width: 2, Channels: 4}
	set := mutual.Problem{Images: randomStore(t, 7, shape), Degrees: []int{1}, Members: []int{0, 2}}
	for name, change := range map[string]func(*Problem){
		"no member":         func(p *Problem) { p.Places[0].Image = 1 },
		"no patch":          func(p *Problem) { p.Places[0].Patch = 4 },
		"patch below zero":  func(p *Problem) { p.Places[0].Patch = -1 },
		"too few scores":    func(p *Problem) { p.Scores = p.Scores[:7] },
		"stages of another": func(p *Problem) { p.Stages = []int{2, 3} },
		"own of another":    func(p *Problem) { p.Without = make([][]int, 2) },
		"no degree":         func(p *Problem) { p.Set.Degrees = nil },
	} {
		asked := problem(t, set, Place{0, 1})
		change(asked)
		if _, err := Search(t.Context(), asked); fault.KindOf(err) != fault.Internal &&
			fault.KindOf(err) != fault.Usage {
			t.Errorf("%s: %v", name, err)
		}
	}
	asked := problem(t, set, Place{0, 1})
	if asked.Places = nil; len(find(t, asked)) != 0 {
		t.Error("evidence of no place")
	}
}

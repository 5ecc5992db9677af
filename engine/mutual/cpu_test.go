package mutual

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/features"
)

// look draws a store of look-alike images: a shared layout, small variations, one large channel.
func look(t testing.TB, shape features.Shape, seed uint64) *features.Store {
	store := newStore(t, shape)
	layout := rand.New(rand.NewPCG(7, uint64(shape.Channels)))
	random := rand.New(rand.NewPCG(seed, uint64(shape.Images)))
	for stage := range shape.Stages {
		common := make([]float64, shape.Patches()*shape.Channels)
		for k := range common {
			common[k] = layout.NormFloat64()
			if k%shape.Channels == shape.Channels/3 {
				common[k] += 25
			}
		}
		for image := range shape.Images {
			for k, x := range common {
				store.Tokens(stage, image)[k] = float32(x + 0.35*random.NormFloat64())
			}
		}
	}
	return store
}

func TestCPUAgreesWithDefinition(t *testing.T) {
	// With two channels patches lie so close that float32 cannot tell the nearest.
	agreesWithDefinition(t, everyPlan, 1e-4)
}

// A subset is scored as if the other images were not there.
func TestMembersAreABatchOfTheirOwn(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 7, Height: 3, Width: 5, Channels: 12}
	whole := look(t, shape, 3)
	members := []int{6, 1, 4}
	shape.Images = len(members)
	part := newStore(t, shape)
	for k, image := range members {
		copy(part.Tokens(0, k), whole.Tokens(0, image))
	}
	for _, scorer := range []Scorer{Definition{}, CPU{}} {
		problem := &Problem{Images: whole, Members: members, Degrees: []int{3},
			Interval: Interval{0, 0.5}}
		got, err := scorer.PatchScores(context.Background(), problem)
		if err != nil {
			t.Fatal(err)
		}
		problem.Images, problem.Members = part, nil
		want, err := scorer.PatchScores(context.Background(), problem)
		if err != nil {
			t.Fatal(err)
		}
		within(t, scorer.Name(), got, want, 0, 0)
	}
}

func TestProblemsThatMakeNoSense(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 3, Height: 2, Width: 2, Channels: 4}
	other := shape
	other.Channels = 5
	images, otherReferences := look(t, shape, 1), look(t, other, 1)
	for name, c := range map[string]struct {
		change func(p *Problem)
		kind   fault.Kind
		says   string
	}{
		"one image":       {func(p *Problem) { p.Members = []int{1} }, fault.Input, "one image alone"},
		"no image":        {func(p *Problem) { p.Members = []int{} }, fault.Input, "no image"},
		"no such image":   {func(p *Problem) { p.Members = []int{0, 3} }, fault.Internal, "image 3 of 3"},
		"negative image":  {func(p *Problem) { p.Members = []int{0, -1} }, fault.Internal, "image -1 of 3"},
		"average below":   {func(p *Problem) { p.Average = -1 }, fault.Usage, "average -1"},
		"image twice":     {func(p *Problem) { p.Members = []int{2, 2} }, fault.Internal, "twice"},
		"no degree":       {func(p *Problem) { p.Degrees = nil }, fault.Usage, "at least one"},
		"even degree":     {func(p *Problem) { p.Degrees = []int{1, 4} }, fault.Usage, "degree 4"},
		"negative degree": {func(p *Problem) { p.Degrees = []int{-1} }, fault.Usage, "degree -1"},
		"interval":        {func(p *Problem) { p.Interval.High = 2 }, fault.Usage, "[0, 2]"},
		"average":         {func(p *Problem) { p.Average = 3 }, fault.Usage, "average 3"},
		"no references":   {func(p *Problem) { p.ReferencesOnly = true }, fault.Usage, "reference"},
		"other model": {func(p *Problem) { p.References = otherReferences }, fault.Input,
			"same model"},
		"no tokens": {func(p *Problem) { p.Images = nil }, fault.Internal, "without"},
		"no such folder": {func(p *Problem) {
			p.Plan = Plan{SpillDistances: true, Folder: filepath.Join(t.TempDir(), "absent")}
		}, fault.Output, "absent"},
	} {
		for _, scorer := range []Scorer{Definition{}, CPU{}} {
			if _, definition := scorer.(Definition); definition && c.kind == fault.Output {
				continue // it spills nothing
			}
			problem := &Problem{Images: images, Degrees: []int{1}}
			c.change(problem)
			_, err := scorer.PatchScores(context.Background(), problem)
			if err == nil || fault.KindOf(err) != c.kind ||
				!strings.Contains(err.Error(), c.says) {
				t.Errorf("%s, %s: %v (kind %d)", name, scorer.Name(), err, fault.KindOf(err))
			}
		}
	}
}

// Tokens of a broken model must end in numbers or NaN, never in an index out of range.
func TestTokensThatAreNoNumbers(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 4, Height: 5, Width: 11, Channels: 9}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, spoil := range map[string]func(tokens []float32){
		"one NaN":      func(tokens []float32) { tokens[17] = nan },
		"one infinity": func(tokens []float32) { tokens[17] = -inf },
		"all NaN": func(tokens []float32) {
			for k := range tokens {
				tokens[k] = nan
			}
		},
		"huge": func(tokens []float32) {
			for k := range tokens {
				tokens[k] = math.MaxFloat32 * float32(1-2*(k%2))
			}
		},
		"constant": func(tokens []float32) { clear(tokens) },
	} {
		for _, spoiled := range [][]int{{2}, {0, 1, 2, 3}} {
			images := look(t, shape, 4)
			for _, image := range spoiled {
				spoil(images.Tokens(0, image))
			}
			problem := &Problem{Images: images, References: images, Degrees: []int{1, 3},
				Interval: Interval{0, 0.5}}
			scores, err := CPU{Threads: 2}.PatchScores(context.Background(), problem)
			if err != nil || len(scores) != 4*55 {
				t.Errorf("%s in %v: %d scores, %v", name, spoiled, len(scores), err)
			}
		}
	}
}

func TestCancelling(t *testing.T) {
	shape := features.Shape{Stages: 3, Images: 9, Height: 4, Width: 4, Channels: 8}
	images := look(t, shape, 5)
	for _, scorer := range []Scorer{Definition{}, CPU{Threads: 1}, CPU{Threads: 3}} {
		ctx, cancel := context.WithCancel(context.Background())
		last, all := 0, 0
		problem := &Problem{Images: images, Degrees: []int{1, 3}, Interval: Interval{0, 0.3},
			Progress: func(done, total int) {
				last, all = done, total
				cancel()
			}}
		_, err := scorer.PatchScores(ctx, problem)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", scorer.Name(), err)
		}
		if last == 0 || last > all/2 {
			t.Errorf("%s: went on to %d of %d pairs", scorer.Name(), last, all)
		}
		last = 0
		if _, err = scorer.PatchScores(ctx, problem); !errors.Is(err, context.Canceled) || last > 0 {
			t.Errorf("%s: cancelled before the start: %v after %d pairs", scorer.Name(), err, last)
		}
	}
}

func TestProgressRisesToTheTotal(t *testing.T) {
	shape := features.Shape{Stages: 2, Images: 5, Height: 2, Width: 2, Channels: 4}
	images := look(t, shape, 6)
	shape.Images = 3
	problem := &Problem{Images: images, References: look(t, shape, 7), Degrees: []int{1, 3}}
	for _, only := range []bool{false, true} {
		want := 2 * 2 * (5*4/2 + 5*3)
		if only {
			want = 2 * 2 * 5 * 3
		}
		problem.ReferencesOnly = only
		for _, scorer := range []Scorer{Definition{}, CPU{Threads: 3}} {
			last := 0
			problem.Progress = func(done, total int) {
				if done <= last || total != want {
					t.Errorf("%d of %d after %d of %d", done, total, last, want)
				}
				last = done
			}
			if _, err := scorer.PatchScores(context.Background(), problem); err != nil {
				t.Fatal(err)
			}
			if last != want {
				t.Errorf("%s ends at %d of %d", scorer.Name(), last, want)
			}
		}
	}
}

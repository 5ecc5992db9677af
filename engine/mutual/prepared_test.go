package mutual

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"musc/engine/fault"
	"musc/engine/features"
)

// prepare fails unless the references can be prepared.
func prepare(t testing.TB, problem *Problem, threads int, memory int64) *Prepared {
	t.Helper()
	p, err := NewPrepared(context.Background(), problem, threads, memory, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// Whatever is kept and whatever is prepared again, the scores are those of CPU to the last byte, for any
// number of images in a call.
func TestPreparedGivesTheBytesOfCPU(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		height, width, references, views, near int
		degrees                                []int
		masked                                 bool
	}{
		{3, 4, 5, 0, 0, []int{1, 3}, false},
		{3, 4, 5, 2, 0, []int{1, 3, 5}, false},
		{3, 4, 1, 0, 1, []int{3}, true},
		{4, 5, 4, 1, 2, []int{1, 3}, true},
		{1, 1, 6, 0, 0, []int{1}, false},
		{1, 1, 3, 2, 0, []int{1, 3}, false},
		{1, 1, 3, 1, 0, []int{1}, true},
		{2, 9, 3, 1, 0, []int{1, 3, 5, 7, 9, 11, 13, 15, 17}, false},
	} {
		shape := features.Shape{Stages: 2, Images: c.references, Height: c.height, Width: c.width,
			Channels: 6}
		problem := &Problem{References: look(t, shape, 1), Degrees: c.degrees, Near: c.near,
			Interval: Interval{0.1, 0.6}}
		for view := range c.views {
			problem.ReferenceViews = append(problem.ReferenceViews, look(t, shape, uint64(10+view)))
		}
		shape.Images = 19
		images := look(t, shape, 2)
		if c.masked {
			for _, store := range slices.Concat([]*features.Store{images, problem.References},
				problem.ReferenceViews) {
				randomMasks(store, random)
			}
		}
		for _, interval := range []bool{false, true} {
			batch := *problem
			batch.Images, batch.ReferencesOnly, batch.ReferencesInterval = images, true, interval
			want := scoresBy(t, CPU{}, &batch)
			problem.ReferencesInterval = interval
			all := prepare(t, problem, 1, math.MaxInt64)
			if !all.Whole() || all.Bytes() <= 0 {
				t.Errorf("%+v: whole %v, %d bytes", c, all.Whole(), all.Bytes())
			}
			for _, memory := range []int64{0, all.Bytes() / 2, all.Bytes(), math.MaxInt64} {
				for _, threads := range []int{1, 2, 3} {
					p := prepare(t, problem, threads, memory)
					for _, images := range []struct{ first, count int }{{0, 1}, {1, 1}, {0, 3}, {2, 17}, {18, 1}} {
						got, err := p.PatchScores(context.Background(),
							batch.Images.Part(images.first, images.count), nil)
						if err != nil {
							t.Fatal(err)
						}
						patches := c.height * c.width
						within(t, fmt.Sprintf("%+v, %d bytes, %d threads, %+v", c, memory, threads,
							images), got, want[images.first*patches:][:images.count*patches], 0, 0)
					}
				}
			}
		}
	}
}

// An image that is among the references is scored by the others, as if it were not there.
func TestPreparedLeavesReferencesOut(t *testing.T) {
	shape := features.Shape{Stages: 2, Images: 6, Height: 3, Width: 4, Channels: 6}
	problem := &Problem{References: look(t, shape, 1), Degrees: []int{1, 3}, Interval: Interval{0.1, 0.6},
		ReferencesInterval: true}
	for view := range 2 {
		problem.ReferenceViews = append(problem.ReferenceViews, look(t, shape, uint64(10+view)))
	}
	image := shape
	image.Images = 2
	images := look(t, image, 2)
	for _, c := range []struct {
		without []int
		left    []int // in the order in which the last ones take the places of those left out
	}{
		{nil, []int{0, 1, 2, 3, 4, 5}}, {[]int{0}, []int{5, 1, 2, 3, 4}}, {[]int{5}, []int{0, 1, 2, 3, 4}},
		{[]int{1, 4}, []int{0, 5, 2, 3}}, {[]int{0, 1, 2, 3, 4}, []int{5}},
	} {
		batch := *problem
		batch.Images, batch.ReferencesOnly, batch.ReferenceViews = images, true, nil
		batch.References = these(problem.References, c.left)
		for _, view := range problem.ReferenceViews {
			batch.ReferenceViews = append(batch.ReferenceViews, these(view, c.left))
		}
		want := scoresBy(t, CPU{}, &batch)
		for _, memory := range []int64{0, math.MaxInt64} {
			got, err := prepare(t, problem, 2, memory).PatchScores(context.Background(), images, c.without)
			if err != nil {
				t.Fatal(err)
			}
			within(t, fmt.Sprintf("without %v, %d bytes", c.without, memory), got, want, 0, 0)
		}
	}
	_, err := prepare(t, problem, 1, 0).PatchScores(context.Background(), images, []int{0, 1, 2, 3, 4, 5})
	if fault.KindOf(err) != fault.Usage {
		t.Errorf("without all of them: %v", err)
	}
}

// these are some images of a store.
func these(of *features.Store, images []int) *features.Store {
	shape := of.Shape()
	shape.Images = len(images)
	store := features.NewMemory(shape)
	for stage := range shape.Stages {
		for k, image := range images {
			copy(store.Tokens(stage, k), of.Tokens(stage, image))
		}
	}
	return store
}

// What stays is within the bound, if that is not below the least; more memory keeps more.
func TestPreparedKeepsToItsMemory(t *testing.T) {
	shape := features.Shape{Stages: 2, Images: 30, Height: 4, Width: 4, Channels: 16}
	problem := &Problem{References: look(t, shape, 1), Degrees: []int{1, 3}}
	least := prepare(t, problem, 2, 0).Bytes()
	most := prepare(t, problem, 2, math.MaxInt64).Bytes()
	last := least
	for memory := least; memory < 2*most; memory += most / 7 {
		p := prepare(t, problem, 2, memory)
		if p.Bytes() > memory || p.Bytes() < last && !p.Whole() || p.Whole() != (p.Bytes() == most) {
			t.Errorf("%d bytes in %d, %d before, whole %v", p.Bytes(), memory, last, p.Whole())
		}
		last = p.Bytes()
		if _, err := p.PatchScores(context.Background(), problem.References.Part(0, 1), nil); err != nil {
			t.Fatal(err)
		}
		if p.Bytes() > memory {
			t.Errorf("%d bytes in %d after an image", p.Bytes(), memory)
		}
	}
	if last != most {
		t.Errorf("%d bytes in the end, want %d", last, most)
	}
}

// Once all references are in memory nobody reads their stores.
func TestStoresOfPreparedReferencesMayBeClosed(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 3, Height: 2, Width: 2, Channels: 5}
	references, view := features.NewMemory(shape), features.NewMemory(shape)
	from := look(t, shape, 1)
	for image := range 3 {
		copy(references.Tokens(0, image), from.Tokens(0, image))
		copy(view.Tokens(0, image), from.Tokens(0, 2-image))
	}
	p := prepare(t, &Problem{References: references, ReferenceViews: []*features.Store{view},
		Degrees: []int{1}}, 1, math.MaxInt64)
	before, err := p.PatchScores(context.Background(), from.Part(0, 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	references.Close()
	view.Close()
	after, err := p.PatchScores(context.Background(), from.Part(0, 1), nil)
	if err != nil || !slices.Equal(before, after) {
		t.Errorf("%v, then %v, %v", before, after, err)
	}
}

func TestProgressOfPreparing(t *testing.T) {
	shape := features.Shape{Stages: 2, Images: 11, Height: 2, Width: 2, Channels: 3}
	problem := &Problem{References: look(t, shape, 1), Degrees: []int{1},
		ReferenceViews: []*features.Store{look(t, shape, 2)}}
	for _, memory := range []int64{0, math.MaxInt64} {
		var told []int
		p, err := NewPrepared(context.Background(), problem, 1, memory, func(done, total int) {
			if told = append(told, done); total != 44 {
				t.Errorf("%d of %d", done, total)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		p.Close()
		if !slices.IsSorted(told) || told[len(told)-1] != 44 {
			t.Errorf("told %v", told)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err := NewPrepared(ctx, problem, 1, math.MaxInt64, func(int, int) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	p := prepare(t, problem, 2, math.MaxInt64)
	if _, err := p.PatchScores(ctx, problem.References, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if _, err := p.PatchScores(context.Background(), problem.References, nil); err != nil {
		t.Errorf("after that: %v", err)
	}
}

func TestPreparedThatMakesNoSense(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 2, Height: 1, Width: 2, Channels: 3}
	references := look(t, shape, 1)
	for name, c := range map[string]struct {
		problem Problem
		kind    fault.Kind
	}{
		"no references": {Problem{Degrees: []int{1}}, fault.Usage},
		"no degree":     {Problem{References: references}, fault.Usage},
		"no such view": {Problem{References: references, Degrees: []int{1},
			ReferenceViews: make([]*features.Store, 1)}, fault.Internal},
	} {
		_, err := NewPrepared(context.Background(), &c.problem, 1, 0, nil)
		if fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := prepare(t, &Problem{References: references, Degrees: []int{1}}, 1, math.MaxInt64)
	if _, err := p.PatchScores(context.Background(), nil, nil); fault.KindOf(err) != fault.Internal {
		t.Errorf("no images: %v", err)
	}
	shape.Width = 3
	if _, err := p.PatchScores(context.Background(), look(t, shape, 1), nil); fault.KindOf(err) != fault.Input {
		t.Errorf("another size: %v", err)
	}
}

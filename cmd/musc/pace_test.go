package main

import (
	"math"
	"testing"
	"time"

	"musc/engine"
)

// fakeClock goes on when a test says so.
type fakeClock struct{ time time.Time }

func newFakeClock() *fakeClock { return &fakeClock{time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)} }

func (f *fakeClock) now() time.Time { return f.time }

func (f *fakeClock) pass(d time.Duration) { f.time = f.time.Add(d) }

func (f *fakeClock) seconds(s float64) { f.pass(time.Duration(s * float64(time.Second))) }

func (f *fakeClock) since(then time.Time) float64 { return f.time.Sub(then).Seconds() }

// work does units of the open step, one every so many seconds.
func (f *fakeClock) work(s *steps, units int, each float64) {
	for range units {
		f.seconds(each)
		s.open.advance(1, f.time)
	}
}

func TestEstimateOfAStep(t *testing.T) {
	for name, c := range map[string]struct {
		work       func(f *fakeClock, s *steps)
		rate, left float64 // NaN: unknown
	}{
		"begun":           {func(f *fakeClock, s *steps) { f.seconds(100) }, math.NaN(), math.NaN()},
		"for too short":   {func(f *fakeClock, s *steps) { f.work(s, 9, 0.1) }, math.NaN(), math.NaN()},
		"a batch goes on": {func(f *fakeClock, s *steps) { f.work(s, 1, 90) }, math.NaN(), math.NaN()},
		"one batch": {func(f *fakeClock, s *steps) {
			f.work(s, 1, 90)
			f.work(s, 1, 9)
		}, 1. / 90, 998 * 90},
		"even": {func(f *fakeClock, s *steps) { f.work(s, 200, 0.25) }, 4, 200},
		"slower than it was": {func(f *fakeClock, s *steps) {
			f.work(s, 400, 0.1)
			f.work(s, 100, 2)
		}, 0.5, 1000},
		"slow units": {func(f *fakeClock, s *steps) {
			f.work(s, 10, 1)
			f.work(s, 10, 90)
		}, 1. / 90, 980 * 90},
		"in batches of 50": {func(f *fakeClock, s *steps) {
			for range 8 {
				f.seconds(10)
				f.work(s, 50, 0)
			}
		}, 5, 120},
		"half of it by an earlier run": {func(f *fakeClock, s *steps) {
			f.work(s, 500, 0)
			f.work(s, 20, 0.5)
		}, 2, 240},
		"counts down": {func(f *fakeClock, s *steps) {
			f.work(s, 200, 0.25)
			f.seconds(3)
		}, 4, 197},
		"finished": {func(f *fakeClock, s *steps) { f.work(s, 1000, 0.25) }, 4, 0},
		"in batches, another begins": {func(f *fakeClock, s *steps) {
			for range 7 {
				f.seconds(10)
				f.work(s, 50, 0)
			}
			f.work(s, 1, 10)
		}, 5, 129.8},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeClock()
			s := newSteps(f.now)
			s.begin(engine.StepBackbone, 1000)
			c.work(f, s)
			rate, left, ok := s.open.estimate(f.time)
			if ok == math.IsNaN(c.rate) {
				t.Fatalf("known: %v", ok)
			}
			if ok && (off(rate, c.rate) > 0.02 || off(left.Seconds(), c.left) > 0.02) {
				t.Errorf("%.4f a second, %.1f s left, want %.4f and %.1f", rate, left.Seconds(), c.rate,
					c.left)
			}
		})
	}
}

// off is how far got is from want, relative to want.
func off(got, want float64) float64 { return math.Abs(got-want) / math.Max(want, 1e-9) }

// Subsets are scored one after the other, each by the backbone and then by mutual scoring. From the
// second subset on each step's estimate is the time until all its own units are done, the other's
// turns included.
func TestEstimateOfStepsThatTakeTurns(t *testing.T) {
	const subsets = 12
	for name, c := range map[string]struct{ size, backbone, mutual, atTurn float64 }{
		"backbone longer": {200, 3, 0.5, 0},
		"mutual longer":   {50, 0.2, 8, 0},
		"short turns":     {2, 0.5, 0.5, 0},
		"time of a turn":  {20, 1, 1, 10}, // as of planning, in mutual scoring's
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeClock()
			s := newSteps(f.now)
			size := int(c.size)
			begun := f.time
			turns := map[engine.Step]float64{engine.StepBackbone: c.size * c.backbone,
				engine.StepMutual: c.atTurn + c.size*c.mutual}
			both := turns[engine.StepBackbone] + turns[engine.StepMutual]
			ends := map[engine.Step]float64{engine.StepBackbone: subsets*both - turns[engine.StepMutual],
				engine.StepMutual: subsets * both}
			check := func(subset int) {
				p := s.open
				if subset == 0 && (p.step == engine.StepBackbone || c.atTurn > 0) {
					return // nobody can know yet that there will be turns, or what begins them
				}
				_, left, ok := p.estimate(f.time)
				want := ends[p.step] - f.since(begun)
				if wrong := math.Abs(left.Seconds() - want); ok && wrong > 0.15*want+3*c.atTurn+2 {
					t.Errorf("subset %d, %s, %d done: %.0f s left, in truth %.0f s", subset, p.step,
						p.done, left.Seconds(), want)
				}
			}
			for subset := range subsets {
				for _, step := range []engine.Step{engine.StepBackbone, engine.StepMutual} {
					each := c.backbone
					if step == engine.StepMutual {
						each = c.mutual
					}
					if subset == 0 {
						s.begin(step, subsets*size)
					} else {
						s.resume(step)
					}
					if step == engine.StepMutual {
						f.seconds(c.atTurn)
					}
					for range size {
						f.work(s, 1, each)
						check(subset)
					}
				}
			}
			for step, want := range turns {
				if p := s.all[step]; !p.finished() || off(p.lasted.Seconds(), subsets*want) > 1e-6 {
					t.Errorf("%s: %d of %d in %v, want %v s", step, p.done, p.total, p.lasted, want)
				}
			}
		})
	}
}

// The images that the backbone left out do not make two steps take turns.
func TestAStepThatEndedEarlyBarelyCounts(t *testing.T) {
	f := newFakeClock()
	s := newSteps(f.now)
	s.begin(engine.StepBackbone, 1000)
	f.work(s, 990, 10)
	s.begin(engine.StepMutual, 990)
	f.work(s, 90, 0.1)
	if _, left, ok := s.open.estimate(f.time); !ok || off(left.Seconds(), 90) > 1.2 {
		t.Errorf("%v left, want 90 s and at most a hundredth of the backbone's time", left)
	}
}

func TestStepsOfManyUnitsAreFollowedInLittleMemory(t *testing.T) {
	f := newFakeClock()
	s := newSteps(f.now)
	s.begin(engine.StepImage, 1e6)
	for range 1000 {
		f.work(s, 1000, 0.001)
		s.resume(engine.StepImage)
	}
	if p := s.open; len(p.marks) > 70 || len(p.turns) > recentTurns {
		t.Errorf("%d marks, %d turns are kept", len(p.marks), len(p.turns))
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vbauerster/mpb/v8"

	"musc/engine"
)

// hear plays a job of two subsets to an observer: backbone and mutual scoring take turns.
func hear(observer engine.Observer, f *fakeClock) {
	work := func(units int, each time.Duration) {
		for range units {
			f.pass(each)
			observer.Advance(1)
		}
	}
	observer.Note("plan: two subsets")
	observer.Begin(engine.StepLoad, 1)
	work(1, 2*time.Second)
	observer.Begin(engine.StepBackbone, 120)
	work(60, 250*time.Millisecond)
	observer.Skipped("bad.png", "it is empty")
	observer.Begin(engine.StepMutual, 120)
	work(60, 400*time.Millisecond)
	observer.Resume(engine.StepBackbone)
	work(60, 250*time.Millisecond)
	observer.Resume(engine.StepMutual)
	work(60, 400*time.Millisecond)
}

func TestProgressInLines(t *testing.T) {
	var out bytes.Buffer
	f := newFakeClock()
	hear(&lineObserver{quietObserver{out: &out}, newSteps(f.now)}, f)
	want := `plan: two subsets
load model: 1 to do
backbone: 120 to do
backbone: 40 of 120, 4.0 a second, about 20 s left
left out: bad.png: it is empty
mutual scoring: 120 to do
mutual scoring: 25 of 120, 1.5 a second, about 53 s left
mutual scoring: 50 of 120, 1.5 a second, about 43 s left
backbone: 61 of 120, 1.5 a second, about 15 s left
backbone: 101 of 120, 1.5 a second, about 5 s left
backbone: 120 of 120, took 30 s
mutual scoring: 61 of 120, 1.5 a second, about 24 s left
mutual scoring: 86 of 120, 1.5 a second, about 14 s left
mutual scoring: 111 of 120, 1.5 a second, about 4 s left
mutual scoring: 120 of 120, took 48 s
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// Image scores take a moment after each turn of the steps before them.
func TestStepsOfAMomentAreNotWorthALine(t *testing.T) {
	var out bytes.Buffer
	f := newFakeClock()
	observer := &lineObserver{quietObserver{out: &out}, newSteps(f.now)}
	observer.Begin(engine.StepImage, 100)
	for range 50 {
		f.pass(20 * time.Millisecond)
		observer.Advance(1)
		observer.Resume(engine.StepBackbone)
		f.pass(time.Minute)
		observer.Resume(engine.StepImage)
	}
	if got, want := out.String(), "image scores: 100 to do\n"; !strings.HasPrefix(got, want) ||
		strings.Count(got, "\n") != 2 { // at the fiftieth the moments are a second
		t.Errorf("got %q", got)
	}
}

func TestRatesAreInAUnitThatCanBeRead(t *testing.T) {
	for rate, want := range map[float64]string{1234.5: "1234 a second", 99.96: "100 a second",
		4.12: "4.1 a second", 0.9: "54.0 a minute", 0.02: "1.2 a minute", 0.01: "36.0 an hour"} {
		if got := rateText(rate); got != want {
			t.Errorf("%v: %q, want %q", rate, got, want)
		}
	}
}

// A download whose size the server does not say has no total.
func TestProgressWithoutATotal(t *testing.T) {
	var lines, events bytes.Buffer
	f := newFakeClock()
	for _, observer := range []engine.Observer{
		&lineObserver{quietObserver{out: &lines}, newSteps(f.now)},
		&jsonObserver{json.NewEncoder(&events), newSteps(f.now)},
	} {
		observer.Advance(1) // of no step at all
		observer.Begin("download, MiB", 0)
		f.pass(5 * time.Second)
		observer.Advance(15)
		f.pass(15 * time.Second)
		observer.Advance(45)
	}
	want := "download, MiB: 0 to do\ndownload, MiB: 60 done, 3.0 a second\n"
	if got := lines.String(); got != want {
		t.Errorf("lines %q, want %q", got, want)
	}
	got := events.String()
	if !strings.Contains(got, `"per_second":3,`) || strings.Contains(got, "left") {
		t.Errorf("events %s", got)
	}
}

func TestProgressInJSON(t *testing.T) {
	var out bytes.Buffer
	f := newFakeClock()
	hear(&jsonObserver{json.NewEncoder(&out), newSteps(f.now)}, f)
	want := `{"event":"note","text":"plan: two subsets"}
{"event":"begin","step":"load model","total":1}
{"event":"begin","step":"backbone","total":120}
{"done":40,"event":"progress","per_second":4,"seconds_left":20,"step":"backbone","total":120}
{"event":"skipped","image":"bad.png","reason":"it is empty"}
{"event":"begin","step":"MUTUAL","total":120}
{"done":25,"event":"progress","per_second":1.54,"seconds_left":53,"step":"MUTUAL","total":120}
{"done":50,"event":"progress","per_second":1.54,"seconds_left":43,"step":"MUTUAL","total":120}
{"done":61,"event":"progress","per_second":1.54,"seconds_left":15,"step":"backbone","total":120}
{"done":101,"event":"progress","per_second":1.54,"seconds_left":5,"step":"backbone","total":120}
{"done":120,"event":"progress","per_second":1.54,"seconds_left":0,"step":"backbone","total":120}
{"done":61,"event":"progress","per_second":1.54,"seconds_left":24,"step":"MUTUAL","total":120}
{"done":86,"event":"progress","per_second":1.54,"seconds_left":14,"step":"MUTUAL","total":120}
{"done":111,"event":"progress","per_second":1.54,"seconds_left":4,"step":"MUTUAL","total":120}
{"done":120,"event":"progress","per_second":1.54,"seconds_left":0,"step":"MUTUAL","total":120}
`
	want = strings.ReplaceAll(want, "MUTUAL", string(engine.StepMutual))
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestQuietTellsWhatWasLeftOutOnly(t *testing.T) {
	var stdout, stderr bytes.Buffer
	observer, finish := observerOn(&stdout, &stderr, false, true)
	hear(observer, newFakeClock())
	finish()
	if got := stderr.String(); got != "left out: bad.png: it is empty\n" || stdout.Len() > 0 {
		t.Errorf("got %q and %q", got, stdout.String())
	}
}

// screen is where bars are drawn on demand.
type screen struct {
	mutex   sync.Mutex
	text    bytes.Buffer
	refresh chan any
}

func (s *screen) Write(p []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.Write(p)
}

// last is what the screen shows last of a step's bar.
func (s *screen) last(step engine.Step) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	lines := strings.Split(s.text.String(), "\n")
	for k := len(lines) - 1; k >= 0; k-- {
		if strings.Contains(lines[k], string(step)) {
			return strings.TrimSpace(lines[k])
		}
	}
	return ""
}

func TestProgressInBars(t *testing.T) {
	f := newFakeClock()
	shown := &screen{refresh: make(chan any)}
	bars := newBarObserver(f.now, mpb.WithOutput(shown), mpb.WithWidth(110),
		mpb.WithManualRefresh(shown.refresh))
	// draw returns when a frame that begins now is complete: drawing and writing take turns.
	draw := func() {
		shown.refresh <- f.time
		shown.refresh <- f.time
		bars.Note("")
	}
	work := func(units int, each time.Duration) {
		for range units {
			bars.mutex.Lock()
			f.pass(each)
			bars.mutex.Unlock()
			bars.Advance(1)
		}
		draw()
	}
	check := func(step engine.Step, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if line := shown.last(step); !strings.Contains(line, part) {
				t.Errorf("%q lacks %q", line, part)
			}
		}
	}
	bars.Begin(engine.StepBackbone, 120)
	draw()
	check(engine.StepBackbone, "0/120")
	work(60, 250*time.Millisecond)
	check(engine.StepBackbone, "60/120", "4.0 a second, about 15 s left")
	bars.Begin(engine.StepMutual, 120)
	work(60, 400*time.Millisecond)
	check(engine.StepMutual, " 60/120", "1.5 a second, about 39 s left")
	check(engine.StepBackbone, "60/120")
	bars.Resume(engine.StepBackbone)
	work(60, 250*time.Millisecond)
	check(engine.StepBackbone, "120/120", "took 30 s")
	bars.Resume(engine.StepMutual)
	work(10, 400*time.Millisecond)
	check(engine.StepMutual, "70/120", "1.5 a second, about 20 s left")
	bars.finish()
	check(engine.StepMutual, "70/120", "stopped after 28 s")
	check(engine.StepBackbone, "120/120", "took 30 s")
}

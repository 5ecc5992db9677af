package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"musc/engine"
	"musc/engine/plain"
)

// newObserver picks how progress is told: JSON lines on stdout for scripts, bars on a terminal,
// plain lines elsewhere, nothing but warnings when quiet; and all of it to the log, if there is one.
// finish completes what is still drawn.
func newObserver(c *cli.Context, quiet bool) (observer engine.Observer, finish func()) {
	observer, finish = observerOn(c.App.Writer, c.App.ErrWriter, c.Bool("json"), quiet)
	if events := logOf(c.App); events != nil {
		logged, finishShown := &loggedObserver{Observer: observer, log: events, now: time.Now}, finish
		return logged, func() { logged.finish(); finishShown() }
	}
	return observer, finish
}

func observerOn(stdout, stderr io.Writer, asJSON, quiet bool) (
	observer engine.Observer, finish func()) {
	switch {
	case asJSON:
		return &jsonObserver{json.NewEncoder(stdout), newSteps(time.Now)}, func() {}
	case quiet:
		return quietObserver{out: stderr}, func() {}
	case isTerminal(stderr):
		bars := newBarObserver(time.Now, toTerminal(stderr)...)
		return bars, bars.finish
	}
	return &lineObserver{quietObserver{out: stderr}, newSteps(time.Now)}, func() {}
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// quietObserver tells what was left out, and nothing else.
type quietObserver struct {
	engine.Silent
	out io.Writer
}

func (q quietObserver) Skipped(path, reason string) {
	fmt.Fprintln(q.out, skippedLine(path, reason))
}

func skippedLine(path, reason string) string {
	return fmt.Sprintf("left out: %s: %s", plain.Name(path), visible(reason))
}

// lineObserver writes a line when a step begins, one every few seconds while it goes on, and for a
// step that took longer one at its end.
type lineObserver struct {
	quietObserver
	steps *steps
}

func (l *lineObserver) Begin(step engine.Step, total int) {
	l.steps.begin(step, total)
	fmt.Fprintf(l.out, "%s: %d to do\n", step, total)
}

func (l *lineObserver) Resume(step engine.Step) { l.steps.resume(step) }

func (l *lineObserver) Advance(n int) {
	now, p := l.steps.now(), l.steps.open
	if p == nil {
		return
	}
	p.advance(n, now)
	if !p.due(now) {
		return
	}
	if p.total > 0 {
		fmt.Fprintf(l.out, "%s: %d of %d", p.step, p.done, p.total)
	} else {
		fmt.Fprintf(l.out, "%s: %d done", p.step, p.done)
	}
	if text := paceText(p, now); text != "" {
		fmt.Fprint(l.out, ", ", text)
	}
	fmt.Fprintln(l.out)
}

func (l *lineObserver) Note(text string) { fmt.Fprintln(l.out, visible(text)) }

// paceText says how fast a step goes and how long it goes on, how long it took if it is finished,
// and nothing if that is not known.
func paceText(p *pace, now time.Time) string {
	if p.finished() {
		return "took " + engine.FormatDuration(p.lasted)
	}
	perSecond, left, ok := p.estimate(now)
	switch {
	case !ok:
		return ""
	case p.total <= 0:
		return rateText(perSecond)
	}
	return rateText(perSecond) + ", about " + engine.FormatDuration(left.Round(time.Second)) + " left"
}

// rateText writes a rate in the largest unit of time that leaves a digit before the point.
func rateText(perSecond float64) string {
	switch {
	case perSecond >= 99.95:
		return fmt.Sprintf("%.0f a second", perSecond)
	case perSecond >= 1:
		return fmt.Sprintf("%.1f a second", perSecond)
	case perSecond*60 >= 1:
		return fmt.Sprintf("%.1f a minute", perSecond*60)
	}
	return fmt.Sprintf("%.1f an hour", perSecond*3600)
}

// jsonObserver writes one JSON object a line:
//
//	{"event": "begin", "step", "total"}       once a step
//	{"event": "progress", "step", "done", "total", "per_second", "seconds_left"}   every few seconds,
//	         and at the end of a step that took longer; the last two only when they are known
//	{"event": "note", "text"}
//	{"event": "skipped", "image", "reason"}
//
// What came of it follows, as tellJSON says.
type jsonObserver struct {
	encoder *json.Encoder
	steps   *steps
}

func (j *jsonObserver) Begin(step engine.Step, total int) {
	j.steps.begin(step, total)
	j.write(map[string]any{"event": "begin", "step": step, "total": total})
}

func (j *jsonObserver) Resume(step engine.Step) { j.steps.resume(step) }

func (j *jsonObserver) Advance(n int) {
	now, p := j.steps.now(), j.steps.open
	if p == nil {
		return
	}
	p.advance(n, now)
	if !p.due(now) {
		return
	}
	event := map[string]any{"event": "progress", "step": p.step, "done": p.done, "total": p.total}
	if perSecond, left, ok := p.estimate(now); ok {
		event["per_second"] = threeDigits(perSecond)
		if p.total > 0 {
			event["seconds_left"] = math.Round(left.Seconds())
		}
	}
	j.write(event)
}

// threeDigits rounds to as many significant digits.
func threeDigits(x float64) float64 {
	scale := math.Pow(10, 2-math.Floor(math.Log10(x)))
	return math.Round(x*scale) / scale
}

func (j *jsonObserver) Note(text string) {
	j.write(map[string]any{"event": "note", "text": text})
}

func (j *jsonObserver) Skipped(path, reason string) {
	j.write(map[string]any{"event": "skipped", "image": path, "reason": reason})
}

// write ignores the error of a closed pipe: the reader has heard enough.
func (j *jsonObserver) write(event map[string]any) { _ = j.encoder.Encode(event) }

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"musc/engine"
)

// newObserver picks how progress is told: JSON lines on stdout for scripts, bars on a terminal,
// plain lines elsewhere, nothing but warnings when quiet. finish completes what is still drawn.
func newObserver(stdout, stderr io.Writer, asJSON, quiet bool) (
	observer engine.Observer, finish func()) {
	switch {
	case asJSON:
		return &jsonObserver{json.NewEncoder(stdout)}, func() {}
	case quiet:
		return &lineObserver{out: stderr, quiet: true}, func() {}
	case isTerminal(stderr):
		bars := &barObserver{container: mpb.New(mpb.WithOutput(stderr), mpb.WithWidth(48))}
		return bars, bars.finish
	}
	return &lineObserver{out: stderr}, func() {}
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// barObserver draws one bar a step.
type barObserver struct {
	container *mpb.Progress
	bar       *mpb.Bar
	begun     time.Time
}

func (b *barObserver) Begin(step engine.Step, total int) {
	b.close()
	b.begun = time.Now()
	b.bar = b.container.AddBar(int64(total),
		mpb.PrependDecorators(
			decor.Name(fmt.Sprintf("%-17s", step)),
			decor.CountersNoUnit("%d/%d", decor.WCSyncWidth)),
		mpb.AppendDecorators(
			decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO, decor.WCSyncWidth), "done")))
}

// Resume goes on with a bar.
func (b *barObserver) Resume(engine.Step) {}

func (b *barObserver) Advance(n int) { b.bar.IncrBy(n) }

func (b *barObserver) Note(text string) { fmt.Fprintln(b.container, text) }

func (b *barObserver) Skipped(path, reason string) {
	fmt.Fprintln(b.container, skippedLine(path, reason))
}

// close ends the bar of a step that stopped early, so that the container never waits for it.
func (b *barObserver) close() {
	if b.bar != nil && !b.bar.Completed() {
		b.bar.Abort(false)
	}
}

func (b *barObserver) finish() {
	b.close()
	b.container.Wait()
}

// lineObserver writes a line when a step begins and then one every few seconds.
type lineObserver struct {
	out         io.Writer
	quiet       bool
	step        engine.Step
	done, total int
	told        time.Time
}

const lineInterval = 10 * time.Second

func (l *lineObserver) Begin(step engine.Step, total int) {
	l.step, l.done, l.total, l.told = step, 0, total, time.Now()
	if !l.quiet {
		fmt.Fprintf(l.out, "%s: %d to do\n", step, total)
	}
}

// Resume goes on with a step.
func (l *lineObserver) Resume(engine.Step) {}

func (l *lineObserver) Advance(n int) {
	l.done += n
	if !l.quiet && time.Since(l.told) >= lineInterval {
		l.told = time.Now()
		fmt.Fprintf(l.out, "%s: %d of %d\n", l.step, l.done, l.total)
	}
}

func (l *lineObserver) Note(text string) {
	if !l.quiet {
		fmt.Fprintln(l.out, text)
	}
}

func (l *lineObserver) Skipped(path, reason string) {
	fmt.Fprintln(l.out, skippedLine(path, reason))
}

func skippedLine(path, reason string) string {
	return fmt.Sprintf("left out: %s: %s", path, reason)
}

// jsonObserver writes one JSON object a line: {"event": "begin" | "note" | "skipped", ...}.
type jsonObserver struct{ encoder *json.Encoder }

func (j *jsonObserver) Begin(step engine.Step, total int) {
	j.write(map[string]any{"event": "begin", "step": step, "total": total})
}

// Resume goes on with a step.
func (j *jsonObserver) Resume(engine.Step) {}

func (j *jsonObserver) Advance(int) {}

func (j *jsonObserver) Note(text string) {
	j.write(map[string]any{"event": "note", "text": text})
}

func (j *jsonObserver) Skipped(path, reason string) {
	j.write(map[string]any{"event": "skipped", "image": path, "reason": reason})
}

// write ignores the error of a closed pipe: the reader has heard enough.
func (j *jsonObserver) write(event map[string]any) { _ = j.encoder.Encode(event) }

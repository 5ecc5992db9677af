package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"musc/engine"
)

const barWidth = 48

// barObserver draws one bar a step, with its counters, rate and estimate of what is left, or the
// time that it took. A step that is resumed goes on with its bar.
type barObserver struct {
	container *mpb.Progress
	mutex     sync.Mutex // of steps: bars are drawn in another goroutine
	steps     *steps
	bars      map[engine.Step]*mpb.Bar
}

func toTerminal(stderr io.Writer) []mpb.ContainerOption {
	return []mpb.ContainerOption{mpb.WithOutput(stderr), mpb.WithWidth(barWidth)}
}

func newBarObserver(now func() time.Time, options ...mpb.ContainerOption) *barObserver {
	return &barObserver{container: mpb.New(options...), steps: newSteps(now),
		bars: map[engine.Step]*mpb.Bar{}}
}

func (b *barObserver) Begin(step engine.Step, total int) {
	b.mutex.Lock()
	p := b.steps.begin(step, total)
	b.mutex.Unlock()
	b.draw(p)
}

// draw adds a bar for a new step. One of the same name is of an earlier batch: it has ended.
func (b *barObserver) draw(p *pace) {
	if former := b.bars[p.step]; former != nil {
		former.Abort(false)
	}
	b.bars[p.step] = b.container.AddBar(int64(p.total),
		mpb.PrependDecorators(
			decor.Name(fmt.Sprintf("%-17s", p.step)),
			decor.CountersNoUnit("%d/%d", decor.WCSyncWidth)),
		mpb.AppendDecorators(
			decor.Any(func(state decor.Statistics) string { return b.text(p, state.Aborted) })))
}

// text stands behind a bar.
func (b *barObserver) text(p *pace, stopped bool) string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if stopped {
		return " stopped after " + engine.FormatDuration(p.lasted)
	}
	return " " + paceText(p, b.steps.now())
}

func (b *barObserver) Resume(step engine.Step) {
	b.mutex.Lock()
	p := b.steps.resume(step)
	b.mutex.Unlock()
	if b.bars[step] == nil {
		b.draw(p)
	}
}

// Advance lets go of the steps before the bar moves, which may wait for a bar that is being drawn.
func (b *barObserver) Advance(n int) {
	b.mutex.Lock()
	p := b.steps.open
	if p != nil {
		p.advance(n, b.steps.now())
	}
	b.mutex.Unlock()
	if p != nil {
		b.bars[p.step].IncrBy(n)
	}
}

func (b *barObserver) Note(text string) { fmt.Fprintln(b.container, visible(text)) }

func (b *barObserver) Skipped(path, reason string) {
	fmt.Fprintln(b.container, skippedLine(path, reason))
}

// finish ends the bars of steps that stopped early, so that the container does not wait for them.
func (b *barObserver) finish() {
	for _, bar := range b.bars {
		bar.Abort(false)
	}
	b.container.Wait()
}

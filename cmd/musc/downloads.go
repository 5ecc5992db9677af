package main

import (
	"fmt"
	"io"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"musc/engine"
	"musc/engine/assets"
)

// downloads tells how far fetching is: a bar a package on a terminal, elsewhere a line every few
// seconds. Its methods are called from one goroutine at a time.
type downloads struct {
	out       io.Writer
	container *mpb.Progress // nil: no terminal
	bar       *mpb.Bar
	current   string    // the wheel that is downloaded
	begun     time.Time // when it was first heard of
	first     int64     // how much was there then
	told      time.Time
	now       func() time.Time
}

func newDownloads(out io.Writer) *downloads {
	d := &downloads{out: out, now: time.Now}
	if isTerminal(out) {
		d.container = mpb.New(mpb.WithOutput(out), mpb.WithWidth(48))
	}
	return d
}

// line tells a step, which ends the download before it.
func (d *downloads) line(text string) {
	d.endBar(true)
	if d.container != nil {
		fmt.Fprintln(d.container, text)
		return
	}
	fmt.Fprintln(d.out, text)
}

// bytes tells how much of an artifact's wheel is there.
func (d *downloads) bytes(a *assets.Artifact, done int64) {
	if d.current != a.Wheel {
		d.endBar(true)
		d.current, d.begun, d.told, d.first = a.Wheel, d.now(), d.now(), done
		if d.container != nil {
			d.bar = d.container.AddBar(a.Size,
				mpb.PrependDecorators(decor.Name(a.Title, decor.WCSyncSpaceR),
					decor.CountersKiloByte("% .1f / % .1f", decor.WCSyncWidth)),
				mpb.AppendDecorators(decor.OnComplete(
					decor.AverageETA(decor.ET_STYLE_GO, decor.WCSyncWidth), "done")))
		}
	}
	if d.bar != nil {
		d.bar.SetCurrent(min(done, a.Size-1)) // complete is what the next step says
		return
	}
	if d.now().Sub(d.told) < lineInterval {
		return
	}
	d.told = d.now()
	left := ""
	if rate := float64(done-d.first) / d.now().Sub(d.begun).Seconds(); rate > 0 {
		seconds := float64(a.Size-done) / rate
		left = ", " + engine.FormatDuration(time.Duration(seconds*float64(time.Second))) + " left"
	}
	fmt.Fprintf(d.out, "%s: %.1f of %.1f MB%s\n", a.Title, float64(done)/1e6, float64(a.Size)/1e6,
		left)
}

// endBar completes the bar of a download, or leaves it where it is when that failed.
func (d *downloads) endBar(complete bool) {
	if d.bar == nil {
		return
	}
	if complete {
		d.bar.SetTotal(-1, true)
	} else {
		d.bar.Abort(false)
	}
	d.bar = nil
}

// finish draws what is still to be drawn.
func (d *downloads) finish(err error) {
	d.endBar(err == nil)
	if d.container != nil {
		d.container.Wait()
	}
}

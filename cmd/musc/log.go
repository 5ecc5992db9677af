package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"musc/cgo/cpu"
	"musc/engine"
	"musc/engine/fault"
)

// eventLog is the file of --log: what happens, one JSON object a line, added to what is there. All of
// them have time, level, msg, command and process:
//
//	begin      arguments, version, simd
//	step       step, total                     once a step
//	step done  step, seconds
//	note, finding, photo, serving, reproduced, done   what --json tells under these names
//	left out   image, reason                   level WARN
//	end        code, seconds, error            level ERROR unless the code is one of success
//
// A nil log keeps nothing.
type eventLog struct {
	logger *slog.Logger
	file   *logFile
	begun  time.Time
}

// logFile remembers the first error, of which slog tells nobody.
type logFile struct {
	*os.File
	err error
}

func (f *logFile) Write(line []byte) (int, error) {
	n, err := f.File.Write(line)
	if f.err == nil {
		f.err = err
	}
	return n, err
}

const logKept = "log" // where the application keeps the log

func logOf(app *cli.App) *eventLog {
	log, _ := app.Metadata[logKept].(*eventLog)
	return log
}

// openLog begins the log of a command line, if it has one.
func openLog(c *cli.Context, path string) error {
	name := c.String("log")
	if name == "" {
		return nil
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fault.New(fault.Output, "cannot add to the file of --log: %w; choose another file", err)
	}
	kept := &logFile{File: file}
	log := &eventLog{begun: time.Now(), file: kept, logger: slog.New(slog.NewJSONHandler(kept, nil)).
		With("command", path, "process", os.Getpid())}
	c.App.Metadata[logKept] = log
	log.info("begin", "arguments", commandLine()[1:], "version", version(), "simd", cpu.Level())
	return nil
}

func (l *eventLog) info(what string, attributes ...any) {
	if l != nil {
		l.logger.Info(what, attributes...)
	}
}

// end writes how the command went, and tells of a log that could not be written.
func (l *eventLog) end(stderr io.Writer, code int, err error) {
	if l == nil {
		return
	}
	attributes := []any{"code", code, "seconds", time.Since(l.begun).Seconds()}
	if done(code) {
		l.logger.Info("end", attributes...)
	} else {
		l.logger.Error("end", append(attributes, "error", err.Error())...)
	}
	closed := l.file.Close()
	if l.file.err == nil {
		l.file.err = closed
	}
	if l.file.err != nil {
		fmt.Fprintf(stderr, "musc: warning: the log has not all that happened: %v\n", l.file.err)
	}
}

// beside is a writer that puts lines of text into the log, too.
func (l *eventLog) beside(w io.Writer) io.Writer {
	if l == nil {
		return w
	}
	return io.MultiWriter(w, lineLog{l})
}

type lineLog struct{ *eventLog }

func (l lineLog) Write(line []byte) (int, error) {
	l.logger.Warn("note", "text", string(bytes.TrimRight(line, "\n")))
	return len(line), nil
}

// loggedObserver logs what an Observer hears, but for each photo's progress.
type loggedObserver struct {
	engine.Observer
	log     *eventLog
	now     func() time.Time
	step    engine.Step
	since   time.Time
	seconds map[engine.Step]float64
	order   []engine.Step
}

// change closes the open step and goes on with another.
func (o *loggedObserver) change(step engine.Step) {
	now := o.now()
	if o.step != "" {
		if o.seconds == nil {
			o.seconds = map[engine.Step]float64{}
		}
		if _, known := o.seconds[o.step]; !known {
			o.order = append(o.order, o.step)
		}
		o.seconds[o.step] += now.Sub(o.since).Seconds()
	}
	o.step, o.since = step, now
}

func (o *loggedObserver) Begin(step engine.Step, total int) {
	o.change(step)
	o.log.info("step", "step", step, "total", total)
	o.Observer.Begin(step, total)
}

func (o *loggedObserver) Resume(step engine.Step) {
	o.change(step)
	o.Observer.Resume(step)
}

func (o *loggedObserver) Note(text string) {
	o.log.info("note", "text", text)
	o.Observer.Note(text)
}

func (o *loggedObserver) Skipped(path, reason string) {
	o.log.logger.Warn("left out", "image", path, "reason", reason)
	o.Observer.Skipped(path, reason)
}

// finish logs what the steps took: they take turns, so that none is done before the end.
func (o *loggedObserver) finish() {
	o.change("")
	for _, step := range o.order {
		o.log.info("step done", "step", step, "seconds", o.seconds[step])
	}
	o.order, o.seconds = nil, nil
}

// logResult logs what came of a batch.
func logResult(log *eventLog, result *engine.Result, output string) {
	for _, finding := range result.Findings {
		log.info("finding", "kind", finding.Kind, "text", finding.Text)
	}
	done := doneEvent(result, output)
	var attributes []any
	for _, key := range slices.Sorted(maps.Keys(done)) {
		if key != "event" {
			attributes = append(attributes, key, done[key])
		}
	}
	log.info("done", attributes...)
}

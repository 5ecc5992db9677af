package watch

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/results"
	"musc/engine/verdict"
)

// Summary is what a run did.
type Summary struct {
	Photos   int                     `json:"images"` // that were scored
	Verdicts map[verdict.Verdict]int `json:"verdicts"`
	Skipped  int                     `json:"left_out"`
	Seen     int                     `json:"seen_before"` // touched, with the same bytes as before
	Vanished int                     `json:"vanished"`
	Commands Deliveries              `json:"commands,omitzero"`
	Posts    Deliveries              `json:"posts,omitzero"`
	All      int                     `json:"all"` // photos scored or left out by this and all earlier runs
}

// Deliveries counts what was handed over.
type Deliveries struct {
	Done    int `json:"done"`
	Failed  int `json:"failed"`
	Dropped int `json:"dropped"` // too many waited
}

// watcher is one run.
type watcher struct {
	Options
	inspector Inspector
	listener  Listener
	history   *history
	draws     *engine.Drawing
	drift     *drift
	pages     *pages

	sequence atomic.Uint64 // of the newest entry in the journal
	telling  sync.Mutex
	mu       sync.Mutex // of summary
	summary  Summary
}

// Run watches the folder until ctx is done: then it ends the photos under way, writes their results and
// returns. The output folder must be this run's alone (results.Lock) and marked as a watch's.
func Run(ctx context.Context, options Options, inspector Inspector, listener Listener) (Summary, error) {
	w := &watcher{Options: options.withDefaults(), inspector: inspector, listener: listener}
	w.summary.Verdicts = map[verdict.Verdict]int{}
	err := w.Check()
	if err == nil {
		err = w.paths()
	}
	if err != nil {
		return w.summary, err
	}
	if w.history, err = readHistory(&w.Options); err != nil {
		return w.summary, err
	}
	defer w.history.close()
	if err := w.begin(); err != nil {
		return w.summary, err
	}
	err = w.watch(ctx)
	w.summary.All = w.history.photos
	return w.summary, err
}

// paths makes the paths absolute and checks how the folders lie.
func (w *watcher) paths() error {
	for _, path := range []*string{&w.Folder, &w.Output} {
		real, err := filepath.Abs(*path)
		if err == nil {
			real, err = filepath.EvalSymlinks(real)
		}
		if err != nil {
			return fault.New(fault.Input, "cannot watch %s: %w; it must be there", *path, err)
		}
		*path = real
	}
	if w.Folder == w.Output {
		return fault.New(fault.Usage, "cannot write the results of %s into that folder itself; choose another "+
			"with -o, within it or elsewhere", w.Folder)
	}
	for _, name := range []string{results.OverlaysFolder, results.MasksFolder, results.ReportFolder} {
		own := filepath.Join(w.Output, name)
		if below, err := filepath.Rel(own, w.Folder); err == nil && filepath.IsLocal(below) {
			return fault.New(fault.Usage, "cannot watch %s: results of this watch go there; choose another "+
				"folder with -o", w.Folder)
		}
	}
	return nil
}

// begin makes ready, writes the start into the journal and tells what was found.
func (w *watcher) begin() (err error) {
	h := w.history

	if w.draws, err = newDrawing(&w.Options, w.inspector); err != nil {
		return err
	}
	s := Start{Version: w.Version, Folder: w.Folder, Bank: w.Bank, Time: time.Now().UTC().Round(time.Second),
		Followers: []string{tellName}}
	if w.Exec != nil {
		s.Followers = append(s.Followers, execName)
	}
	if w.Post != nil {
		s.Followers = append(s.Followers, postName)
	}
	if err := h.begin(s); err != nil {
		return err
	}
	w.sequence.Store(h.sequence)
	if w.drift = newDrift(w.Calibration, w.DriftWindow); w.drift == nil && w.DriftWindow > 0 {
		w.note("drift", fmt.Sprintf("no drift can be told: the bank has the scores of %d good photos, and %d "+
			"are needed", len(w.Calibration), leastCalibration))
	}
	w.drift.resume(h.recent, h.drifted)
	w.pages = newPages(w)
	for _, note := range h.notes {
		w.note("repaired", note)
	}
	if h.photos > 0 {
		w.note("resumed", fmt.Sprintf("%d photos are done already", h.photos))
	}
	return nil
}

// watch runs all parts until ctx is done or one of them fails.
func (w *watcher) watch(ctx context.Context) error {
	if err := w.baseline(ctx); err != nil {
		return err
	}
	stopping, stop := context.WithCancel(ctx) // no further photo is begun
	defer stop()
	followers, followersCtx := errgroup.WithContext(context.WithoutCancel(ctx))
	listening, hurry := context.WithCancel(followersCtx) // commands and posts end
	defer hurry()
	for _, f := range w.followers() {
		followers.Go(func() error {
			within := listening
			if f.name == tellName {
				within = followersCtx // it hears of all photos
			}
			err := f.run(within)
			if err != nil {
				stop()
			}
			return err
		})
	}
	pagesDone := make(chan error, 1)
	go func() {
		err := w.pages.run(stopping)
		stop()
		pagesDone <- err
	}()

	err := w.score(stopping)
	stop()
	hurry()
	w.history.journal.end()
	return errors.Join(err, followers.Wait(), <-pagesDone, w.pages.write(context.WithoutCancel(ctx)))
}

// baseline passes by what is in the folder when it is watched for the first time, if only new photos are
// wanted.
func (w *watcher) baseline(ctx context.Context) error {
	if w.history.ready {
		return nil
	}
	if w.NewOnly {
		count := 0
		var batch []*Entry
		flush := func() error {
			at, err := w.history.journal.append(false, batch...)
			for k, offset := range at {
				w.history.known.add(&batch[k].File, offset)
			}
			batch = batch[:0]
			return err
		}
		s := w.scanner()
		var failed error
		err := s.walk(ctx, w.Folder, func(f found) {
			if w.history.known.has(f.name, f.size, f.modified) {
				return
			}
			count++
			batch = append(batch, &Entry{Kind: passed, File: newFile(f.name, f.size, f.modified)})
			if len(batch) == batchOfEntries {
				failed = errors.Join(failed, flush())
			}
		})
		if err = errors.Join(err, failed, flush()); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("cannot look through %s: %w", w.Folder, err)
		}
		w.note("passed by", fmt.Sprintf("%d photos are there already and are passed by", count))
	}
	_, err := w.history.journal.append(true, &Entry{Kind: ready})
	return err
}

func (w *watcher) scanner() *scanner {
	return &scanner{root: w.Folder, output: statOf(w.Output), notes: map[string]string{}}
}

// note tells the listener.
func (w *watcher) note(kind, text string) {
	w.telling.Lock()
	defer w.telling.Unlock()
	w.listener.Note(kind, text)
}

// pathOf is where a photo is, or was.
func (w *watcher) pathOf(entry *Entry) string {
	return filepath.Join(w.Folder, filepath.FromSlash(entry.RawName()))
}

// whole fills in what the journal leaves out.
func (w *watcher) whole(entry *Entry) {
	if entry.Kind != DriftKind {
		entry.Path = w.pathOf(entry)
	}
}

// done is how many photos this and all earlier runs scored or left out.
func (w *watcher) done() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.history.photos
}

// count changes the summary.
func (w *watcher) count(change func(s *Summary)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.summary)
}

// The followers.
const (
	tellName = "tell"
	execName = "exec"
	postName = "post"
)

// followers are those that are on, each where it was.
func (w *watcher) followers() []*follower {
	h := w.history
	list := []*follower{{name: tellName, every: 64, deliver: func(_ context.Context, entry *Entry) error {
		w.whole(entry)
		w.telling.Lock()
		defer w.telling.Unlock()
		return w.listener.Told(entry)
	}}}
	if w.Exec != nil {
		list = append(list, w.Exec.follower(w))
	}
	if w.Post != nil {
		list = append(list, w.Post.follower(w))
	}
	for _, f := range list {
		f.journal, f.at, f.newest = h.journal, h.resume[f.name], w.sequence.Load
	}
	return list
}

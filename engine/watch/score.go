package watch

import (
	"context"
	"io/fs"
	"os"
	"sync"

	"golang.org/x/sync/errgroup"

	"musc/engine/verdict"
)

// batchOfResults is how many photos are written at once, at most.
const batchOfResults = 64

// score finds photos, scores them and writes what came of them, until ctx is done or a part fails.
func (w *watcher) score(ctx context.Context) error {
	group, running := errgroup.WithContext(ctx)
	arrived, back := make(chan arrival), make(chan settled)
	order := make(chan chan inspected, w.Parallel) // in the order of arrival
	over := make(chan struct{})                    // nobody hears of what became of arrivals any more
	a := &arrivals{Options: &w.Options, scanner: w.scanner(), known: w.history.known, connect: w.notifier,
		note: w.arrivalNote, out: arrived, settled: back, table: map[string]*candidate{},
		toldNotes: map[string]bool{}}
	group.Go(func() error {
		defer close(over)
		defer close(arrived)
		return a.run(running)
	})
	group.Go(func() error {
		defer close(order)
		w.inspect(arrived, order)
		return nil
	})
	group.Go(func() error {
		return w.write(order, func(s settled) {
			select {
			case back <- s:
			case <-over:
			}
		})
	})
	return group.Wait()
}

// inspect scores what arrives, several at a time; order gets a channel for each, in the order of arrival.
// A photo that is begun is ended.
func (w *watcher) inspect(arrived <-chan arrival, order chan<- chan inspected) {
	s := &inspectors{Options: &w.Options, inspector: w.inspector, known: w.history.known,
		journal: w.history.journal, draws: w.draws}
	places := make(chan struct{}, w.Parallel)
	var running sync.WaitGroup
	defer running.Wait()
	for next := range arrived {
		places <- struct{}{}
		result := make(chan inspected, 1)
		order <- result
		running.Go(func() {
			result <- s.inspect(context.Background(), next)
			<-places
		})
	}
}

// write writes results in their order: into the journal, from there to the tables, then to all else. Those
// that are at hand are written together.
func (w *watcher) write(order <-chan chan inspected, settle func(s settled)) (err error) {
	for first := range order {
		batch := []inspected{<-first}
	gather:
		for len(batch) < batchOfResults {
			select {
			case next, more := <-order:
				if !more {
					break gather
				}
				batch = append(batch, <-next)
			default:
				break gather
			}
		}
		if err == nil {
			err = w.commit(batch) // and if not, the channel is emptied
		}
		for _, one := range batch {
			settle(settled{one.name, one.fate})
		}
		if err != nil {
			go func() { // let those who still send be
				for range order {
				}
			}()
			return err
		}
	}
	return err
}

// commit writes what came of a few arrivals.
func (w *watcher) commit(batch []inspected) error {
	var entries []*Entry
	var failure error
	sequence := w.sequence.Load()
	number := func(entry *Entry) {
		sequence++
		entry.Sequence = sequence
		entries = append(entries, entry)
	}
	for k := range batch {
		one := &batch[k]
		if one.err != nil {
			batch = batch[:k]
			failure = one.err
			break
		}
		if one.fate != done {
			continue
		}
		if one.entry.Kind == seen {
			entries = append(entries, one.entry)
			continue
		}
		number(one.entry)
		if one.entry.Kind == Photo {
			if d := w.drift.add(one.entry.score()); d != nil {
				number(&Entry{Kind: DriftKind, Arrived: one.entry.Arrived, Drift: d})
			}
		}
	}
	if len(entries) == 0 {
		return failure
	}
	at, err := w.history.journal.append(true, entries...)
	if err != nil {
		return err
	}
	var rows, defects []byte
	for k, entry := range entries {
		if entry.Kind != DriftKind {
			w.history.known.add(&entry.File, at[k])
		}
		if entry.Kind == Photo {
			rows, defects = append(rows, scoreRow(entry)...), append(defects, defectRows(entry)...)
		}
		w.took(entry)
		if entry.Kind == DriftKind {
			w.pages.addEntry(entry)
		}
	}
	w.sequence.Store(sequence)
	if err := w.history.scores.append(rows); err != nil {
		return err
	}
	if err := w.history.defects.append(defects); err != nil {
		return err
	}
	for k := range batch {
		w.pages.add(&batch[k])
	}
	return failure
}

// took counts an entry.
func (w *watcher) took(entry *Entry) {
	w.count(func(s *Summary) {
		switch entry.Kind {
		case Photo:
			w.history.photos++
			s.Photos++
			if entry.Verdict != verdict.None {
				s.Verdicts[entry.Verdict]++
			}
		case Skipped:
			w.history.photos++
			s.Skipped++
		case seen:
			s.Seen++
		}
	})
}

// arrivalNote tells what happened to the folder.
func (w *watcher) arrivalNote(kind, text string) {
	if kind == noteVanished {
		w.count(func(s *Summary) { s.Vanished++ })
	}
	w.note(kind, text)
}

func statOf(path string) fs.FileInfo {
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return info
}

package watch

import (
	"crypto/rand"
	"encoding/hex"
	"path/filepath"

	"musc/engine/results"
)

// history is what earlier runs left: the journal, and what follows from it.
type history struct {
	journal *journal
	known   *known
	scores  *table
	defects *table

	id       string // of the journal
	sequence uint64 // of the last entry that has one
	ready    bool   // what was there before watching began has been passed
	bank     string
	folder   string
	photos   int              // that were scored or left out
	resume   map[string]int64 // by follower that was on in the last run: where it goes on

	recent  []float64 // the last scores
	drifted bool
	window  int // of recent

	last      []*Entry // the last that reports show: photos, those left out, drift
	shown     int      // how many of them
	lastStart *Start
	notes     []string
}

// readHistory opens what is in the output folder, repairs what a killed run left, and makes what is not there.
func readHistory(o *Options) (h *history, err error) {
	h = &history{known: newKnown(), resume: map[string]int64{}, window: max(o.DriftWindow, 0),
		shown: max(o.ReportPhotos, 0)}
	if h.scores, err = openTable(filepath.Join(o.Output, results.ScoresFile)); err != nil {
		return nil, err
	}
	if h.defects, err = openTable(filepath.Join(o.Output, results.DefectsFile)); err == nil {
		err = h.read(o)
	}
	if err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *history) read(o *Options) error {
	if err := h.scores.expect(rowsOf(scoreColumns)); err != nil {
		return err
	}
	if err := h.defects.expect(defectHead()); err != nil {
		return err
	}
	path := filepath.Join(o.Output, journalFile)
	journal, dropped, err := openJournal(path, h.replay)
	if err != nil {
		return err
	}
	h.journal = journal
	if dropped > 0 {
		h.notes = append(h.notes, "a run was killed while it wrote "+path+": what it did not finish is done again")
	}
	for _, t := range []*table{h.scores, h.defects} {
		note, err := t.repaired()
		if err != nil {
			return err
		}
		if note != "" {
			h.notes = append(h.notes, note)
		}
	}
	return nil
}

// replay takes note of an entry of an earlier run.
func (h *history) replay(at, next int64, entry *Entry) error {
	switch entry.Kind {
	case opened, start:
		if entry.Kind == opened {
			h.id = entry.Start.Journal
		}
		h.started(entry.Start, next)
	case mark:
		if _, on := h.resume[entry.Mark.Follower]; on {
			h.resume[entry.Mark.Follower] = entry.Mark.At
		}
	case ready:
		h.ready = true
	case seen, passed, Skipped, Photo:
		h.known.add(&entry.File, at)
	}
	if entry.Sequence > h.sequence {
		h.sequence = entry.Sequence
	}
	if entry.told() {
		h.last = lastOf(append(h.last, entry), h.shown)
	}
	switch entry.Kind {
	case Skipped:
		h.photos++
	case DriftKind:
		h.drifted = entry.Drift.Began
	case Photo:
		h.photos++
		h.recent = append(h.recent, entry.score())
		h.recent = lastOf(h.recent, h.window)
		if err := h.scores.expect(scoreRow(entry)); err != nil {
			return err
		}
		return h.defects.expect(defectRows(entry))
	}
	return nil
}

// started takes note of a run's start, whose entry ends at an offset: its followers go on where they were,
// and begin there if they were off before.
func (h *history) started(s *Start, next int64) {
	on := map[string]int64{}
	for _, name := range s.Followers {
		if at, was := h.resume[name]; was {
			on[name] = at
		} else {
			on[name] = next
		}
	}
	h.resume = on
	if s.Bank != h.bank {
		h.recent, h.drifted = nil, false // scores of another bank
	}
	h.bank, h.folder, h.lastStart = s.Bank, s.Folder, s
}

// begin writes that a run starts, with its followers.
func (h *history) begin(s Start) error {
	kind := start
	if h.lastStart == nil {
		kind = opened
		var name [16]byte
		_, _ = rand.Read(name[:]) // it never fails
		s.Journal = hex.EncodeToString(name[:])
		h.id = s.Journal
	} else {
		if h.bank != s.Bank {
			h.notes = append(h.notes, "earlier photos of this folder were scored by another bank: scores and "+
				"verdicts before and after are not comparable")
		}
		if h.folder != s.Folder {
			h.notes = append(h.notes, "so far "+h.folder+" was watched for this output folder")
		}
	}
	if _, err := h.journal.append(true, &Entry{Kind: kind, Start: &s}); err != nil {
		return err
	}
	size, _, _ := h.journal.state()
	h.started(&s, size)
	return nil
}

func (h *history) close() {
	for _, t := range []*table{h.scores, h.defects} {
		if t != nil {
			t.close()
		}
	}
	if h.journal != nil {
		h.journal.close()
	}
}

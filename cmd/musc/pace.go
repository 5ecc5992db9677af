package main

import (
	"time"

	"musc/engine"
)

// How much of the past an estimate is made from, and how often one is told.
const (
	recent       = time.Minute // of a step's own time, or
	recentMarks  = 8           // as many marks, whichever goes further back
	markInterval = time.Second // at least, between two marks
	recentTurns  = 8
	lineInterval = 10 * time.Second
	// Units that are done within that time of each other are one batch; those of a step's beginning
	// were done before, as by the run that is resumed, and tell nothing of speed.
	atOnce = time.Second / 10
)

// steps follows the steps of a job, of which one is open at a time.
type steps struct {
	now  func() time.Time
	all  map[engine.Step]*pace // the last one of a name
	open *pace
}

func newSteps(now func() time.Time) *steps {
	return &steps{now: now, all: map[engine.Step]*pace{}}
}

// begin opens a new step. If it begins before the open one is finished, the two take turns.
func (s *steps) begin(step engine.Step, total int) *pace {
	now, former := s.now(), s.open
	s.close(now)
	s.open = &pace{step: step, total: total, at: now, asOf: now, told: now, began: now,
		marks: []mark{{}}}
	s.all[step] = s.open
	if former != nil && former.step != step && former.done < former.total {
		share := float64(former.done-former.turnFrom) / float64(former.total)
		s.open.turns = []turn{{units: share * float64(total), others: now.Sub(former.began)}}
	}
	return s.open
}

// resume goes on with a step that was begun, and begins one of an unknown total if it was not.
func (s *steps) resume(step engine.Step) *pace {
	p := s.all[step]
	if p == nil {
		return s.begin(step, 0)
	}
	now := s.now()
	s.close(now)
	p.resume(now)
	s.open = p
	return p
}

func (s *steps) close(now time.Time) {
	if s.open != nil {
		s.open.lasts(now)
	}
}

// pace says how fast a step goes, and how long it takes until all its units are done.
//
//	left  = units left * own + (units left - units left of this turn) * others
//	own   = the step's own time per unit, in the recent past
//	others = the time of the other steps per unit, over the last turns; 0 for a step without turns
//
// The step's own time stands still while another step is open.
type pace struct {
	step        engine.Step
	done, total int
	lasted      time.Duration // the step's own time until at
	at          time.Time
	heard       time.Duration // the step's own time at the last advance
	asOf        time.Time     // of the last advance or resume: what is left counts down from then
	told        time.Time     // when a user was told last
	marks       []mark        // the recent past, the oldest first
	turns       []turn        // the last ones before this
	began       time.Time     // this turn
	turnFrom    int           // units that were done before this turn
}

// mark is how many units were done after so much of a step's own time.
type mark struct {
	lasted time.Duration
	done   int
}

// turn is how many units a step did in a turn, and how long the others went on after it.
type turn struct {
	units  float64
	others time.Duration
}

// lasts adds the time since the last event of an open step to its own time.
func (p *pace) lasts(now time.Time) {
	p.lasted += now.Sub(p.at)
	p.at = now
}

func (p *pace) resume(now time.Time) {
	p.turns = append(p.turns, turn{float64(p.done - p.turnFrom), now.Sub(p.at)})
	if len(p.turns) > recentTurns {
		p.turns = p.turns[1:]
	}
	p.at, p.asOf, p.began, p.turnFrom = now, now, now, p.done
}

func (p *pace) advance(n int, now time.Time) {
	p.lasts(now)
	p.done += n
	p.heard, p.asOf = p.lasted, now
	if p.lasted < atOnce {
		p.marks, p.turnFrom = []mark{{p.lasted, p.done}}, p.done
		return
	}
	switch last := &p.marks[len(p.marks)-1]; {
	case p.heard-last.lasted >= markInterval:
		p.marks = append(p.marks, mark{p.heard, p.done})
	case p.heard-last.lasted < atOnce:
		last.done = p.done
	}
	for len(p.marks) > recentMarks && p.heard-p.marks[1].lasted >= recent {
		p.marks = p.marks[1:]
	}
}

func (p *pace) finished() bool { return p.total > 0 && p.done >= p.total }

// due says whether a user should be told again: when some time has passed, or the step is finished
// that took more than that. A step that takes no time of its own, as between the turns of others, is
// not worth a word. Who asks tells.
func (p *pace) due(now time.Time) bool {
	if now.Sub(p.told) < lineInterval && !(p.finished() && p.lasted >= lineInterval) ||
		p.lasted < markInterval {
		return false
	}
	p.told = now
	return true
}

// estimate gives the units a second, the other steps' turns included, and how long it takes from
// now until all units are done. ok is false as long as there is nothing to tell from.
func (p *pace) estimate(now time.Time) (perSecond float64, left time.Duration, ok bool) {
	from, to := p.marks[0], p.marks[len(p.marks)-1]
	if p.heard-to.lasted < atOnce && len(p.marks) > 1 { // the batch of now is not complete, maybe
		to = p.marks[len(p.marks)-2]
	}
	span, units := to.lasted-from.lasted, float64(to.done-from.done)
	if units <= 0 {
		return 0, 0, false
	}
	own, others := span.Seconds()/units, 0.0
	rest := max(0, float64(p.total-p.done))
	late := 0.0 // units of later turns
	var sum turn
	for _, t := range p.turns {
		sum.units += t.units
		sum.others += t.others
	}
	if sum.units > 0 {
		others = sum.others.Seconds() / sum.units
		ofThisTurn := sum.units/float64(len(p.turns)) - float64(p.done-p.turnFrom)
		late = max(0, rest-max(0, ofThisTurn))
	}
	seconds := rest*own + late*others - now.Sub(p.asOf).Seconds()
	return 1 / (own + others), time.Duration(max(0, seconds) * float64(time.Second)), true
}

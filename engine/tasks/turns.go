package tasks

import "musc/engine"

// turns is the observer of a pipeline whose steps take turns over the subsets: each is begun once,
// with the total of all of them, and resumed then.
type turns struct {
	engine.Observer
	totals map[engine.Step]int
	begun  map[engine.Step]bool
}

func newTurns(observer engine.Observer, totals map[engine.Step]int) *turns {
	return &turns{observer, totals, map[engine.Step]bool{}}
}

// Begin implements engine.Observer.
func (t *turns) Begin(step engine.Step, total int) {
	if t.begun[step] {
		t.Observer.Resume(step)
		return
	}
	t.begun[step] = true
	if all, known := t.totals[step]; known {
		total = all
	}
	t.Observer.Begin(step, total)
}

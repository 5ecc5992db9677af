package tasks

import (
	"maps"
	"slices"
)

// State is how far a phase is.
type State struct {
	Phase   Phase
	Tasks   int       // in all
	Done    []int     // ascending, as Missing
	Missing []int     // the others, to be submitted again; those that failed are among them
	Failed  []Failure // by task
}

// Status tells how far each phase of a plan is, in their order. Folders are listed and no parts are
// read: a damaged part counts as done until merging finds it.
func (p *Plan) Status(f Folder) ([]State, error) {
	failures, err := f.failures()
	if err != nil {
		return nil, err
	}
	var states []State
	for _, phase := range Phases {
		done, err := p.done(f, phase)
		if err != nil {
			return nil, err
		}
		state := State{Phase: phase, Tasks: p.Tasks(phase)}
		for task := range state.Tasks {
			if done[task] {
				state.Done = append(state.Done, task)
				delete(failures[phase], task) // a second copy of it failed
			} else {
				state.Missing = append(state.Missing, task)
			}
		}
		for _, task := range slices.Sorted(maps.Keys(failures[phase])) {
			if task < state.Tasks {
				state.Failed = append(state.Failed, failures[phase][task])
			}
		}
		states = append(states, state)
	}
	return states, nil
}

// done are the tasks of a phase that have left all their files.
func (p *Plan) done(f Folder, phase Phase) (map[int]bool, error) {
	there, err := f.present(phase)
	if err != nil {
		return nil, err
	}
	files := map[int]int{} // that each task has left
	cut := p.Cut(phase)
	for _, number := range there {
		switch {
		case phase != PhaseScore:
			files[number]++
		case number < cut.Of:
			files[cut.Task(number)]++
		}
	}
	done := make(map[int]bool, len(files))
	for task, count := range files {
		needed := 1
		if phase == PhaseScore {
			first, last := cut.Range(task)
			needed = last - first
		}
		done[task] = count == needed
	}
	return done, nil
}

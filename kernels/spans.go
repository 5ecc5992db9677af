//go:build cuda && linux

package kernels

import (
	"time"

	"gorgonia.org/cu"

	"musc/cgo/cuda"
)

// Step is a part of the scoring on a device.
type Step int

// The steps. Copying and Exchanging run beside the others, which run one after the other.
const (
	Copying    Step = iota // raw patch tokens to the device
	Preparing              // features of them
	Searching              // Eq. 1
	Selecting              // of Eq. 2: whose distances count
	Adding                 // of Eq. 2: the distances, and Eq. 3
	Exchanging             // keys with other devices, in either direction
)

// String names the step.
func (s Step) String() string {
	return [...]string{"copying", "preparing", "searching", "selecting", "adding",
		"exchanging"}[s]
}

// Span is when a step ran, since the first one began; by the device's own clock.
type Span struct {
	Step       Step
	Begin, End time.Duration
}

// spanEvents are those before and after a step.
type spanEvents struct {
	step       Step
	begin, end cu.Event
}

// Time makes this Scoring note when its steps run; Spans tells it.
func (s *Scoring) Time() { s.timed = true }

// Spans waits for the device and returns the steps so far, in the order in which they were asked
// for. Begin is below 0 where a step began before the first of them.
func (s *Scoring) Spans() (spans []Span, err error) {
	if err := s.Wait(); err != nil || len(s.spans) == 0 {
		return nil, err
	}
	err = s.device.context.Do(func() error {
		since := func(event cu.Event) (time.Duration, error) {
			milliseconds, err := s.spans[0].begin.Elapsed(event)
			return time.Duration(milliseconds * float64(time.Millisecond)),
				cuda.Explain("asking when an event was", err)
		}
		for _, of := range s.spans {
			begin, err := since(of.begin)
			if err != nil {
				return err
			}
			end, err := since(of.end)
			if err != nil {
				return err
			}
			spans = append(spans, Span{of.step, begin, end})
		}
		return nil
	})
	return spans, err
}

// during runs do, which submits a step's work to the stream, between two events if this Scoring is
// timed. It must run in Context.Do.
func (s *Scoring) during(step Step, stream cu.Stream, do func() error) (err error) {
	if !s.timed {
		return do()
	}
	of := spanEvents{step: step}
	for _, event := range []*cu.Event{&of.begin, &of.end} {
		if *event, err = cu.MakeEvent(cu.DefaultEvent); err != nil {
			return cuda.Explain("making an event", err)
		}
	}
	s.spans = append(s.spans, of) // Close ends the events
	if err := of.begin.Record(stream); err != nil {
		return cuda.Explain("timing a step", err)
	}
	if err := do(); err != nil {
		return err
	}
	return cuda.Explain("timing a step", of.end.Record(stream))
}

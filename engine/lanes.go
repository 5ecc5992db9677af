package engine

import (
	"context"

	"musc/engine/backbone"
	"musc/engine/imageio"
)

// tokenSource is what extracting asks of a backbone.Session.
type tokenSource interface {
	Extract(ctx context.Context, batch []float32, n int, out backbone.Tokens) error
}

// lane carries one batch after the other through a backbone: the memory for a batch, and what is
// under way. Batches go to the lanes in turn and are collected in turn, so that the results come in
// the order of the images, whichever device is the fastest.
type lane struct {
	source tokenSource
	busy   chan struct{} // holds a place for each batch that may run on the device at once
	images []slot        // views of the batch
	input  []float32     // [B,3,S,S]
	tokens backbone.Tokens
	done   chan error // nil: nothing is under way
}

// newLanes gives each source so many lanes, the sources taking turns; so many of a source's batches
// run at once. A lane more than that lets the processor prepare a batch and store another while the
// device computes; where one run has all of a CPU it would only take memory.
func newLanes(sources []tokenSource, each, runs int) (lanes []*lane) {
	busy := make([]chan struct{}, len(sources))
	for s := range busy {
		busy[s] = make(chan struct{}, runs)
	}
	for range each {
		for s, source := range sources {
			lanes = append(lanes, &lane{source: source, busy: busy[s]})
		}
	}
	return lanes
}

// send starts a batch of at most size views, which the lane then owns. Nothing may be under way.
func (l *lane) send(ctx context.Context, info *backbone.Info, images []slot, size int) {
	if l.input == nil {
		l.input = make([]float32, size*3*info.ImageSize*info.ImageSize)
		l.tokens = info.NewTokens(size)
	}
	l.images = append(l.images[:0], images...)
	l.done = make(chan error, 1)
	go func() { l.done <- l.extract(ctx, info) }()
}

func (l *lane) extract(ctx context.Context, info *backbone.Info) error {
	size := 3 * info.ImageSize * info.ImageSize
	for i, image := range l.images {
		of := image.view()
		imageio.Normalise(l.input[i*size:(i+1)*size], of.pixels, info.Mean, info.Std)
		of.pixels = nil // a photo of many views waits for the last of them
	}
	l.busy <- struct{}{}
	defer func() { <-l.busy }()
	if err := ctx.Err(); err != nil {
		return err
	}
	return l.source.Extract(ctx, l.input[:len(l.images)*size], len(l.images), l.tokens)
}

// wait returns once nothing is under way; there says whether a batch was, whose tokens are there
// then if the error is nil.
func (l *lane) wait() (there bool, err error) {
	if l.done == nil {
		return false, nil
	}
	err = <-l.done
	l.done = nil
	return true, err
}

// viewsOfRun is how many views each run on the CPU should have at least: one thread takes long for the
// last ones.
const viewsOfRun = 4

// openSessions opens the job's model on its device, or on each of several, for so many views. The
// session on the CPU serves alone.
func openSessions(job *Config, views int) (sessions []*backbone.Session, err error) {
	defer func() {
		if err != nil {
			closeSessions(sessions)
		}
	}()
	for k := range max(1, len(job.Device.Ordinals)) {
		on := job.Device
		if on.CUDA {
			on.Ordinals = on.Ordinals[k : k+1]
		}
		session, err := backbone.Open(backbone.Config{Library: job.Library, Model: job.Model,
			Threads: job.Threads, Device: on, Runs: min(job.Threads, views/viewsOfRun),
			RunMemory: job.Memory / aheadShare})
		if err != nil {
			return sessions, err
		}
		sessions = append(sessions, session)
		if !session.Info().OnGPU() {
			break
		}
	}
	return sessions, nil
}

func closeSessions(sessions []*backbone.Session) {
	for _, session := range sessions {
		session.Close() // what could not be freed goes with the process
	}
}

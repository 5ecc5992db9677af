package serve

import (
	"context"
	"math"
	"net/http"
	"sync/atomic"
	"time"
)

// desk is where photos wait for their turn.
type desk struct {
	places  chan struct{} // one a photo that waits or is worked on
	working chan struct{} // one a photo that is worked on
	took    atomic.Int64  // nanoseconds, the photo that was finished last
}

func newDesk(workers, queue int) *desk {
	return &desk{places: make(chan struct{}, workers+queue), working: make(chan struct{}, workers)}
}

// waiting is how many photos wait.
func (d *desk) waiting() int { return max(0, len(d.places)-len(d.working)) }

// inside is how many wait or are worked on.
func (d *desk) inside() int { return len(d.places) }

func (d *desk) full() bool { return len(d.places) == cap(d.places) }

// busy tells a client to come again when the photos before it are likely to be done.
func (d *desk) busy() *failure {
	each := time.Duration(d.took.Load()).Seconds()
	return &failure{status: http.StatusServiceUnavailable, kind: kindBusy,
		text:  "too many photos wait to be scored; try again later",
		retry: math.Max(1, each*float64(cap(d.places))/float64(cap(d.working)))}
}

// enter waits for a turn, which done ends. Where too many wait already it is a failure at once.
func (d *desk) enter(ctx context.Context) (done func(), err error) {
	select {
	case d.places <- struct{}{}:
	default:
		return nil, d.busy()
	}
	select {
	case d.working <- struct{}{}:
	case <-ctx.Done():
		<-d.places
		return nil, ctx.Err()
	}
	began := time.Now()
	return func() {
		d.took.Store(int64(time.Since(began)))
		<-d.working
		<-d.places
	}, nil
}

// drain waits until nothing is worked on; nothing is from then on.
func (d *desk) drain() {
	for range cap(d.working) {
		d.working <- struct{}{}
	}
}

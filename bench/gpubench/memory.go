//go:build cuda && linux

package gpubench

import (
	"errors"
	"sync"
	"time"

	"musc/cgo/cuda"
)

// memoryWatch asks the driver again and again how much of the device's memory is in use.
type memoryWatch struct {
	context      *cuda.Context
	before, peak int64
	stop         chan struct{}
	stopped      sync.WaitGroup
	err          error
}

func watchMemory(ordinal int) (*memoryWatch, error) {
	context, err := cuda.Open(ordinal)
	if err != nil {
		return nil, err
	}
	w := &memoryWatch{context: context, stop: make(chan struct{})}
	free, _, err := context.Memory()
	if err != nil {
		return nil, errors.Join(err, context.Close())
	}
	w.before = free
	w.stopped.Go(func() {
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-w.stop:
				return
			case <-ticker.C:
				free, _, err := context.Memory()
				w.err = errors.Join(w.err, err)
				w.peak = max(w.peak, w.before-free)
			}
		}
	})
	return w, nil
}

func (w *memoryWatch) end() error {
	close(w.stop)
	w.stopped.Wait()
	return errors.Join(w.err, w.context.Close())
}

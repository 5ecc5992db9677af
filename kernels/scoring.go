//go:build cuda && linux

package kernels

import (
	"errors"
	"unsafe"

	"gorgonia.org/cu"

	"musc/cgo/cuda"
)

// Scoring is mutual scoring of one batch on one device: the memory for it, and the steps. All
// methods but Wait, Scores and Close return before the device is done; they run in the order of
// the calls, which must come from one goroutine at a time.
type Scoring struct {
	Sizes
	device *Device
	radii  []int // of the windows at hand

	features  cu.DevicePtr // halves [degrees, slots, patches, padded]
	residuals cu.DevicePtr // as features
	halfNorms cu.DevicePtr // floats [degrees, slots, patches]
	keys      cu.DevicePtr // 64 bits [degrees, rows, scorers, patches]
	ends      cu.DevicePtr // 16 bytes [degrees, rows, patches]
	totals    cu.DevicePtr // doubles [degrees, rows, patches]
	scores    cu.DevicePtr // doubles [images, patches]
	centres   cu.DevicePtr // floats [degrees, channels]
	noCentre  cu.DevicePtr // zeros [channels]
	pairs     cu.DevicePtr // [searchPairs]
	partial   cu.DevicePtr // floats [rows, patches, scorers at once], see add_distances
	allocated []cu.DevicePtr
	staging   [stagingImages]stage
	nextStage int
	lists     [2]pairList
	nextList  int
	maps      []featureMaps // a degree each; for search_hopper
	box       box
	near      near
	tile      hopperTile // of search_hopper

	exchange exchange
	timed    bool
	spans    []spanEvents
}

// stage is how one image comes to the device: through pinned memory and raw tokens. copied is when
// the copy ends, aggregated when the raw tokens are no longer needed.
type stage struct {
	pinned             []byte
	tokens, sums       cu.DevicePtr
	copied, aggregated cu.Event
}

// pairList is how the pairs of one search come to the device; searched is when they were compared.
type pairList struct {
	pinned   []byte // of devicePairs
	searched cu.Event
}

// NewScoring takes the memory that sizes need. The error is a *cuda.Error of code
// cuda.OutOfMemory if the device has not so much.
func (d *Device) NewScoring(sizes Sizes) (*Scoring, error) {
	sizes.Box = d.kernel == Box
	s := &Scoring{Sizes: sizes, device: d}
	if err := d.context.Do(s.allocate); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Scoring) allocate() (err error) {
	for _, array := range s.arrays() {
		pointer, err := cu.MemAlloc(array.bytes)
		if err != nil {
			return cuda.Explain("allocating device memory", err)
		}
		s.allocated = append(s.allocated, pointer)
		*array.pointer = pointer
	}
	if err := errors.Join(s.listNear(), s.makeMaps()); err != nil {
		return err
	}
	for k := range s.staging {
		stage := &s.staging[k]
		if stage.pinned, err = cuda.AllocPinned(int(s.tokenBytes())); err != nil {
			return err
		}
		if stage.copied, err = cu.MakeEvent(cu.DisableTiming); err != nil {
			return cuda.Explain("making an event", err)
		}
		if stage.aggregated, err = cu.MakeEvent(cu.DisableTiming); err != nil {
			return cuda.Explain("making an event", err)
		}
	}
	for k := range s.lists {
		list := &s.lists[k]
		if list.pinned, err = cuda.AllocPinned(s.SearchPairs() * bytesOfPair); err != nil {
			return err
		}
		if list.searched, err = cu.MakeEvent(cu.DisableTiming); err != nil {
			return cuda.Explain("making an event", err)
		}
	}
	if err := s.makeExchange(); err != nil {
		return err
	}
	zero := func(memory cu.DevicePtr, bytes int64) {
		if err == nil {
			err = cuda.Explain("clearing device memory",
				cu.MemsetD8Async(memory, 0, bytes, s.device.computing))
		}
	}
	// A tile reaches beyond its image's last patch, into the next slot: what lies there is compared,
	// though nothing comes of it, and must be numbers.
	zero(s.features, int64(s.Degrees)*s.featureBytes())
	zero(s.residuals, int64(s.Degrees)*s.featureBytes())
	zero(s.noCentre, bytesOfFloat*int64(s.Channels))
	zero(s.scores, bytesOfDouble*int64(s.Images)*int64(s.patches()))
	return err
}

// Close frees the memory. It waits for the device.
func (s *Scoring) Close() error {
	err := s.Wait()
	return errors.Join(err, s.device.context.Do(func() (err error) {
		also := func(doing string, e error) { err = errors.Join(err, cuda.Explain(doing, e)) }
		for _, pointer := range s.allocated {
			also("freeing device memory", cu.MemFree(pointer))
		}
		var events []cu.Event
		for _, list := range s.lists {
			err = errors.Join(err, cuda.FreePinned(list.pinned))
			events = append(events, list.searched)
		}
		for _, stage := range s.staging {
			err = errors.Join(err, cuda.FreePinned(stage.pinned))
			events = append(events, stage.copied, stage.aggregated)
		}
		for _, span := range s.spans {
			events = append(events, span.begin, span.end)
		}
		return errors.Join(err, destroy(events), s.closeExchange())
	}))
}

// destroy ends events, those that were made.
func destroy(events []cu.Event) (err error) {
	for _, event := range events {
		if event != (cu.Event{}) {
			err = errors.Join(err, cuda.Explain("ending an event", cu.DestroyEvent(&event)))
		}
	}
	return err
}

// Wait waits until the device has done everything, copies included.
func (s *Scoring) Wait() error {
	return s.device.context.Do(func() (err error) {
		x := &s.exchange
		for _, stream := range []cu.Stream{s.device.copying, x.receiving, s.device.computing,
			x.sending} {
			if stream != (cu.Stream{}) {
				err = errors.Join(err, cuda.Explain("scoring on the device", stream.Synchronize()))
			}
		}
		return err
	})
}

// Scores waits for the device and brings the scores of images first and those after it, [,patches].
func (s *Scoring) Scores(scores []float64, first int) error {
	return s.device.context.Do(func() error {
		if err := s.device.computing.Synchronize(); err != nil {
			return cuda.Explain("scoring on the device", err)
		}
		return cuda.Explain("copying scores from the device", cu.MemcpyDtoH(
			unsafe.Pointer(&scores[0]), at(s.scores, 0, 0, first*s.patches(), bytesOfDouble),
			bytesOfDouble*int64(len(scores))))
	})
}

// SetScores gives images first and those after it the scores [,patches] that more is added to.
func (s *Scoring) SetScores(scores []float64, first int) error {
	return s.device.context.Do(func() error {
		if err := cu.MemcpyHtoDAsync(at(s.scores, 0, 0, first*s.patches(), bytesOfDouble),
			unsafe.Pointer(&scores[0]), bytesOfDouble*int64(len(scores)),
			s.device.computing); err != nil {
			return cuda.Explain("copying scores to the device", err)
		}
		return cuda.Explain("copying scores to the device", s.device.computing.Synchronize())
	})
}

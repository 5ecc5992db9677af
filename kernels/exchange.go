//go:build cuda && linux

package kernels

import (
	"errors"
	"fmt"
	"unsafe"

	"gorgonia.org/cu"

	"musc/cgo/cuda"
)

// A pair of images of two devices is compared by one of them. What it finds for the other's image
// goes there in a Parcel, through pinned host memory: Pack, Search pairs whose other direction goes
// to PackedAt, Send, and Merge on the other device. No stream waits for another device's event:
// the host hands a parcel on when Sent or Merged says so, and no device hangs if another fails.

// Parcel takes keys from the device that it belongs to, to another: those of Rows images of that
// one by Scorers images of this one, every pair of them.
type Parcel struct {
	FirstRow, Rows       int // rows of the device that merges it
	FirstScorer, Scorers int // scorers, there as here

	pinned []byte // keys [degrees, rows, scorers, patches]
	moved  cu.Event
}

// exchange is what a Scoring has for parcels: nothing, unless Sizes.Packed is set.
type exchange struct {
	sending, receiving cu.Stream
	taken              [packHalves]cu.Event // when what a half held was copied from the device
	half               int                  // that is packed
	searched           cu.Event             // what is sent
	cleared            cu.Event             // the keys, so that others' may be merged
	parcels            []*Parcel
}

// Parcels are this device's own.
func (s *Scoring) Parcels() []*Parcel { return s.exchange.parcels }

// makeExchange must run in Context.Do.
func (s *Scoring) makeExchange() (err error) {
	x := &s.exchange
	if s.Packed == 0 {
		return nil
	}
	for _, stream := range []*cu.Stream{&x.sending, &x.receiving} {
		if *stream, err = cu.MakeStream(cu.NonBlocking); err != nil {
			return cuda.Explain("making a stream", err)
		}
	}
	events := []*cu.Event{&x.taken[0], &x.taken[1], &x.searched, &x.cleared}
	for range parcels {
		parcel := &Parcel{}
		x.parcels = append(x.parcels, parcel)
		if parcel.pinned, err = cuda.AllocPinned(int(s.parcelBytes())); err != nil {
			return err
		}
		events = append(events, &parcel.moved)
	}
	for _, event := range events {
		if *event, err = cu.MakeEvent(cu.DisableTiming); err != nil {
			return cuda.Explain("making an event", err)
		}
	}
	return nil
}

// closeExchange gives back what makeExchange took, when nothing is under way.
func (s *Scoring) closeExchange() (err error) {
	x := &s.exchange
	events := []cu.Event{x.taken[0], x.taken[1], x.searched, x.cleared}
	for _, parcel := range x.parcels {
		err = errors.Join(err, cuda.FreePinned(parcel.pinned))
		events = append(events, parcel.moved)
	}
	err = errors.Join(err, destroy(events))
	for _, stream := range []*cu.Stream{&x.sending, &x.receiving} {
		if *stream != (cu.Stream{}) {
			err = errors.Join(err, cuda.Explain("ending a stream", stream.Destroy()))
		}
	}
	return err
}

// Pack makes room for the keys of Packed pairs that are to be sent, behind those of the rows.
func (s *Scoring) Pack() error {
	x := &s.exchange
	x.half = (x.half + 1) % packHalves
	return s.device.context.Do(func() error {
		if err := s.device.computing.Wait(x.taken[x.half], 0); err != nil {
			return cuda.Explain("waiting for the device", err)
		}
		for degree := range s.radii {
			if err := cu.MemsetD8Async(s.packed(degree), 0, s.packedBytes(s.Packed),
				s.device.computing); err != nil {
				return cuda.Explain("clearing device memory", err)
			}
		}
		return nil
	})
}

// PackedAt is the row and the scorer of a Pair's direction that is sent as the k-th of a parcel.
func (s *Scoring) PackedAt(k int) (row, scorer int) {
	return s.Rows, s.exchange.half*s.Packed + k
}

// packed is where the keys to be sent are.
func (s *Scoring) packed(degree int) cu.DevicePtr {
	row, scorer := s.PackedAt(0)
	return at(s.keys, degree, s.keyBytes(), row*s.Scorers+scorer, s.packedBytes(1))
}

// Send begins to copy to the parcel, whose rectangle is set, what the searches since Pack found.
func (s *Scoring) Send(parcel *Parcel) error {
	x := &s.exchange
	bytes := s.packedBytes(parcel.Rows * parcel.Scorers)
	return s.device.context.Do(func() error {
		if err := s.follow(x.sending, s.device.computing, x.searched); err != nil {
			return err
		}
		if err := s.during(Exchanging, x.sending, func() error {
			for degree := range s.radii {
				to := unsafe.Pointer(&parcel.pinned[int64(degree)*bytes])
				if err := cu.MemcpyDtoHAsync(to, s.packed(degree), bytes, x.sending); err != nil {
					return cuda.Explain("copying keys from the device", err)
				}
			}
			return nil
		}); err != nil {
			return err
		}
		if err := x.taken[x.half].Record(x.sending); err != nil {
			return cuda.Explain("copying keys from the device", err)
		}
		return cuda.Explain("copying keys from the device", parcel.moved.Record(x.sending))
	})
}

// Sent says whether a parcel is ready to be merged; if it is asked to, it waits.
func (s *Scoring) Sent(parcel *Parcel, wait bool) (bool, error) {
	return s.isDone(parcel.moved, wait, "copying keys from the device")
}

// Merge begins to copy another device's parcel into the keys, after Clear.
func (s *Scoring) Merge(parcel *Parcel) error {
	x := &s.exchange
	width := s.packedBytes(parcel.Scorers)
	first := parcel.FirstRow*s.Scorers + parcel.FirstScorer
	return s.eachDegree(Exchanging, x.receiving, func(degree int) error {
		err := cuda.CopyRows(at(s.keys, degree, s.keyBytes(), first, s.packedBytes(1)),
			s.packedBytes(s.Scorers), parcel.pinned[int64(degree*parcel.Rows)*width:], width,
			int64(parcel.Rows), x.receiving)
		if err != nil {
			return fmt.Errorf("copying keys between devices: %w", err)
		}
		return nil
	})
}

// Merged says whether all parcels so far were copied and can go back; if it is asked to, it waits.
func (s *Scoring) Merged(wait bool) (bool, error) {
	return s.isDone(s.exchange.receiving, wait, "copying keys to the device")
}

// follow lets what is submitted to a stream from now on wait for what was submitted to another. It
// must run in Context.Do.
func (s *Scoring) follow(stream, other cu.Stream, by cu.Event) error {
	err := by.Record(other)
	if err == nil {
		err = stream.Wait(by, 0)
	}
	return cuda.Explain("waiting for the device", err)
}

// isDone says whether an event, or a stream, has come to its end.
func (s *Scoring) isDone(of interface {
	Query() error
	Synchronize() error
}, wait bool, doing string) (bool, error) {

	err := s.device.context.Do(func() error {
		if wait {
			return cuda.Explain(doing, of.Synchronize())
		}
		return cuda.Explain(doing, of.Query())
	})
	if code, _ := cuda.CodeOf(err); code == cuda.NotReady {
		return false, nil
	}
	return err == nil, err
}

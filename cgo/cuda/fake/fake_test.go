//go:build cuda && linux

package fake_test

import (
	"errors"
	"testing"
	"unsafe"

	"gorgonia.org/cu"

	"musc/cgo/cuda"
	"musc/cgo/cuda/fake"
)

func TestMain(m *testing.M) { fake.Main(m) }

// do runs f on a context and fails on an error of it.
func do(t *testing.T, f func() error) {
	t.Helper()
	context, err := cuda.Open(0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := context.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := context.Do(f); err != nil {
		t.Fatal(err)
	}
}

// Work waits until something synchronises with it: a program that forgets to is found out.
func TestWorkIsLate(t *testing.T) {
	fake.Only(t)
	do(t, func() error {
		host, err1 := cuda.AllocPinned(8)
		device, err2 := cu.MemAlloc(4)
		one, err3 := cu.MakeStream(cu.NonBlocking)
		other, err4 := cu.MakeStream(cu.NonBlocking)
		event, err5 := cu.MakeEvent(cu.DefaultEvent)
		for _, err := range []error{err1, err2, err3, err4, err5} {
			if err != nil {
				return err
			}
		}
		copyIn := func() error {
			return cu.MemcpyHtoDAsync(device, unsafe.Pointer(&host[0]), 4, one)
		}
		copyOut := func() error {
			return cu.MemcpyDtoHAsync(unsafe.Pointer(&host[4]), device, 4, other)
		}
		const no, yes = 255, 7 // 255: what new memory holds
		host[0] = yes
		for _, step := range []struct {
			name string
			do   func() error
			want byte // host[4] afterwards
		}{
			{"copy in", copyIn, no},
			{"copy out without waiting for it", copyOut, no},
			{"wait for that", other.Synchronize, no},
			{"record", func() error { return event.Record(one) }, no},
			{"wait on the device", func() error { return other.Wait(event, 0) }, no},
			{"copy out", copyOut, no},
			{"wait for the event", event.Synchronize, no},
			{"wait for the copy", other.Synchronize, yes},
		} {
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			if host[4] != step.want {
				t.Fatalf("%s: the host reads %d, want %d", step.name, host[4], step.want)
			}
		}
		return nil
	})
}

// Addresses are checked to the byte, and freed memory is gone.
func TestAddresses(t *testing.T) {
	fake.Only(t)
	do(t, func() error {
		host := make([]byte, 64)
		device, err := cu.MemAlloc(32)
		if err != nil {
			return err
		}
		for _, test := range []struct {
			offset, size int64
			good         bool
		}{{0, 32, true}, {31, 1, true}, {0, 33, false}, {31, 2, false}, {-1, 1, false}, {32, 1, false}} {
			address := cu.DevicePtr(int64(device) + test.offset)
			in := cu.MemcpyHtoD(address, unsafe.Pointer(&host[0]), test.size)
			out := cu.MemcpyDtoH(unsafe.Pointer(&host[0]), address, test.size)
			if (in == nil) != test.good || (out == nil) != test.good {
				t.Errorf("%d bytes at %d: %v, %v", test.size, test.offset, in, out)
			}
		}
		if err := cu.MemFree(device); err != nil {
			return err
		}
		if cu.MemFree(device) == nil || cu.MemcpyHtoD(device, unsafe.Pointer(&host[0]), 1) == nil {
			t.Error("freed memory can be used")
		}
		return nil
	})
}

// Events tell when a device that works beside the host would have come to them: two streams' work
// is at the same time unless one waits for the other, or the host does before it goes on.
func TestEventsTellOverlap(t *testing.T) {
	fake.Only(t)
	for _, test := range []struct {
		name             string
		onDevice, onHost bool // who waits for the first work before the second
		overlap          bool
	}{{"nobody waits", false, false, true}, {"the stream", true, false, false},
		{"the host", false, true, false}} {
		do(t, func() error {
			const size = 64 << 20 // bytes: some milliseconds
			device, err1 := cu.MemAlloc(size)
			first, err2 := cu.MakeStream(cu.NonBlocking)
			second, err3 := cu.MakeStream(cu.NonBlocking)
			var events [4]cu.Event // begin and end of each
			errs := []error{err1, err2, err3}
			for k := range events {
				event, err := cu.MakeEvent(cu.DefaultEvent)
				events[k] = event
				errs = append(errs, err)
			}
			errs = append(errs, events[0].Record(first), cu.MemsetD8Async(device, 0, size, first),
				events[1].Record(first))
			if test.onDevice {
				errs = append(errs, second.Wait(events[1], 0))
			}
			if test.onHost {
				errs = append(errs, events[1].Synchronize())
			}
			errs = append(errs, events[2].Record(second), cu.MemsetD8Async(device, 0, size, second),
				events[3].Record(second), second.Synchronize(), first.Synchronize())
			took, err := events[0].Elapsed(events[1])
			errs = append(errs, err)
			after, err := events[1].Elapsed(events[2])
			errs = append(errs, err)
			if err := errors.Join(errs...); err != nil {
				return err
			}
			if took <= 0 || (after < 0) != test.overlap {
				t.Errorf("%s: the first takes %v ms, the second begins %v ms after", test.name, took,
					after)
			}
			return cu.MemFree(device)
		})
	}
}

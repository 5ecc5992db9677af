//go:build cuda && linux

package cuda

import (
	"fmt"
	"runtime"

	"gorgonia.org/cu"
)

// Context is a device's primary context, current on a thread of its own. Close releases it.
type Context struct {
	Device Device
	calls  chan func()
	ended  chan error
}

// Open retains the primary context of cuda:ordinal. The error says why that device cannot be used.
func Open(ordinal int) (*Context, error) {
	devices, err := Devices()
	if err != nil {
		return nil, err
	}
	if ordinal < 0 || ordinal >= len(devices) {
		return nil, fmt.Errorf("there is no cuda:%d, only cuda:0 to cuda:%d%s", ordinal,
			len(devices)-1, hidden())
	}
	c := &Context{devices[ordinal], make(chan func()), make(chan error)}
	opened := make(chan error)
	go c.serve(opened)
	if err := <-opened; err != nil {
		return nil, err
	}
	return c, nil
}

// serve holds the context until Close and runs what Do brings. The thread stays locked and ends
// with the goroutine, so that no other goroutine ever finds the context current.
func (c *Context) serve(opened chan<- error) {
	runtime.LockOSThread()
	device, err := cu.GetDevice(c.Device.Ordinal)
	if err != nil {
		opened <- Explain("opening "+c.Device.String(), err)
		return
	}
	context, err := device.RetainPrimaryCtx()
	if err != nil {
		opened <- Explain("opening "+c.Device.String(), err)
		return
	}
	if err := cu.SetCurrentContext(context); err != nil {
		_ = device.ReleasePrimaryCtx() // the first error is the one to tell
		opened <- Explain("opening "+c.Device.String(), err)
		return
	}
	opened <- nil
	for call := range c.calls {
		call()
	}
	c.ended <- Explain("closing "+c.Device.String(), device.ReleasePrimaryCtx())
}

// Do runs f on the context's thread and returns its error. Calls of several goroutines run one
// after the other. f must not call Do.
func (c *Context) Do(f func() error) error {
	done := make(chan error)
	c.calls <- func() { done <- f() }
	return <-done
}

// Close releases the context. Memory, modules and streams that are still there go with it, unless
// somebody else retains the device's primary context, too. No call may follow.
func (c *Context) Close() error {
	close(c.calls)
	return <-c.ended
}

// Memory returns how much of the device's memory is free, and all of it, in bytes.
func (c *Context) Memory() (free, total int64, err error) {
	err = c.Do(func() (err error) {
		free, total, err = cu.MemInfo()
		return Explain("asking for free memory", err)
	})
	return free, total, err
}

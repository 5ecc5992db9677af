//go:build cuda && linux

package kernels

import (
	"errors"
	"fmt"
	"math"

	"gorgonia.org/cu"

	"musc/cgo/cuda"
)

// Device is a CUDA device that is ready to score: its context, the kernels, a stream that computes
// and one that copies to the device.
type Device struct {
	cuda.Device
	context   *cuda.Context
	modules   []cu.Module
	functions map[string]cu.Function
	kernel    Kernel // that searches
	computing cu.Stream
	copying   cu.Stream
}

// Open makes cuda:ordinal ready to search with a kernel; none ("") is the fastest that it has. The
// error says why that device cannot be used.
func Open(ordinal int, kernel Kernel) (*Device, error) {
	context, err := cuda.Open(ordinal)
	if err != nil {
		return nil, err
	}
	d := &Device{Device: context.Device, context: context, functions: map[string]cu.Function{},
		kernel: kernel}
	if err := context.Do(d.load); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Device) load() (err error) {
	if all := KernelsOf(d.Major, d.Minor); d.kernel == "" && len(all) > 0 {
		d.kernel = all[0]
	}
	if err := d.kernel.RunsOn(d.Major, d.Minor); err != nil {
		return err
	}
	for _, source := range d.kernel.sources() {
		module, err := loadFor(d.Device, source.file)
		if err != nil {
			return err
		}
		d.modules = append(d.modules, module)
		for _, name := range source.kernels {
			if d.functions[name], err = module.Function(name); err != nil {
				return cuda.Explain("finding kernel "+name, err)
			}
		}
	}
	if err := d.allowSharedMemory(); err != nil {
		return err
	}
	if d.computing, err = cu.MakeStream(cu.NonBlocking); err != nil {
		return cuda.Explain("making a stream", err)
	}
	d.copying, err = cu.MakeStream(cu.NonBlocking)
	return cuda.Explain("making a stream", err)
}

// Kernel is the one that searches.
func (d *Device) Kernel() Kernel { return d.kernel }

// Free returns how much of the device's memory is free, in bytes.
func (d *Device) Free() (int64, error) {
	free, _, err := d.context.Memory()
	return free, err
}

// Close gives back what Open took. Every Scoring must be closed before.
func (d *Device) Close() error {
	err := d.context.Do(func() (err error) {
		for _, stream := range []*cu.Stream{&d.computing, &d.copying} {
			if *stream != (cu.Stream{}) {
				err = errors.Join(err, cuda.Explain("ending a stream", stream.Destroy()))
			}
		}
		for _, module := range d.modules {
			err = errors.Join(err, cuda.Explain("unloading kernels", module.Unload()))
		}
		return err
	})
	return errors.Join(err, d.context.Close())
}

// grid is how many blocks run: y is the number of images.
type grid struct{ x, y int }

// launch runs a kernel on the computing stream. Its parameters are pointers, integers, which may be
// of 32 bits there, and doubles: the driver reads as many bytes of each value as it needs.
func (d *Device) launch(name string, blocks grid, threads, shared int, arguments ...any) error {
	values := make([]uint64, len(arguments))
	parameters := make([]cuda.Argument, len(arguments))
	for i, argument := range arguments {
		switch value := argument.(type) {
		case cu.DevicePtr:
			values[i] = uint64(value)
		case int:
			values[i] = uint64(value)
		case float64:
			values[i] = math.Float64bits(value)
		default:
			return fmt.Errorf("kernel %s: argument %d is a %T", name, i, argument)
		}
		parameters[i] = cuda.Value(&values[i])
	}
	err := cuda.Launch(d.functions[name], cuda.LaunchConfig{
		Grid:         [3]uint32{uint32(blocks.x), uint32(blocks.y), 1},
		Block:        [3]uint32{uint32(threads), 1, 1},
		SharedMemory: shared, Stream: d.computing,
	}, parameters...)
	if err != nil {
		return fmt.Errorf("running kernel %s: %w", name, err)
	}
	return nil
}

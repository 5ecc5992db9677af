//go:build cuda && linux

package mutual

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"musc/cgo/cuda"
	"musc/engine/fault"
	"musc/kernels"
)

// open makes the devices ready, each for its share of the images, with memory for the fastest plans
// that fit. What it returns is to be closed, also where it fails.
func (c CUDA) open(ctx context.Context, b *batch) (runs []*deviceRun, err error) {
	ordinals := c.ordinals()
	ordinals = ordinals[:min(len(ordinals), len(b.members))]
	progress, windows := newProgress(b), b.windows()
	for k, of := range shares(len(b.members), len(ordinals)) {
		runs = append(runs, &deviceRun{batch: b, share: of, ctx: ctx, progress: progress,
			windows: windows, chosen: c.Chosen, ordinal: ordinals[k]})
	}
	var opening errgroup.Group
	for k, r := range runs {
		opening.Go(func() error { return r.open(c.kernel(k), c.Multiprocessors, c.Memory) })
	}
	if err := opening.Wait(); err != nil {
		return runs, err
	}
	for _, r := range runs {
		if r.kind().box != runs[0].kind().box {
			return runs, fault.New(fault.Usage, "kernel box must search on all devices or on none: "+
				"what it finds is in units of its own")
		}
	}
	for {
		if err := c.choosePlans(runs); err != nil {
			return runs, err
		}
		if again, err := allocate(runs); err != nil || !again {
			return runs, err
		}
	}
}

// open makes the device ready.
func (r *deviceRun) open(kernel kernels.Kernel, multiprocessors int, memory int64) (err error) {
	if r.opened, err = kernels.Open(r.ordinal, kernel); err != nil {
		return fault.New(fault.Setup, "cannot score on cuda:%d: %w; --device cpu does without",
			r.ordinal, err)
	}
	if multiprocessors > 0 {
		r.opened.Multiprocessors = min(r.opened.Multiprocessors, multiprocessors)
	}
	if r.available = memory; memory == 0 {
		free, err := r.opened.Free()
		if err != nil {
			return deviceFailed(r.opened.Device, err)
		}
		r.available = free / 10 * 9
	}
	return nil
}

func (r *deviceRun) kind() deviceKind {
	return deviceKind{r.opened.Cache, r.opened.Kernel() == kernels.Box}
}

// choosePlans divides the work so that it fits each device's memory. Several devices exchange keys
// if all have room for it and search with the same kernel: of two kernels one may find another patch
// as near as the next, and what is compared with each other should be found by one.
func (c CUDA) choosePlans(runs []*deviceRun) error {
	exchange := len(runs) > 1 && !runs[0].ReferencesOnly
	for _, r := range runs {
		exchange = exchange && r.opened.Kernel() == runs[0].opened.Kernel()
	}
	switch {
	case c.forced != nil:
		for _, r := range runs {
			exchange = exchange && c.forced.rows >= r.images()
		}
	case exchange:
		exchange = planExchange(runs)
	}
	for _, r := range runs {
		if !exchange || c.forced != nil {
			plan, err := newDevicePlan(r.available, r.kind(), r.batch, r.images(), len(r.windows))
			if err != nil && r.refused != nil {
				err = r.refused
			}
			if err != nil {
				return err
			}
			if r.plan = plan; c.forced != nil {
				r.plan = *c.forced
			}
		}
		r.sizes = r.plan.sizes(r.batch, r.kind())
		if exchange {
			r.sizes.Packed = packed(r.sizes, r.share, c.packed)
		}
	}
	return nil
}

// packed is how many pairs a device's parcels have: no more than it may ever send at once.
func packed(sizes kernels.Sizes, of share, forced int) int {
	if forced > 0 {
		return forced
	}
	return min(sizes.PackedPairs(), of.images()*(sizes.Images-of.images()))
}

// planExchange sets plans with which devices exchange keys: each has all of its images on it at
// once, and all take equally many degrees at once. It says whether there are such plans.
func planExchange(runs []*deviceRun) bool {
	for _, all := range []bool{true, false} { // other scorers at once
		for degrees := len(runs[0].windows); degrees > 0; degrees-- {
			fit := 0
			for _, r := range runs {
				if r.planExchange(degrees, true) || !all && r.planExchange(degrees, false) {
					fit++
				}
			}
			if fit == len(runs) {
				return true
			}
		}
	}
	return false
}

// planExchange sets such a plan for one device, if it fits.
func (r *deviceRun) planExchange(degrees int, all bool) bool {
	others := r.references + len(r.members) - r.images()
	if !all {
		others = min(others, stripImages)
	}
	plan := devicePlan{r.images(), others, degrees}
	sizes := plan.sizes(r.batch, r.kind())
	sizes.Packed = packed(sizes, r.share, 0)
	if r.images() > maxRows || sizes.DeviceBytes() > r.available {
		return false
	}
	r.plan = plan
	return true
}

// allocate takes the devices' memory. Where one turns out to have less than it said, it gives back
// all of it: again says that plans for half of that one's are to be tried.
func allocate(runs []*deviceRun) (again bool, err error) {
	errs := make([]error, len(runs))
	var all errgroup.Group
	for k, r := range runs {
		all.Go(func() error {
			r.device, errs[k] = r.opened.NewScoring(r.sizes)
			return nil
		})
	}
	_ = all.Wait()
	for k, r := range runs {
		code, _ := cuda.CodeOf(errs[k])
		switch err := errs[k]; {
		case err == nil:
			r.search.pairs = make([]kernels.Pair, 0, r.device.SearchPairs())
		case code == cuda.OutOfMemory:
			r.refused, r.available, again = err, r.sizes.DeviceBytes()/2, true
		default:
			return false, deviceFailed(r.opened.Device, err)
		}
	}
	for k, r := range runs {
		if again && errs[k] == nil {
			if err := r.device.Close(); err != nil {
				return false, deviceFailed(r.opened.Device, err)
			}
			r.device = nil
		}
	}
	return again, nil
}

// closeAll gives back what the devices have. One may still read another's parcels until it is
// waited for.
func closeAll(runs []*deviceRun) error {
	errs := make([]error, len(runs))
	for k, r := range runs {
		if r.device != nil {
			errs[k] = r.device.Wait()
		}
	}
	for k, r := range runs {
		if r.device != nil {
			errs[k] = errors.Join(errs[k], r.device.Close())
		}
		if r.opened != nil {
			errs[k] = deviceFailed(r.opened.Device, errors.Join(errs[k], r.opened.Close()))
		}
	}
	return errors.Join(errs...)
}

//go:build cuda && linux

package mutual

import (
	"fmt"

	"musc/engine/fault"
	"musc/engine/features"
	"musc/kernels"
)

// devicePlan is how a batch is divided to keep to a bound on a device's memory.
type devicePlan struct {
	rows    int // images that are scored at once, their features on the device
	strip   int // other scorers whose features are on the device at once
	degrees int // windows that are scored together
}

// deviceKind is what a plan's memory depends on besides the batch.
type deviceKind struct {
	cache int  // of the device's second level, in bytes
	box   bool // it searches with kernels.Box
}

// stripImages is enough for the next image to be on its way while one is compared.
const stripImages = 4

// maxRows keeps the number of rows within that of a grid's blocks in y.
const maxRows = 65535

// newDevicePlan chooses the fastest plan that fits, for a device that scores so many images. Best
// is one where every image comes to the device once a stage; next, once a degree. Fewer rows than
// there are images cost most: two images of different rows are then compared twice, once for each
// direction.
func newDevicePlan(available int64, kind deviceKind, b *batch, images, windows int) (devicePlan,
	error) {

	others := b.references
	if !b.ReferencesOnly {
		others += len(b.members) - images
	}
	fits := func(plan devicePlan) bool { return plan.sizes(b, kind).DeviceBytes() <= available }
	if images <= maxRows {
		for _, strip := range []int{others, min(others, stripImages)} {
			for degrees := windows; degrees > 0; degrees-- {
				if plan := (devicePlan{images, strip, degrees}); fits(plan) {
					return plan, nil
				}
			}
		}
	}
	for strip := stripImages; strip > 0; strip /= 2 {
		low, high := 0, min(images, maxRows+1) // low rows fit, high do not
		for high-low > 1 {
			if rows := low + (high-low)/2; fits(devicePlan{rows, strip, 1}) {
				low = rows
			} else {
				high = rows
			}
		}
		if low > 0 {
			return devicePlan{low, strip, 1}, nil
		}
	}
	least := devicePlan{1, 1, 1}
	if fits(least) {
		return least, nil
	}
	return devicePlan{}, fault.New(fault.Setup, "mutual scoring needs at least %s of the device's"+
		" memory, and %s are to be had; give more, smaller images, or --device cpu",
		features.FormatBytes(least.sizes(b, kind).DeviceBytes()), features.FormatBytes(available))
}

// sizes are those of the device's memory under the plan.
func (p devicePlan) sizes(b *batch, kind deviceKind) kernels.Sizes {
	scorers := b.references
	if !b.ReferencesOnly {
		scorers += len(b.members)
	}
	return kernels.Sizes{Height: b.shape.Height, Width: b.shape.Width, Channels: b.shape.Channels,
		Degrees: p.degrees, Slots: p.rows + p.strip, Rows: p.rows, Scorers: scorers,
		Images: len(b.members), Cache: kind.cache, Box: kind.box, Near: b.near}
}

// describe is how a device's memory is divided, in one line, for people.
func (r *deviceRun) describe(exchange bool) string {
	text := fmt.Sprintf("%d of %d images at a time", r.plan.rows, r.images())
	if r.plan.rows < r.images() || r.plan.rows+r.plan.strip < len(r.members)+r.references {
		text += fmt.Sprintf(", the others %d by %d", r.plan.strip, r.plan.strip)
	}
	text = fmt.Sprintf("%s, %d degrees at once, %s of %v", text, r.plan.degrees,
		features.FormatBytes(r.sizes.DeviceBytes()), r.opened)
	switch {
	case exchange:
		text += "; two devices' images are compared by one of them"
	case r.images() < len(r.members) && !r.ReferencesOnly:
		text += "; two devices' images are compared by both: memory or kernels allow no exchange"
	}
	return text
}

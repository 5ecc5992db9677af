package labelled

import (
	"fmt"

	"musc/engine/fault"
	"musc/engine/imageio"
)

// mask is a ground truth as it is measured and checked: white where the defect is.
type mask struct {
	*imageio.Grey          // 255 for a defect, 0 for none; between them at soft edges alone
	marked        int      // pixels above one half
	notes         []string // what is odd about the file, for people
}

// ReadMask reads the image's mask, [height,width] row-major, true for a defective pixel. It is
// resized with Pillow's bilinear filter, and what is above one half of white counts as defective
// (SPEC section 1); marks says what the file's values mean. Several masks add up. An image without a
// mask has nil. Errors are of kind fault.Input and name the file.
func (m *Image) ReadMask(width, height int) ([]bool, error) {
	found, err := m.readMasks()
	if found == nil {
		return nil, err
	}
	grey := imageio.ResizeGrey(found.Grey, width, height, imageio.Bilinear)
	mask := make([]bool, len(grey.Pix))
	for i, value := range grey.Pix {
		mask[i] = value > half
	}
	return mask, nil
}

// half is the highest value of a pixel that is no defect: value/255 > 0.5 is one.
const half = 127

// readMasks reads the masks of an image into one; nil if it has none.
func (m *Image) readMasks() (*mask, error) {
	var all *mask
	for _, path := range m.Masks {
		raster, _, err := imageio.DecodeRaster(path, imageio.Options{})
		if err != nil {
			return nil, err
		}
		one, err := marks(raster)
		if err != nil {
			return nil, fault.New(fault.Input, "cannot use the mask %s: %w", path, err)
		}
		if all == nil {
			all = one
			continue
		}
		if one.Width != all.Width || one.Height != all.Height {
			return nil, fault.New(fault.Input, "the mask %s is %d x %d pixels, but %s %d x %d; make "+
				"the masks of an image the same size", path, one.Width, one.Height, m.Masks[0], all.Width,
				all.Height)
		}
		for i, value := range one.Pix {
			all.Pix[i] = max(all.Pix[i], value)
		}
		all.notes = append(all.notes, one.notes...)
	}
	if all == nil {
		return nil, nil
	}
	for _, value := range all.Pix {
		if value > half {
			all.marked++
		}
	}
	const most = 0.9 // of the picture; a defect is smaller, the good part of an inverted mask is not
	if area := float64(len(all.Pix)); all.marked == len(all.Pix) {
		all.notes = append(all.notes, "it marks the whole picture")
	} else if float64(all.marked) > most*area {
		all.notes = append(all.notes, fmt.Sprintf("it marks %.0f %% of the picture; if its white is the "+
			"good part, invert it", 100*float64(all.marked)/area))
	}
	return all, nil
}

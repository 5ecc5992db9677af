package frame

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"musc/engine/fault"
	"musc/engine/imageio"
)

// Mask says which pixels of a photo take part: those above 127.
type Mask struct {
	Name   string        // for people: the file
	Pixels *imageio.Grey // of any size that has the photo's aspect
}

// dark is the highest level that takes no part.
const dark = 127

// everything is the mask of which all takes part.
var everything = &Mask{Pixels: &imageio.Grey{Width: 1, Height: 1, Pix: []uint8{255}}}

// fits says whether the mask has the aspect of a photo, to within a pixel of the mask.
func (k *Mask) fits(width, height int) error {
	w, h := k.Pixels.Width, k.Pixels.Height
	if off := w*height - h*width; max(off, -off) <= max(width, height) {
		return nil
	}
	return fault.New(fault.Input, "the mask %s is %d x %d pixels and has another aspect than the photo of "+
		"%d x %d; save it at the photo's size, or turn it as the photo is", k.Name, w, h, width, height)
}

// readMask reads a mask's picture: black or white. What is transparent is black.
func readMask(path string, opts imageio.Options) (*Mask, error) {
	raster, _, err := imageio.DecodeRaster(path, opts)
	if err != nil {
		return nil, err
	}
	grey := raster.RGB(imageio.Depth{}).Grey()
	largest := uint8(0)
	for i, value := range grey.Pix {
		if raster.Alpha != nil && raster.Alpha[i] <= dark {
			value = 0
		}
		largest = max(largest, value)
		if grey.Pix[i] = 0; value > dark {
			grey.Pix[i] = 255
		}
	}
	if largest <= dark {
		return nil, fault.New(fault.Input, "the mask %s leaves nothing of the photo: its brightest pixel is "+
			"%d of 255, and what is above %d takes part; paint white what is to be looked at", path, largest,
			dark)
	}
	return &Mask{Name: path, Pixels: grey}, nil
}

// sumOf is the checksum of a mask: of its size and its pixels.
func sumOf(grey *imageio.Grey) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%d x %d\n", grey.Width, grey.Height)
	sum.Write(grey.Pix)
	return hex.EncodeToString(sum.Sum(nil))
}

package labelled

import (
	"musc/engine/imageio"
)

// labelImage is the largest value of a mask that holds numbers of defect types, as VisA's do, or 0
// and 1, instead of black and white.
const labelImage = 127

// ReadMask reads the image's mask, [height,width] row-major, true for a defective pixel. It is
// resized with Pillow's bilinear filter, and what is above one half of white counts as defective
// (SPEC section 1). In a mask without any value above 127 everything but 0 is a defect: those hold
// numbers of defect types. An image without a mask has nil.
func (m *Image) ReadMask(width, height int) ([]bool, error) {
	if m.Mask == "" {
		return nil, nil
	}
	grey, err := readGrey(m.Mask)
	if err != nil {
		return nil, err
	}
	grey = imageio.ResizeGrey(grey, width, height, imageio.Bilinear)
	mask := make([]bool, len(grey.Pix))
	for i, value := range grey.Pix {
		mask[i] = value > 127 // value/255 > 0.5
	}
	return mask, nil
}

// readGrey reads a mask with white for what is defective.
func readGrey(path string) (*imageio.Grey, error) {
	picture, _, err := imageio.Decode(path, imageio.Options{})
	if err != nil {
		return nil, err
	}
	grey := picture.Grey()
	highest := uint8(0)
	for _, value := range grey.Pix {
		highest = max(highest, value)
	}
	if highest <= labelImage {
		for i, value := range grey.Pix {
			if value > 0 {
				grey.Pix[i] = 255
			}
		}
	}
	return grey, nil
}

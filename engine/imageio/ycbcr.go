package imageio

import "image"

// plane is one chroma channel, perhaps of fewer samples than the image has pixels.
type plane struct {
	pix           []uint8
	stride        int
	width, height int // in samples
}

func (p plane) row(y int) []uint8 { return p.pix[min(max(y, 0), p.height-1)*p.stride:][:p.width] }

// fromYCbCr upsamples the chroma as libjpeg ("fancy upsampling") or libwebp do and converts to
// RGB in their integer arithmetic. Go's own conversion repeats samples instead, which differs by
// tens of levels at coloured edges.
func fromYCbCr(m *image.YCbCr, webp bool) *RGB {
	out := newRGB(m.Rect.Dx(), m.Rect.Dy())
	across, down := steps(m.SubsampleRatio)
	width, height := (out.Width+across-1)/across, (out.Height+down-1)/down
	cb := plane{m.Cb, m.CStride, width, height}
	cr := plane{m.Cr, m.CStride, width, height}
	blue, red := make([]uint8, width*across), make([]uint8, width*across)
	column := make([]int, width)
	for y := range out.Height {
		luma := m.Y[y*m.YStride:][:out.Width]
		to := out.Pix[3*y*out.Width:][:3*out.Width]
		if webp {
			webpChroma(blue, cb, y)
			webpChroma(red, cr, y)
			webpColours(to, luma, blue, red)
			continue
		}
		jpegChroma(blue, cb, y, across, down, column)
		jpegChroma(red, cr, y, across, down, column)
		jpegColours(to, luma, blue, red)
	}
	return out
}

// steps is how many pixels a chroma sample spans.
func steps(ratio image.YCbCrSubsampleRatio) (across, down int) {
	switch ratio {
	case image.YCbCrSubsampleRatio422:
		return 2, 1
	case image.YCbCrSubsampleRatio420:
		return 2, 2
	case image.YCbCrSubsampleRatio440:
		return 1, 2
	case image.YCbCrSubsampleRatio411:
		return 4, 1
	case image.YCbCrSubsampleRatio410:
		return 4, 2
	}
	return 1, 1
}

// farther is the row that lies next nearest to pixel row y where a sample spans two rows.
func farther(y int) int { return y/2 - 1 + 2*(y&1) }

// jpegChroma fills dst with a row of chroma by libjpeg's triangle filter: 3/4 of the nearest
// sample and 1/4 of the next, along each halved axis, with roundings that alternate. Samples
// beyond an edge repeat it. Other factors, and very narrow images, repeat samples.
// Source: h2v1_fancy_upsample, h2v2_fancy_upsample, h1v2_fancy_upsample in libjpeg's jdsample.c.
func jpegChroma(dst []uint8, p plane, y, across, down int, column []int) {
	near := p.row(y / down)
	switch {
	case across == 1 && down == 2:
		far := p.row(farther(y))
		for i, sample := range near {
			dst[i] = uint8((3*int(sample) + int(far[i]) + 1 + y&1) >> 2)
		}
		return
	case across != 2 || p.width <= 2:
		for i := range dst {
			dst[i] = near[i/across]
		}
		return
	}
	even, odd, shift := 1, 2, 2
	for i, sample := range near {
		column[i] = int(sample)
	}
	if down == 2 {
		even, odd, shift = 8, 7, 4
		for i, sample := range p.row(farther(y)) {
			column[i] = 3*column[i] + int(sample)
		}
	}
	last := len(column) - 1
	for i, sample := range column {
		dst[2*i] = uint8((3*sample + column[max(i-1, 0)] + even) >> shift)
		dst[2*i+1] = uint8((3*sample + column[min(i+1, last)] + odd) >> shift)
	}
}

// webpChroma fills dst by libwebp's filter: 9, 3, 3 and 1 sixteenths of the four nearest samples,
// rounded in two steps. Source: UPSAMPLE_FUNC in libwebp's src/dsp/upsampling.c.
func webpChroma(dst []uint8, p plane, y int) {
	near, far := p.row(y/2), p.row(farther(y))
	last := p.width - 1
	for i := range near {
		for side, j := range [2]int{max(i-1, 0), min(i+1, last)} {
			n, d := int(near[i]), int(far[j])
			sum := n + 3*int(near[j]) + 3*int(far[i]) + d + 8
			dst[2*i+side] = uint8((sum>>3 + n) >> 1)
		}
	}
}

func clip(value int) uint8 { return uint8(min(max(value, 0), 255)) }

// jpegColours is the full-range BT.601 of JFIF in libjpeg's 16-bit fixed point.
func jpegColours(to, luma, blue, red []uint8) {
	const half = 1 << 15
	for x, sample := range luma {
		y, cb, cr := int(sample), int(blue[x])-128, int(red[x])-128
		to[3*x] = clip(y + (91881*cr+half)>>16)
		to[3*x+1] = clip(y + (-22554*cb-46802*cr+half)>>16)
		to[3*x+2] = clip(y + (116130*cb+half)>>16)
	}
}

// webpColours is the limited-range BT.601 of WebP in libwebp's fixed point.
func webpColours(to, luma, blue, red []uint8) {
	for x, sample := range luma {
		y, cb, cr := int(sample)*19077>>8, int(blue[x]), int(red[x])
		to[3*x] = clip((y + cr*26149>>8 - 14234) >> 6)
		to[3*x+1] = clip((y - cb*6419>>8 - cr*13320>>8 + 8708) >> 6)
		to[3*x+2] = clip((y + cb*33050>>8 - 17685) >> 6)
	}
}

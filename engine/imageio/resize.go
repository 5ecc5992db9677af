package imageio

import (
	"math"

	"musc/cgo/resample"
)

// Filter is a resampling kernel of Pillow's.
type Filter int

const (
	Bilinear Filter = iota // the triangle, support 1
	Bicubic                // Keys' cubic with a = -0.5, support 2
)

// precision is the number of fraction bits of a coefficient: 32 less 8 for a pixel and 2 for
// coefficients beyond 1 and their negative lobes.
const precision = resample.Precision

// Grey is an 8-bit single-channel image, such as a ground-truth mask.
type Grey struct {
	Width, Height int
	Pix           []uint8 // [Height,Width]
}

// Grey is the luma 0.299 R + 0.587 G + 0.114 B in Pillow's fixed point; it leaves grey as it is.
func (m *RGB) Grey() *Grey {
	out := &Grey{Width: m.Width, Height: m.Height, Pix: make([]uint8, m.Width*m.Height)}
	for i := range out.Pix {
		r, g, b := uint32(m.Pix[3*i]), uint32(m.Pix[3*i+1]), uint32(m.Pix[3*i+2])
		out.Pix[i] = uint8((19595*r + 38470*g + 7471*b + 1<<15) >> 16)
	}
	return out
}

// Resize scales m to width x height, to the byte as Pillow 13's Image.resize: antialiased, since
// the kernel widens when the image shrinks, in one pass along rows and one along columns, each
// rounded to 8 bits. An axis that keeps its length is not filtered. The sides must be positive.
func (m *RGB) Resize(width, height int, filter Filter) *RGB {
	pix := inTwoPasses(m.Pix, m.Width, m.Height, width, height, 3, filter)
	return &RGB{Width: width, Height: height, Pix: pix}
}

// ResizeGrey is Resize for one channel. Ground-truth masks take Bilinear.
func ResizeGrey(m *Grey, width, height int, filter Filter) *Grey {
	pix := inTwoPasses(m.Pix, m.Width, m.Height, width, height, 1, filter)
	return &Grey{Width: width, Height: height, Pix: pix}
}

// inTwoPasses runs the two passes. Rows come first, unless the height shrinks by more than twice as
// many pixels as the width: then Pillow, since version 13, saves work by starting with columns.
// Because each pass rounds, the order shows in the result.
func inTwoPasses(pix []uint8, inWidth, inHeight, width, height, channels int, filter Filter) []uint8 {
	if width < 1 || height < 1 {
		panic("imageio: resize to a side below 1")
	}
	if width == inWidth && height == inHeight {
		return append([]uint8(nil), pix...)
	}
	less := inHeight - height
	if less > 0 && less > 2*(inWidth-width) {
		pix = resampleColumns(pix, inWidth*channels, inHeight, height, filter)
		return resampleRows(pix, inWidth, width, height, channels, filter)
	}
	pix = resampleRows(pix, inWidth, width, inHeight, channels, filter)
	return resampleColumns(pix, width*channels, inHeight, height, filter)
}

// resampleRows takes [height,in,channels] to [height,out,channels].
func resampleRows(pix []uint8, in, out, height, channels int, filter Filter) []uint8 {
	if in == out {
		return pix
	}
	result := make([]uint8, height*out*channels)
	windows := makeWindows(in, out, filter)
	if channels == 3 && resample.Rows(result, pix, height, in, windows) {
		return result
	}
	for y := range height {
		from, to := pix[y*in*channels:][:in*channels], result[y*out*channels:][:out*channels]
		if channels == 3 {
			resampleRow3(to, from, windows)
		} else {
			resampleRow1(to, from, windows)
		}
	}
	return result
}

// resampleColumns takes [in,stride] to [out,stride]. It adds up whole rows, so that the input is
// read in the order in which it lies.
func resampleColumns(pix []uint8, stride, in, out int, filter Filter) []uint8 {
	if in == out {
		return pix
	}
	result := make([]uint8, out*stride)
	windows := makeWindows(in, out, filter)
	if !resample.Columns(result, pix, stride, in, windows) {
		addUp(result, pix, stride, windows)
	}
	return result
}

// addUp is resampleColumns by given windows.
func addUp(result, pix []uint8, stride int, windows []resample.Window) {
	sums := make([]int32, stride)
	for y, w := range windows {
		for i := range sums {
			sums[i] = 1 << (precision - 1)
		}
		for j, c := range w.Coefficients {
			row := pix[(w.First+j)*stride:][:len(sums)]
			for i, value := range row {
				sums[i] += c * int32(value)
			}
		}
		to := result[y*stride:][:len(sums)]
		for i, sum := range sums {
			to[i] = rounded(sum)
		}
	}
}

// makeWindows follows Pillow's precompute_coeffs and normalize_coeffs_8bpc. Output sample i is
// centred on (i + 1/2) in/out; the kernel is stretched by max(in/out, 1); its values at the input
// samples' centres, divided by their sum, are rounded half away from zero.
//
// The explicit float64 conversions keep compilers from fusing products and sums, so that all
// machines get the same coefficients.
func makeWindows(in, out int, filter Filter) []resample.Window {
	scale := float64(in) / float64(out)
	stretch := max(scale, 1)
	kernel, support := triangle, stretch
	if filter == Bicubic {
		kernel, support = cubic, 2*stretch
	}
	inverse := 1 / stretch
	windows := make([]resample.Window, out)
	values := make([]float64, 0, 2*int(math.Ceil(support))+1)
	for i := range windows {
		centre := float64((float64(i) + 0.5) * scale)
		first := max(int(centre-support+0.5), 0)
		end := min(int(centre+support+0.5), in)
		values = values[:0]
		sum := 0.0
		for x := first; x < end; x++ {
			value := kernel(float64((float64(x) - centre + 0.5) * inverse))
			values = append(values, value)
			sum += value
		}
		coefficients := make([]int32, len(values))
		for j, value := range values {
			if sum != 0 {
				value /= sum
			}
			coefficients[j] = int32(math.Copysign(0.5, value) + float64(value*(1<<precision)))
		}
		windows[i] = resample.Window{First: first, Coefficients: coefficients}
	}
	return windows
}

func triangle(x float64) float64 { return max(1-math.Abs(x), 0) }

func cubic(x float64) float64 {
	const a = -0.5
	x = math.Abs(x)
	switch {
	case x < 1:
		return float64(float64(float64(float64((a+2)*x)-(a+3))*x)*x) + 1
	case x < 2:
		return float64((float64((float64((x-5)*x)+8)*x) - 4) * a)
	}
	return 0
}

// rounded drops the fraction bits, of which sum holds one half already, and clips.
func rounded(sum int32) uint8 { return uint8(min(max(sum>>precision, 0), 255)) }

func resampleRow3(to, from []uint8, windows []resample.Window) {
	for x, w := range windows {
		r, g, b := int32(1<<(precision-1)), int32(1<<(precision-1)), int32(1<<(precision-1))
		at := from[3*w.First:][:3*len(w.Coefficients)]
		for _, c := range w.Coefficients {
			pixel := at[:3:3]
			r += c * int32(pixel[0])
			g += c * int32(pixel[1])
			b += c * int32(pixel[2])
			at = at[3:]
		}
		pixel := to[3*x:][:3]
		pixel[0], pixel[1], pixel[2] = rounded(r), rounded(g), rounded(b)
	}
}

func resampleRow1(to, from []uint8, windows []resample.Window) {
	for x, w := range windows {
		sum := int32(1 << (precision - 1))
		at := from[w.First:][:len(w.Coefficients)]
		for i, c := range w.Coefficients {
			sum += c * int32(at[i])
		}
		to[x] = rounded(sum)
	}
}

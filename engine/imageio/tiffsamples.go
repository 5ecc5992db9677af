package imageio

import (
	"encoding/binary"
	"math"

	"github.com/x448/float16"

	"musc/cgo/codecs"
)

// packed are a TIFF file's samples without their compression: [height,row] bytes, or one such plane
// a sample. Samples of 8, 16, 24, 32 and 64 bits are in the machine's byte order; all others are
// packed without gaps from the highest bit of a byte on. Rows begin at a byte.
type packed struct {
	data     []uint8
	row      int // bytes
	bits     int // of a sample
	height   int
	pixel    int // samples
	separate bool
}

// read fills to with one sample of every pixel of row y: its bits as a number.
func (p packed) read(to []uint64, y, sample int) {
	row, step := p.data[y*p.row:][:p.row], p.pixel
	if p.separate {
		row, step, sample = p.data[(sample*p.height+y)*p.row:][:p.row], 1, 0
	}
	switch p.bits {
	case 8:
		for x := range to {
			to[x] = uint64(row[sample+x*step])
		}
	case 16:
		for x := range to {
			to[x] = uint64(binary.NativeEndian.Uint16(row[2*(sample+x*step):]))
		}
	case 24:
		for x := range to {
			var word [4]uint8
			copy(word[:], row[3*(sample+x*step):][:3])
			to[x] = uint64(binary.LittleEndian.Uint32(word[:]))
		}
	case 32:
		for x := range to {
			to[x] = uint64(binary.NativeEndian.Uint32(row[4*(sample+x*step):]))
		}
	case 64:
		for x := range to {
			to[x] = binary.NativeEndian.Uint64(row[8*(sample+x*step):])
		}
	default:
		for x := range to {
			to[x] = bitsAt(row, (sample+x*step)*p.bits, p.bits)
		}
	}
}

// bitsAt is the number of so many bits, at most 32, that begins at a bit of row.
func bitsAt(row []uint8, start, bits int) uint64 {
	value := uint64(0)
	for i := start / 8; i <= (start+bits-1)/8; i++ {
		value = value<<8 | uint64(row[i])
	}
	return value >> (7 - (start+bits-1)%8) & (1<<bits - 1)
}

// raster makes the Raster that the plan says of the samples.
func (plan tiffPlan) raster(p packed, head codecs.TIFFHead) *Raster {
	r := &Raster{Width: head.Width, Height: head.Height, Channels: plan.channels, Lossy: plan.lossy}
	if plan.alpha >= 0 {
		r.Alpha = make([]uint8, r.Width*r.Height)
		plan.eachSample(p, r.Width, plan.alpha, func(at int, value uint64) {
			r.Alpha[at] = plan.eight(value, p.bits)
		})
	}
	switch {
	case plan.inks:
		plan.fillInks(r, p)
	case !plan.palette && (p.bits > 8 || plan.format == formatSigned):
		plan.fillDeep(r, p)
	case p.bits == 8 && !plan.inverted && !p.separate && p.pixel == r.Channels:
		r.Pix = p.data
	default:
		r.Pix = make([]uint8, r.Width*r.Height*r.Channels)
		for channel := range r.Channels {
			plan.eachSample(p, r.Width, channel, func(at int, value uint64) {
				if !plan.palette {
					value = uint64(plan.eight(value, p.bits))
				}
				r.Pix[at*r.Channels+channel] = uint8(value)
			})
		}
		if plan.inverted {
			for i := range r.Pix {
				r.Pix[i] = ^r.Pix[i]
			}
		}
	}
	if plan.associated {
		plan.divide(r, p)
	}
	if plan.coloursByPillow {
		pillowColours(r.Pix)
	}
	if plan.palette {
		r.Palette = paletteOf(head)
		r.greyPalette()
	}
	r.dropOpaque()
	return r
}

// eachSample calls do with the place of every pixel and its sample.
func (plan tiffPlan) eachSample(p packed, width, sample int, do func(at int, value uint64)) {
	values := make([]uint64, width)
	for y := range p.height {
		p.read(values, y, sample)
		for x, value := range values {
			do(y*width+x, value)
		}
	}
}

// eight is a sample in 0..255: stretched if it has fewer bits, else its highest 8. Floats are 1 at
// their highest.
func (plan tiffPlan) eight(value uint64, bits int) uint8 {
	switch {
	case plan.format == formatFloat:
		return uint8(min(max(plan.number(value, bits), 0), 1)*255 + 0.5)
	case bits == 8:
		return uint8(value)
	case bits < 8:
		return uint8(value * 255 / (1<<bits - 1))
	}
	return uint8(value >> (bits - 8))
}

// number is the value that a sample's bits stand for.
func (plan tiffPlan) number(value uint64, bits int) float32 {
	switch {
	case plan.format == formatSigned:
		return float32(int64(value<<(64-bits)) >> (64 - bits))
	case plan.format == formatUnsigned:
		return float32(value)
	case bits == 16:
		return float16.Frombits(uint16(value)).Float32()
	case bits == 24: // a sign, 7 bits of exponent, 16 of mantissa
		return float24(uint32(value))
	case bits == 32:
		return math.Float32frombits(uint32(value))
	}
	return float32(math.Float64frombits(value))
}

// float24 is Adobe's: the exponent's bias is 63; no number is subnormal or infinite in a float32.
func float24(bits uint32) float32 {
	exponent, mantissa := int(bits>>16&0x7f), float64(bits&0xffff)/(1<<16)
	value := math.Ldexp(1+mantissa, exponent-63)
	switch {
	case exponent == 0:
		value = math.Ldexp(mantissa, -62)
	case exponent == 0x7f && mantissa == 0:
		value = math.Inf(1)
	case exponent == 0x7f:
		value = math.NaN()
	}
	if bits>>23 == 1 {
		value = -value
	}
	return float32(value)
}

// fillDeep takes the values as they are. Where the highest is black, integers are mirrored; floats
// have no highest value and stay.
func (plan tiffPlan) fillDeep(r *Raster, p packed) {
	r.Deep = make([]float32, r.Width*r.Height*r.Channels)
	if plan.format != formatFloat {
		r.Bits = p.bits
	}
	mirror := uint64(0)
	if plan.inverted && plan.format != formatFloat {
		mirror = 1<<p.bits - 1 // all ones for 64, too
	}
	for channel := range r.Channels {
		plan.eachSample(p, r.Width, channel, func(at int, value uint64) {
			r.Deep[at*r.Channels+channel] = plan.number(value^mirror, p.bits)
		})
	}
}

// divide undoes the multiplication by alpha as Pillow does: rounded down, and where alpha is 0
// colours are 0, while grey stays.
func (plan tiffPlan) divide(r *Raster, p packed) {
	highest := 1.0
	if plan.format != formatFloat {
		highest = math.Ldexp(1, p.bits) - 1
	}
	plan.eachSample(p, r.Width, plan.alpha, func(at int, value uint64) {
		alpha := float64(plan.number(value, p.bits))
		for i := at * r.Channels; i < (at+1)*r.Channels; i++ {
			switch {
			case r.Channels == 1 && alpha == 0:
			case r.Deep == nil && r.Alpha[at] == 0:
				r.Pix[i] = 0
			case r.Deep == nil:
				r.Pix[i] = uint8(min(int(r.Pix[i])*255/int(r.Alpha[at]), 255))
			case alpha == 0:
				r.Deep[i] = 0
			case plan.format == formatFloat:
				r.Deep[i] = float32(float64(r.Deep[i]) / alpha)
			default:
				r.Deep[i] = float32(min(math.Floor(float64(r.Deep[i])*highest/alpha), highest))
			}
		}
	})
}

// fillInks makes colours of cyan, magenta, yellow and black, by their high bytes.
func (plan tiffPlan) fillInks(r *Raster, p packed) {
	r.Pix = make([]uint8, 3*r.Width*r.Height)
	var inks [4][]uint64
	for i := range inks {
		inks[i] = make([]uint64, r.Width)
	}
	to := r.Pix
	for y := range r.Height {
		for i := range inks {
			p.read(inks[i], y, i)
		}
		for x := range r.Width {
			var pixel [4]uint8
			for i := range inks {
				pixel[i] = plan.eight(inks[i][x], p.bits)
			}
			fromCMYK(to[:3], pixel[:])
			to = to[3:]
		}
	}
}

// paletteOf are the colours of a file, whose levels have 16 bits; some old writers used 8 of them.
func paletteOf(head codecs.TIFFHead) [][3]uint8 {
	shift := 0
	for i := range head.Red {
		if head.Red[i] > 255 || head.Green[i] > 255 || head.Blue[i] > 255 {
			shift = 8
		}
	}
	palette := make([][3]uint8, len(head.Red))
	for i := range palette {
		palette[i] = [3]uint8{uint8(head.Red[i] >> shift), uint8(head.Green[i] >> shift),
			uint8(head.Blue[i] >> shift)}
	}
	return palette
}

// pillowColours is full-range BT.601 in place, in Pillow's 6-bit fixed point.
func pillowColours(pix []uint8) {
	scaled := func(factor float64, value int) int { return int(factor*64*float64(value-128) + 0.5) }
	var red, greenOfBlue, greenOfRed, blue [256]int
	for value := range 256 {
		red[value], blue[value] = scaled(1.402, value), scaled(1.772, value)
		greenOfBlue[value], greenOfRed[value] = scaled(-0.34414, value), scaled(-0.71414, value)
	}
	for ; len(pix) >= 3; pix = pix[3:] {
		y, cb, cr := int(pix[0]), pix[1], pix[2]
		pix[0] = clip(y + red[cr]>>6)
		pix[1] = clip(y + (greenOfBlue[cb]+greenOfRed[cr])>>6)
		pix[2] = clip(y + blue[cb]>>6)
	}
}

package export

import (
	"math"
	"strconv"

	"musc/engine/fault"
	"musc/engine/verdict"
)

// octets are bytes that are a list of numbers in JSON.
type octets []byte

func (o octets) MarshalJSON() ([]byte, error) {
	list := []byte{'['}
	for k, b := range o {
		if k > 0 {
			list = append(list, ',')
		}
		list = strconv.AppendUint(list, uint64(b), 10)
	}
	return append(list, ']'), nil
}

// Label Studio's brush keeps a picture of Width x Height x 4 bytes (red, green, blue, opacity), row
// by row, in the form of thi.ng's rle-pack (github.com/thi-ng/umbrella, packages/rle-pack), a
// stream of bits:
//
//	32 bits       how many values there are
//	5 bits        bits of a value, less 1
//	4 x 4 bits    four sizes of a count, in bits, less 1
//	and for each run of equal values
//	1 bit         1
//	2 bits        which of the four sizes the count has
//	size bits     the count, less 1
//	8 bits        the value
//
// All four bytes of a pixel of the region are 255, all others are 0.
const (
	brushChannels = 4
	brushOn       = 255
)

var brushSizes = [4]int{3, 4, 8, 16}

// brushRLE is the brush of a region of a photo.
func brushRLE(runs []verdict.Run, width, height int) (octets, error) {
	if width > math.MaxUint32/brushChannels/height {
		return nil, fault.New(fault.Input, "Label Studio has no brush for photos of %d x %d pixels: "+
			"it ends at 2^30 of them; export in another format", width, height)
	}
	var bits bitWriter
	bits.write(32, width*height*brushChannels)
	bits.write(5, 8-1)
	for _, size := range brushSizes {
		bits.write(4, size-1)
	}
	done := 0 // pixels
	for k := 0; k < len(runs); {
		from := runs[k].Y*width + runs[k].From
		to := from
		for ; k < len(runs) && runs[k].Y*width+runs[k].From == to; k++ { // from one row into the next
			to += runs[k].To - runs[k].From
		}
		bits.repeat((from-done)*brushChannels, 0)
		bits.repeat((to-from)*brushChannels, brushOn)
		done = to
	}
	bits.repeat((width*height-done)*brushChannels, 0)
	return bits.bytes, nil
}

// bitWriter writes numbers of so many bits, the highest first. The last byte is filled with zeros.
type bitWriter struct {
	bytes []byte
	free  int // bits of the last byte
}

func (b *bitWriter) write(bits, value int) {
	for bits--; bits >= 0; bits-- {
		if b.free == 0 {
			b.bytes, b.free = append(b.bytes, 0), 8
		}
		b.free--
		b.bytes[len(b.bytes)-1] |= byte(value >> bits & 1 << b.free)
	}
}

// repeat writes runs of equal values, each with a count of the smallest size that holds it.
func (b *bitWriter) repeat(count, value int) {
	for count > 0 {
		size := 0
		for size < len(brushSizes)-1 && count > 1<<brushSizes[size] {
			size++
		}
		length := min(count, 1<<brushSizes[size])
		b.write(1, 1)
		b.write(2, size)
		b.write(brushSizes[size], length-1)
		b.write(8, value)
		count -= length
	}
}

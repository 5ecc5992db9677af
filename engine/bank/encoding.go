package bank

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/x448/float16"
)

// Encoding is how tokens are kept. docs/bank-measured.md has what each costs and loses.
type Encoding uint8

// The encodings of the tokens [P,C] of one view and stage.
const (
	// Int8 is an offset [C] and a step [C] as float32, then bytes: the value is offset + step * byte. A
	// channel has its own, since some of a vision transformer's are a hundred times larger than others.
	Int8 Encoding = iota
	// Float16 is an int32, then float16 values that are to be multiplied by 2 to the power of it.
	Float16
	// Float32 is what the backbone gave.
	Float32

	encodings
)

var encodingNames = []string{"int8", "float16", "float32"}

// String is int8, float16 or float32.
func (e Encoding) String() string {
	if e >= encodings {
		return fmt.Sprintf("Encoding(%d)", int(e))
	}
	return encodingNames[e]
}

// MarshalText writes the name that String gives.
func (e Encoding) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads a name that String gives.
func (e *Encoding) UnmarshalText(text []byte) error {
	k := slices.Index(encodingNames, string(text))
	if k < 0 {
		return fmt.Errorf("unknown encoding %q", text)
	}
	*e = Encoding(k)
	return nil
}

// bytes is those of a value, extra those beside the values.
func (e Encoding) bytes() uint64 { return [...]uint64{1, 2, 4}[e] }

func (e Encoding) extra(channels int) uint64 {
	return [...]uint64{8 * uint64(channels), 4, 0}[e]
}

// encode writes tokens [P,channels] to dst, which is of Shape.stageSize; active says which patches
// count, nil all. Inactive ones are written as zeros. All values must be finite.
func (e Encoding) encode(dst []byte, tokens []float32, channels int, active []bool) {
	switch e {
	case Float16:
		encodeFloat16(dst, tokens, channels, active)
	case Int8:
		encodeInt8(dst, tokens, channels, active)
	default:
		for k, value := range tokens {
			if active != nil && !active[k/channels] {
				value = 0
			}
			binary.LittleEndian.PutUint32(dst[4*k:], math.Float32bits(value))
		}
	}
}

// decode is the way back; inactive patches are zero.
func (e Encoding) decode(tokens []float32, src []byte, channels int, active []bool) {
	switch e {
	case Float16:
		scale := math.Ldexp(1, int(int32(binary.LittleEndian.Uint32(src))))
		values, factor := float16Values(), float32(scale)
		src = src[4:][:2*len(tokens)]
		for k := range tokens {
			tokens[k] = values[binary.LittleEndian.Uint16(src[2*k:])] * factor
		}
	case Int8:
		decodeInt8(tokens, src, channels)
	default:
		for k := range tokens {
			tokens[k] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*k:]))
		}
	}
	for p, counts := range active {
		if !counts {
			clear(tokens[p*channels:][:channels])
		}
	}
}

// encodeFloat16 brings the largest value to 2^14 to 2^15: then what is 2^28 times smaller still has
// all eleven digits.
func encodeFloat16(dst []byte, tokens []float32, channels int, active []bool) {
	largest := float32(0)
	for k, value := range tokens {
		if active == nil || active[k/channels] {
			largest = max(largest, value, -value)
		}
	}
	power := 0
	if largest > 0 {
		power = math.Ilogb(float64(largest)) - 14
	}
	power = max(power, -126) // a float32 holds 2^-power
	binary.LittleEndian.PutUint32(dst, uint32(int32(power)))
	factor := math.Ldexp(1, -power)
	for k, value := range tokens {
		if active != nil && !active[k/channels] {
			value = 0
		}
		half := float16.Fromfloat32(float32(float64(value) * factor))
		binary.LittleEndian.PutUint16(dst[4+2*k:], half.Bits())
	}
}

func encodeInt8(dst []byte, tokens []float32, channels int, active []bool) {
	low, high := make([]float64, channels), make([]float64, channels)
	for c := range low {
		low[c], high[c] = math.Inf(1), math.Inf(-1)
	}
	for k, value := range tokens {
		if active == nil || active[k/channels] {
			c := k % channels
			low[c], high[c] = min(low[c], float64(value)), max(high[c], float64(value))
		}
	}
	offset, step := make([]float32, channels), make([]float32, channels)
	for c := range low {
		if low[c] <= high[c] {
			offset[c], step[c] = float32(low[c]), float32((high[c]-low[c])/math.MaxUint8)
		}
		binary.LittleEndian.PutUint32(dst[4*c:], math.Float32bits(offset[c]))
		binary.LittleEndian.PutUint32(dst[4*(channels+c):], math.Float32bits(step[c]))
	}
	dst = dst[8*channels:]
	for k, value := range tokens {
		c := k % channels
		dst[k] = 0
		if step[c] > 0 && (active == nil || active[k/channels]) {
			level := math.Round((float64(value) - float64(offset[c])) / float64(step[c]))
			dst[k] = uint8(min(max(level, 0), math.MaxUint8))
		}
	}
}

func decodeInt8(tokens []float32, src []byte, channels int) {
	offset, step := make([]float32, channels), make([]float32, channels)
	for c := range offset {
		offset[c] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*c:]))
		step[c] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*(channels+c):]))
	}
	src = src[8*channels:]
	for first := 0; first < len(tokens); first += channels {
		row, levels := tokens[first:][:channels], src[first:][:channels]
		for c := range row {
			row[c] = offset[c] + float32(step[c]*float32(levels[c]))
		}
	}
}

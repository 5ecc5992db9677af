package bank

import (
	"sync"

	"github.com/x448/float16"
)

// float16Values are all values there are, by their bits: a look-up is several times faster than the
// conversion, and a bank has millions.
var float16Values = sync.OnceValue(func() *[1 << 16]float32 {
	values := new([1 << 16]float32)
	for bits := range values {
		values[bits] = float16.Frombits(uint16(bits)).Float32()
	}
	return values
})

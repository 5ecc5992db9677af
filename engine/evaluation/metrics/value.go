package metrics

import (
	"encoding/json"
	"math"
	"strconv"
)

// Value is a metric, or none where the data define none: no defective image, no good one, no mask.
// The zero Value is none. In JSON none is null.
type Value struct {
	number  float64
	defined bool
}

// Some is the Value x; NaN and infinities are none.
func Some(x float64) Value {
	return Value{x, !math.IsNaN(x) && !math.IsInf(x, 0)}
}

// ratio is Some of a metric that 1 is the most of; sums of rounded parts may exceed it by a few units
// in the last place.
func ratio(x float64) Value { return Some(min(x, 1)) }

// Get returns the number and whether there is one.
func (v Value) Get() (float64, bool) { return v.number, v.defined }

// Percent is the number times 100 with so many decimals, or "-".
func (v Value) Percent(decimals int) string {
	if !v.defined {
		return "-"
	}
	return strconv.FormatFloat(100*v.number, 'f', decimals, 64)
}

// String is the number in the shortest form that reads back the same, or "-".
func (v Value) String() string {
	if !v.defined {
		return "-"
	}
	return strconv.FormatFloat(v.number, 'g', -1, 64)
}

// MarshalJSON writes the number or null.
func (v Value) MarshalJSON() ([]byte, error) {
	if !v.defined {
		return []byte("null"), nil
	}
	return json.Marshal(v.number)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (v *Value) UnmarshalJSON(text []byte) error {
	*v = Value{}
	if string(text) == "null" {
		return nil
	}
	if err := json.Unmarshal(text, &v.number); err != nil {
		return err
	}
	v.defined = true
	return nil
}

// Mean is the mean of those values that are defined: a table's last row. Without any it is none.
func Mean(values []Value) Value {
	sum, count := 0.0, 0
	for _, value := range values {
		if value.defined {
			sum += value.number
			count++
		}
	}
	if count == 0 {
		return Value{}
	}
	return Some(sum / float64(count))
}

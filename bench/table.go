package main

import (
	"fmt"
	"math"
)

// milliseconds writes seconds with three digits or so, or a dash for NaN.
func milliseconds(s float64) string {
	switch ms := 1e3 * s; {
	case math.IsNaN(ms):
		return "-"
	case ms >= 100:
		return fmt.Sprintf("%.0f", ms)
	case ms >= 1:
		return fmt.Sprintf("%.1f", ms)
	default:
		return fmt.Sprintf("%.3f", ms)
	}
}

// times writes a ratio such as 12.3x, or a dash for NaN.
func times(ratio float64) string {
	switch {
	case math.IsNaN(ratio):
		return "-"
	case ratio >= 100:
		return fmt.Sprintf("%.0fx", ratio)
	case ratio >= 10:
		return fmt.Sprintf("%.1fx", ratio)
	}
	return fmt.Sprintf("%.2fx", ratio)
}

// bracketed writes a median with its quartiles behind it.
func bracketed(s spread, write func(float64) string) string {
	if math.IsNaN(s.middle) {
		return "-"
	}
	return fmt.Sprintf("%s [%s, %s]", write(s.middle), write(s.low), write(s.high))
}

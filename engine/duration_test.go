package engine

import (
	"testing"
	"time"
)

func TestFormatDuration(t *testing.T) {
	const s, min, h, day = time.Second, time.Minute, time.Hour, 24 * time.Hour
	for d, want := range map[time.Duration]string{
		-3 * s:                        "0 s",
		0:                             "0 s",
		40 * time.Millisecond:         "0 s",
		320 * time.Millisecond:        "0.3 s",
		949 * time.Millisecond:        "0.9 s",
		950 * time.Millisecond:        "1 s",
		35*s + 400*time.Millisecond:   "35 s",
		59*s + 499*time.Millisecond:   "59 s",
		59*s + 500*time.Millisecond:   "1 min",
		3*min + 35*s:                  "3 min 35 s",
		59*min + 59*s + s/2:           "1 h",
		2*h + 10*min + 29*s:           "2 h 10 min",
		2*h + 10*min + 30*s:           "2 h 11 min",
		23*h + 59*min + 30*s:          "1 day",
		day + 29*min:                  "1 day",
		day + 3*h:                     "1 day 3 h",
		4*day + 3*h + 20*min:          "4 days 3 h",
		400*day + 23*h + 45*min + 4*s: "401 days",
	} {
		if got := FormatDuration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

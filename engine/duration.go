package engine

import (
	"fmt"
	"time"
)

// FormatDuration writes a duration as people say it, with two units at most and rounded to the
// smaller one: 0.3 s, 35 s, 3 min 35 s, 2 h 10 min, 4 days 3 h. What is below zero is 0 s.
func FormatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	if d < 950*time.Millisecond {
		return fmt.Sprintf("%.3g s", max(0, d.Round(time.Second/10)).Seconds())
	}
	if d = d.Round(time.Second); d >= time.Hour {
		d = d.Round(time.Minute)
	}
	if d >= day {
		d = d.Round(time.Hour)
	}
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return units(d, time.Minute, "min", time.Second, "s")
	case d < day:
		return units(d, time.Hour, "h", time.Minute, "min")
	case d < 2*day:
		return units(d, day, "day", time.Hour, "h")
	}
	return units(d, day, "days", time.Hour, "h")
}

// units writes d in a large unit and a small one, which is left out where nothing of it is left.
func units(d, large time.Duration, largeName string, small time.Duration, smallName string) string {
	text := fmt.Sprintf("%d %s", d/large, largeName)
	if rest := d % large / small; rest > 0 {
		text += fmt.Sprintf(" %d %s", rest, smallName)
	}
	return text
}

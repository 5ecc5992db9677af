package report

import (
	"strings"
	"testing"
)

func TestTicksAreRoundValuesOnTheScale(t *testing.T) {
	const line = 10
	cases := []struct {
		scale Scale
		most  int // that a bar of the height has room for
		want  string
	}{
		{Scale{Low: 0.246, High: 0.62}, 8, "0.25 0.30 0.35 0.40 0.45 0.50 0.55 0.60"},
		{Scale{Low: 0.246, High: 0.62}, 5, "0.3 0.4 0.5 0.6"},
		{Scale{Low: 0, High: 1}, 6, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{Scale{Low: 0.5, High: 0.503}, 4, "0.500 0.501 0.502 0.503"},
		{Scale{Low: -3, High: 212}, 5, "0 50 100 150 200"},
		{Scale{Low: 0.5, High: 0.5}, 5, "0.5"},
		{Scale{Low: 0.246, High: 0.62, Threshold: 0.347}, 8, "0.25 0.30 0.4 0.5 0.6 0.347 threshold"},
		{Scale{Low: 0.246, High: 0.62, Threshold: 0.347}, 2, "0.3 0.5 0.347 threshold"},
		{Scale{Low: 0.2, High: 0.9, Threshold: 0.899}, 6, "0.5 0.8995 0.9000 0.899 threshold"},
		{Scale{Low: 0.2, High: 4e6, Threshold: 0.3}, 4, "0.20 0.25 2e+06 4e+06 0.300 threshold"},
	}
	for _, c := range cases {
		var labels []string
		for _, mark := range c.scale.barTicks(c.most*2*line, line) {
			labels = append(labels, mark.label)
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%v, at most %d: got %s, want %s", c.scale, c.most, got, c.want)
		}
	}
}

// A tick stands where the bar has its value's level, whichever half of the scale that is in.
func TestTicksStandAtTheirColours(t *testing.T) {
	scale := Scale{Low: 0.25, High: 0.65, Threshold: 0.35}
	const height = 511
	for _, mark := range scale.barTicks(height, 15) {
		offset := barOffset(scale, mark.value, height)
		level, want := 255*offset/(height-1), scale.Level(mark.value)
		if level < want-1 || level > want+1 {
			t.Errorf("%s stands at level %d, its value at %d", mark.label, level, want)
		}
	}
}

func TestLabelsDoNotTouch(t *testing.T) {
	for _, line := range []int{1, 15, 17, 26} {
		for height := 1; height < 1100; height += 37 {
			for share := 0.01; share < 1; share += 0.07 {
				scale := Scale{Low: 0.2, High: 0.9, Threshold: 0.2 + 0.7*share}
				ticks := scale.barTicks(height, line)
				for i, one := range ticks {
					for _, other := range ticks[:i] {
						between := barOffset(scale, one.value, height) - barOffset(scale, other.value, height)
						if max(between, -between) < line {
							t.Fatalf("%v, %d pixels: %s and %s are %d apart", scale, height, one.label,
								other.label, between)
						}
					}
				}
			}
		}
	}
}

package build

import (
	"slices"
	"testing"
)

// Every patch has one place in the windows, the rest is padding, and where there is none, patches
// that attend to each other are less than a window apart: rolling joins no opposite borders.
func TestWindowsHoldEveryPatchOnce(t *testing.T) {
	for _, c := range []struct{ grid, window, shift int }{
		{1, 2, 0}, {3, 3, 0}, {4, 3, 1}, {5, 5, 0}, {6, 3, 1}, {7, 2, 1}, {8, 4, 2}, {12, 4, 2},
		{24, 12, 6},
	} {
		order := newWindowOrder(c.grid, c.window, c.shift)
		padding := len(order.patches) - c.grid*c.grid
		if (padding > 0) != order.padded() {
			t.Errorf("%+v: %d places of padding, padded %v", c, padding, order.padded())
		}
		for patch, place := range order.back() {
			if order.patches[place] != int64(patch) {
				t.Errorf("%+v: patch %d is not at %d", c, patch, place)
			}
		}
		area, apart := c.window*c.window, func(p, q int64) bool {
			y, x := p/int64(c.grid)-q/int64(c.grid), p%int64(c.grid)-q%int64(c.grid)
			return max(y, -y, x, -x) >= int64(c.window)
		}
		if c.shift == 0 || order.padded() {
			continue
		}
		for i, value := range order.mask() {
			place := i / area
			p, q := order.patches[place], order.patches[place/area*area+i%area]
			if apart(p, q) != (value == maskedOut) {
				t.Fatalf("%+v: patches %d and %d have a mask of %g", c, p, q, value)
			}
		}
	}
}

func TestEnlarge(t *testing.T) {
	for _, c := range []struct {
		from, to int
		want     []float32
	}{
		{1, 2, []float32{1, 1}},
		{2, 2, []float32{1, 0, 0, 1}},
		{2, 4, []float32{1, 0, 0.75, 0.25, 0.25, 0.75, 0, 1}},
		{1, 3, []float32{1, 1, 1}},
	} {
		if got := enlarge(c.from, c.to); !slices.Equal(got, c.want) {
			t.Errorf("%d to %d: got %v, want %v", c.from, c.to, got, c.want)
		}
	}
}

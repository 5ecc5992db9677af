package mutual

import (
	"slices"

	"musc/cgo/cpu"
	"musc/engine/features"
)

// window is an aggregation window of one or more of a Problem's degrees: those larger than the
// grid are the same.
type window struct {
	radius int // (degree - 1) / 2, but no more than reaches across the grid
	count  int // degrees that it stands for
}

// windowsOf lists the windows of degrees on a grid in ascending order, in groups of as many as one
// search takes.
func windowsOf(shape features.Shape, degrees []int) [][]window {
	across := max(shape.Height, shape.Width) - 1
	var all []window
	for _, degree := range slices.Sorted(slices.Values(degrees)) {
		radius := min(degree/2, across)
		if last := len(all) - 1; last >= 0 && all[last].radius == radius {
			all[last].count++
		} else {
			all = append(all, window{radius, 1})
		}
	}
	return slices.Collect(slices.Chunk(all, cpu.MaxDegrees))
}

// searchShape is the shape of the search of a group of windows, for patches at most so far away.
func searchShape(shape features.Shape, group []window, near int) cpu.Shape {
	s := cpu.Shape{Height: shape.Height, Width: shape.Width, Channels: shape.Channels, Near: near}
	for _, w := range group {
		s.Radii = append(s.Radii, w.radius)
	}
	return s
}

// degreesOf is how many degrees windows stand for.
func degreesOf(windows []window) (degrees int) {
	for _, w := range windows {
		degrees += w.count
	}
	return degrees
}
